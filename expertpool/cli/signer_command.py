"""``expertpool signer``: the process that holds the log key. It needs the database, its mark and its key file only."""

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.opening import open_installation
from expertpool.cli.stopping import stop_at_signal
from expertpool.core.clock import SystemClock
from expertpool.core.heartbeat import beating
from expertpool.core.keyrings import log_signer, open_signer_keys
from expertpool.core.logs import configure_logs
from expertpool.core.signer import Signer


@bilingual_command(
    "signer",
    zh="签名进程：跟随账本，几毫秒内签署检查点。\n\n"
    "数据库比高水位旧、或之前的条目被改写时拒绝启动。收到停止信号后完成手头一步再退出。",
    en="Follow the ledger and sign checkpoints within milliseconds.\n\n"
    "Refuses to start on a database that is behind its mark or was rewritten below it. Told to stop, it finishes the "
    "step at hand.",
    examples="""
        expertpool signer
        EXPERTPOOL_SIGNER_PASSPHRASE=... expertpool --config /etc/expertpool/expertpool.toml signer
    """,
)
@click.pass_obj
def command(invocation: Invocation) -> None:
    settings = invocation.settings()
    configure_logs(settings.service.mode, "signer")
    stop = stop_at_signal()
    engine = open_installation(settings)
    clock = SystemClock()
    with open_signer_keys(settings) as keys, beating(engine, clock, "signer"):
        key = log_signer(keys, settings.service.origin)
        signer = Signer(engine, clock, key, settings.ledger.signer_mark)
        signer.run(settings.ledger.signer_poll_ms, stop.is_set)
    engine.dispose()
