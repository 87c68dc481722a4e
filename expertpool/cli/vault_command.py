"""``expertpool vault``: the process that draws, and the only one that can link a seat to a person."""

from datetime import timedelta

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.stopping import stop_at_signal
from expertpool.core.clock import SystemClock
from expertpool.core.heartbeat import beating
from expertpool.core.logs import configure_logs


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
    from expertpool.cli.vault_parts import evening_of, open_desk
    from expertpool.invitations.evening import watching
    from expertpool.payouts.exporting import debtor_of
    from expertpool.payouts.http_provider import open_provider
    from expertpool.vault.courier import Courier
    from expertpool.vault.handlers import Handlers
    from expertpool.vault.listener import Listener
    from expertpool.vault.process import Vault

    settings = invocation.settings()
    configure_logs(settings.service.mode, "vault")
    stop = stop_at_signal()
    debtor = debtor_of(settings.payments)
    with (
        open_desk(settings, SystemClock()) as desk,
        Courier(desk.parts, desk.gateways) as courier,
        Listener(
            settings.vault.socket, Handlers(desk, settings.vault, courier.send, debtor).by_verb(), settings.vault.peers
        ),
        watching(evening_of(settings, desk.parts)),
        beating(desk.parts.engine, SystemClock(), "vault"),
    ):
        provider = open_provider(settings.payments, SystemClock())
        vault = Vault(desk, timedelta(seconds=settings.outbox.lease_s), settings.payments, provider)
        vault.run(settings.draws.poll_ms / 1000, stop)
