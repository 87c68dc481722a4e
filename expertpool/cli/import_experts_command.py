"""``expertpool import-experts``: a sheet of experts into the pool, after every row has been checked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from expertpool.cli import Invocation
from expertpool.cli.acting import open_desk
from expertpool.cli.bilingual import Texts, language, option, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.experts.importing import Checked, check_sheet, enrol_checked, write_errors
from expertpool.experts.mapping import DEFAULT, load_aliases, load_mapping
from expertpool.experts.sheets import read_sheet
from policies.facts import day_of

SHOWN = 20
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
OUT = click.Path(path_type=Path, dir_okay=False)


@bilingual_command(
    "import-experts",
    zh="从 .xlsx、.xls 或 .csv（UTF-8 或 GBK）导入专家。\n\n先检查每一行；有误时不写入任何内容，"
    "除非用 --good-rows-only。令牌放在环境变量 EXPERTPOOL_TOKEN 中。\n\n退出码：0 完成，1 有行被拒。",
    en="Import experts from .xlsx, .xls or .csv (UTF-8 or GBK).\n\nEvery row is checked first; if one is wrong nothing "
    "is written, unless --good-rows-only. The token stands in EXPERTPOOL_TOKEN.\n\n"
    "Exit code 0 done, 1 when rows were refused.",
    examples="""
        expertpool import-experts experts.xlsx --dry-run --errors errors.xlsx
        expertpool import-experts experts.xlsx --ground "DRC 2026-18"
        expertpool import-experts roster.csv --mapping roster.toml --aliases employers.toml --ground demo
    """,
)
@click.argument("file", type=FILE)
@option("--mapping", type=FILE, zh="列对照文件（TOML）。", en="The mapping of columns (TOML).")
@option("--aliases", type=FILE, zh="单位别名文件（TOML），仅用于无代码的名册。", en="Employers' spellings (TOML).")
@option("--centre", zh="中心代码；默认为令牌持有人的中心。", en="A centre's code; by default the token holder's.")
@option("--ground", zh="依据（文号），记入账本。", en="The ground of the act, for the ledger.")
@option("--until", type=click.DateTime(["%Y-%m-%d"]), zh="聘期最后一日。", en="The last day of the membership.")
@option("--dry-run", is_flag=True, zh="只检查，不写入。", en="Check only, write nothing.")
@option("--good-rows-only", is_flag=True, zh="导入无误的行，其余写入错误文件。", en="Import the rows that are right.")
@option("--errors", type=OUT, zh="错误文件：原表格式，附每行原因。", en="Where refused rows go, with their reasons.")
@click.pass_context
def command(  # noqa: PLR0917 -- click passes by name
    ctx: click.Context,
    /,
    file: Path,
    mapping: Path | None,
    aliases: Path | None,
    centre: str | None,
    ground: str | None,
    until: datetime | None,
    errors: Path | None,
    *,
    dry_run: bool,
    good_rows_only: bool,
) -> None:
    invocation: Invocation = ctx.obj
    columns = load_mapping(mapping) if mapping else DEFAULT
    spellings = load_aliases(aliases) if aliases else None
    sheet = read_sheet(file)
    with open_desk(invocation.settings(), centre) as desk:
        total = sum(1 for _ in sheet.numbered())
        today = day_of(desk.transactions.clock.now())
        with desk.reading() as session, progress_bar(Texts("检查", "checking"), total) as done:
            checked = check_sheet(
                session, desk.protector, desk.pool, sheet, columns, today=today, aliases=spellings, progress=done
            )
        _tell(checked)
        if errors is not None and checked.refused:
            written = write_errors(errors, sheet, checked)
            say(f"被拒的行已写入 {written}。", f"The refused rows are in {written}.")
        if dry_run or not checked.good or (checked.refused and not good_rows_only):
            say("未写入任何内容。", "Nothing was written.")
        else:
            with progress_bar(Texts("导入", "importing"), len(checked.good)) as done:
                entry = enrol_checked(
                    desk.transactions,
                    desk.protector,
                    desk.pool,
                    desk.actor,
                    checked,
                    ground=ground or "",
                    until=until.date() if until else None,
                    progress=done,
                )
            count = len(checked.good)
            say(
                f"已导入 {count} 人，账本条目 {entry.index}。", f"Imported {count} experts, ledger entry {entry.index}."
            )
    ctx.exit(1 if checked.refused else 0)


@contextmanager
def progress_bar(what: Texts, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what.choose(language()), total=total)
        yield lambda done: bar.advance(task, done)


def _tell(checked: Checked) -> None:
    """How many rows are right, and the first reasons for refusing others."""
    good, refused, asked = len(checked.good), len(checked.refused), len(checked.questions)
    say(
        f"共 {checked.rows} 行：{good} 行无误，{refused} 行被拒。",
        f"{checked.rows} rows: {good} right, {refused} refused.",
    )
    chosen = language()
    for number, problems in checked.refused[:SHOWN]:
        for problem in problems:
            text = checked.explain(problem, chosen)
            click.echo(f"  {Texts('第 {} 行', 'row {}').choose(chosen).format(number)}  {text}")
    if refused > SHOWN:
        say(f"  其余 {refused - SHOWN} 行见错误文件（--errors）。", f"  {refused - SHOWN} more: see --errors.")
    if asked:
        say(f"另有 {asked} 处请核对，例如：", f"{asked} more to look at again, such as:")
        for number, question in checked.questions[:SHOWN]:
            click.echo(
                f"  {Texts('第 {} 行', 'row {}').choose(chosen).format(number)}  {checked.explain(question, chosen)}"
            )
