"""``expertpool sandbox-provider``: a payment provider that moves no money, for tests and demonstrations."""

import threading
import time
from pathlib import Path

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option, say
from expertpool.cli.stopping import stop_at_signal
from expertpool.core.errors import Conflict
from expertpool.core.logs import configure_logs


class OnlyInDemonstration(Conflict):
    code = "sandbox.only-in-demonstration"
    zh = "沙箱支付机构只可用于演示（service.mode = demo），未启动。"
    en = "The sandbox provider is for demonstrations only (service.mode = demo); it was not started."


EVERY = click.IntRange(min=0)


@bilingual_command(
    "sandbox-provider",
    zh="沙箱支付机构：按 docs/spec/payment-provider.md 接收付款、回报结果，不动真钱，仅用于测试和演示。\n\n"
    "两个密钥取自环境变量 EXPERTPOOL_PAYMENTS_SECRET 和 EXPERTPOOL_PAYMENTS_REPORTS_SECRET。各 --…-every N 表示每第 N "
    "笔出现该情形，0 为从不。",
    en="A payment provider that moves no money: it takes payments and reports what came of them as "
    "docs/spec/payment-provider.md says. For tests and demonstrations only.\n\n"
    "Its two secrets stand in EXPERTPOOL_PAYMENTS_SECRET and EXPERTPOOL_PAYMENTS_REPORTS_SECRET. Each --...-every N "
    "does so with every Nth payment; 0 is never.",
    examples="""
        expertpool sandbox-provider
        expertpool sandbox-provider --port 8701 --delay 5 --fail-every 4 --lose-every 6 --twice-every 3
    """,
)
@option("--port", type=click.IntRange(0, 65_535), default=8700, zh="端口；0 为空闲端口。", en="Port; 0: a free one.")
@option(
    "--books",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    zh="账簿文件；默认在数据目录下。",
    en="File of its books; by default in the folder for data.",
)
@option("--delay", type=click.FloatRange(min=0), default=1.0, zh="多少秒后回报。", en="Seconds before it reports.")
@option("--refuse-every", type=EVERY, default=0, zh="当场拒绝。", en="Refuse at once.")
@option("--fail-every", type=EVERY, default=0, zh="事后失败。", en="Fail later.")
@option("--return-every", type=EVERY, default=0, zh="付出后退回，且先报退回。", en="Pay, and have it come back.")
@option("--lose-every", type=EVERY, default=0, zh="收下但应答丢失。", en="Take it, and lose the answer.")
@option("--twice-every", type=EVERY, default=0, zh="回报两次。", en="Report twice.")
@click.pass_obj
def command(invocation: Invocation, /, port: int, path: Path | None, delay: float, **every: int) -> None:
    from expertpool.payouts.http_provider import PAYING, REPORTING, payments_secret
    from expertpool.payouts.sandbox import Behaviour, Books
    from expertpool.payouts.sandbox_server import Reporter, SandboxServer

    settings = invocation.settings()
    if settings.service.mode != "demo":
        raise OnlyInDemonstration
    configure_logs(settings.service.mode, "sandbox-provider")
    stop = stop_at_signal()
    books = Books(path or settings.paths.var / "sandbox-provider.db", Behaviour(delay_s=delay, **every), time.time)
    reporter = Reporter(books, settings.service.base_url, payments_secret(REPORTING), time.time)
    with SandboxServer(port, books, payments_secret(PAYING), time.time) as server:
        threads = [
            threading.Thread(target=server.serve_forever, args=(0.1,)),
            threading.Thread(target=reporter.run, args=(stop,)),
        ]
        for thread in threads:
            thread.start()
        say(f"沙箱支付机构在 {server.url}", f"the sandbox provider is at {server.url}")
        stop.wait()
        server.shutdown()
        for thread in threads:
            thread.join()
    books.close()
