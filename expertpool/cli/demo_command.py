"""``expertpool demo``: the whole job in one command, told as a story, checked at its end."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option, say
from expertpool.core.clock import SystemClock

if TYPE_CHECKING:
    from expertpool.cli.demo_setting import Places

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
MANY = 5_000


@bilingual_command(
    "demo",
    zh="演示全过程，不需要另外启动服务：建立安装和虚构专家库，申请、入账、三家贡献、抽取、两人谢绝后补抽、归档，"
    "最后导出证明包和账本并离线核验。\n\n"
    "同一种子总是得到同样的专家库、项目和申请；随机贡献和盐每次不同，所以抽中的人也不同。\n\n"
    "退出码：0 全部证实，1 未能完成或未能证实。",
    en="The whole job, with no server to start: makes an installation and a made-up pool, applies, fixes the intent, "
    "has institutions contribute, draws, fills two vacancies, closes, then exports bundles and ledger and checks them "
    "offline.\n\n"
    "The same seed gives the same pool, project and request. Contributions and salts are random, so who is drawn is "
    "not the same.\n\n"
    "Exit code 0 everything is proven, 1 it could not be done or is not proven.",
    examples="""
        expertpool demo --out /tmp/demo
        expertpool --lang zh demo --experts 50000 --seed spring --out /tmp/demo
        expertpool demo --roster roster.csv --mapping config/roster-demo/mapping.toml \\
            --aliases config/roster-demo/aliases.toml --rulebook roster-demo --out /tmp/demo
    """,
)
@option(
    "--experts",
    default=MANY,
    show_default=True,
    type=click.IntRange(300, 1_000_000),
    zh="虚构专家人数。",
    en="How many made-up experts.",
)
@option("--seed", default="demo", show_default=True, zh="种子：任意文字。", en="The seed: any text.")
@option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    zh="演示目录，须不存在或为空。",
    en="The demonstration's folder; it must not exist, or be empty.",
)
@option("--roster", type=FILE, zh="改从此名册（表格）抽取。", en="Draw from this roster (a sheet) instead.")
@option("--mapping", type=FILE, zh="名册的列对照文件（TOML）。", en="The mapping of the roster's columns (TOML).")
@option("--aliases", type=FILE, zh="名册的单位别名文件（TOML）。", en="Spellings of the roster's employers (TOML).")
@option(
    "--rulebook",
    default="demo-centre",
    show_default=True,
    zh="规则库；仅有姓名和单位的名册用 roster-demo。",
    en="The rulebook; roster-demo for a roster of names and employers.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    experts: int,
    seed: str,
    out: Path,
    roster: Path | None,
    mapping: Path | None,
    aliases: Path | None,
    rulebook: str,
) -> None:
    from expertpool.cli.demo_case import Roster
    from expertpool.cli.demo_job import Job
    from expertpool.cli.demo_setting import set_up
    from expertpool.cli.demo_telling import Story
    from expertpool.draws.rules import rulebook as known_rulebook
    from policies.facts import day_of

    now = SystemClock().now()
    known_rulebook(rulebook, day_of(now))
    given = None if roster is None else Roster(roster, mapping, aliases)
    say(f"演示目录：{out.absolute()}", f"The demonstration's folder: {out.absolute()}")
    with set_up(out, rulebook=rulebook, today=now) as setting:
        proven = Job(Story(), setting, seed, experts, given).run()
        _show_where(setting.places)
    ctx.exit(0 if proven else 1)


def _show_where(places: "Places") -> None:
    python, policy = sys.executable, shlex.quote(str(places.policy))
    ledger, public, audit = (
        shlex.quote(str(path)) for path in (places.ledger, places.public_bundle, places.audit_bundle)
    )
    say("\n自己再核验一遍：", "\nCheck it yourself:")
    click.echo(f"  {python} -m ledger verify {ledger} --policy {policy}")
    for bundle in (public, audit):
        click.echo(f"  {python} -m expertpool.cli audit replay {bundle} --policy {policy} --log {ledger}")
    say(
        "策略文件（trust.policy）说明信任谁。实际使用时请向共签单位索取，不要向中心索取。",
        "The policy file says whom to trust. In earnest get it from the cosigners, not from the centre.",
    )
