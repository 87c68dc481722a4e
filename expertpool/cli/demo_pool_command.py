"""``expertpool demo-pool``: fill a demonstration's pool with people who do not exist."""

import click
from rich.console import Console
from rich.progress import Progress

from expertpool.cli import Invocation
from expertpool.cli.acting import open_desk
from expertpool.cli.bilingual import Texts, language, option, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.core.errors import Conflict
from expertpool.experts.demo_filling import enrol_demo_experts


class NotADemonstration(Conflict):
    code = "demo-pool.not-a-demonstration"
    zh = "虚构专家只能写入演示安装（service.mode = demo）。正式名册请用 import-experts。"
    en = "Made-up experts go into a demonstration only (service.mode = demo). For a real roster use import-experts."


@bilingual_command(
    "demo-pool",
    zh="写入虚构专家，供演示和试用：同一种子总是得到同样的人。\n\n"
    "姓名、证件、电话、账号和单位均为虚构并可一眼看出；专业和地区是真实的。令牌放在环境变量 EXPERTPOOL_TOKEN 中。",
    en="Fill the pool with made-up experts, the same for the same seed.\n\n"
    "Names, numbers, phones, accounts and employers are made up and show it; specialties and areas are real. "
    "The token of a pool manager stands in EXPERTPOOL_TOKEN.",
    examples="""
        expertpool demo-pool
        expertpool demo-pool --experts 100000 --seed spring
    """,
)
@option(
    "--experts",
    default=5_000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    zh="人数。",
    en="How many experts.",
)
@option("--seed", default="demo", show_default=True, zh="种子：任意文字。", en="The seed: any text.")
@option("--centre", zh="中心代码；默认为令牌持有人的中心。", en="A centre's code; by default the token holder's.")
@click.pass_obj
def command(invocation: Invocation, experts: int, seed: str, centre: str | None) -> None:
    settings = invocation.settings()
    if settings.service.mode != "demo":
        raise NotADemonstration
    console = Console(stderr=True)
    with (
        open_desk(settings, centre) as desk,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task(Texts("写入", "enrolling").choose(language()), total=experts)
        entry = enrol_demo_experts(
            desk.transactions,
            desk.protector,
            desk.pool,
            desk.actor,
            seed=seed,
            count=experts,
            progress=lambda done: bar.advance(task, done),
        )
    say(
        f"已写入 {experts} 位虚构专家，账本条目 {entry.index}。",
        f"Enrolled {experts} made-up experts, ledger entry {entry.index}.",
    )
