"""``expertpool vault``: the process that draws, and the only one that can link a seat to a person."""

from datetime import timedelta

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.opening import open_installation
from expertpool.cli.stopping import stop_at_signal
from expertpool.core.clock import SystemClock
from expertpool.core.keyrings import open_service_keys, open_vault_keys
from expertpool.core.logs import configure_logs
from expertpool.core.transaction import Transactions
from expertpool.core.witness_policy import load_witness_policy


@bilingual_command(
    "vault",
    zh="保险库进程：受理抽取、登记意向、收集贡献、抽取并补抽，把席位与专家对应起来的唯一进程。\n\n"
    "用自己的密钥文件（keystore.vault_keys），正式运行时用自己的系统用户。",
    en="The vault: takes in draw requests, fixes intents, collects contributions, draws, and fills vacancies. The only "
    "process that can link a seat to a person.\n\n"
    "It has a key file of its own (keystore.vault_keys) and, in production, a system user of its own.",
    examples="""
        expertpool vault
        EXPERTPOOL_VAULT_PASSPHRASE=... expertpool --config /etc/expertpool/expertpool.toml vault
    """,
)
@click.pass_obj
def command(invocation: Invocation) -> None:
    from expertpool.draws.parts import Parts
    from expertpool.vault.beacon import DrandRelay
    from expertpool.vault.messages import MessageFolder
    from expertpool.vault.process import Vault

    settings = invocation.settings()
    configure_logs(settings.service.mode, "vault")
    stop = stop_at_signal()
    engine, clock = open_installation(settings), SystemClock()
    with open_vault_keys(settings) as keys, open_service_keys(settings) as service_keys:
        parts = Parts(
            engine=engine,
            transactions=Transactions(engine, clock, keys),
            keys=keys,
            service_keys=service_keys,
            settings=settings.draws,
            policy=load_witness_policy(settings),
            tell=MessageFolder(settings.draws.messages),
            beacon=DrandRelay(settings.draws.beacon_url, clock),
        )
        Vault(parts, timedelta(seconds=settings.outbox.lease_s)).run(settings.draws.poll_ms / 1000, stop)
    engine.dispose()
