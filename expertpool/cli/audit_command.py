"""``expertpool audit``: a draw's bundle, written and checked. Checking needs no installation, database or network."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import Progress

from expertpool.cli.audit_export import export_command
from expertpool.cli.bilingual import LANGUAGE, group, language, option
from expertpool.cli.bilingual import command as bilingual_command

if TYPE_CHECKING:
    from expertpool.protocol.replay import Trust

UNREADABLE = 2


@group(
    "audit",
    zh="审计：导出和核验抽取的证明包。",
    en="For auditors: write the bundle of a draw, and check one.",
    examples="""
        expertpool audit replay draw.zip --policy trust.policy
        expertpool audit export drw_01J8Z3N5T7Q9V2X4B6D8F0H2K4 --out draw.zip
    """,
)
def command() -> None:
    pass


def _choose_language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().meta[LANGUAGE] = value


@bilingual_command(
    "replay",
    zh="核验一次抽取的证明包：重新计算每一步并与账本比对。不需要数据库和网络。\n\n"
    "账本公钥和信任策略须由您给出，并从本中心以外取得；没有它们，结论只能是“未能证实”。\n\n"
    "退出码：0 已证实，1 不成立，2 无法读取，3 未能证实。",
    en="Check the bundle of a draw: every step is computed again and compared with the ledger. "
    "Needs no database and no network.\n\n"
    "Log key and policy are yours to give, from somebody other than the centre; without them nothing is proven.\n\n"
    "Exit codes: 0 proven, 1 refuted, 2 unreadable, 3 not proven.",
    examples="""
        expertpool audit replay draw.zip --policy trust.policy
        expertpool audit replay draw.zip --policy trust.policy --log ledger.zip
        expertpool audit replay draw.zip --policy trust.policy --json
    """,
)
@click.argument("bundle", type=click.Path(path_type=Path))
@option("--log-key", metavar="VKEY", zh="账本的验证公钥。", en="The log's verifier key.")
@option(
    "--policy",
    type=click.Path(path_type=Path),
    zh="信任策略（C2SP tlog-policy）：谁必须共签。",
    en="Whom you trust (C2SP tlog-policy): who must have cosigned.",
)
@option(
    "--log",
    "log_place",
    metavar="PLACE",
    zh="整个账本的副本（目录、zip 或网址），用来查有无遗漏和重复抽取。",
    en="A copy of the whole log (directory, zip or address), to see that nothing was left out or drawn twice.",
)
@option("--json", "as_json", is_flag=True, zh="输出 JSON。", en="Print JSON.")
@option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    callback=_choose_language,
    is_eager=True,
    expose_value=False,
    zh="界面语言。",
    en="Language of messages.",
)
@click.pass_context
def replay_command(
    ctx: click.Context,
    bundle: Path,
    log_key: str | None,
    policy: Path | None,
    log_place: str | None,
    *,
    as_json: bool,
) -> None:
    from expertpool.protocol.errors import ProtocolError
    from expertpool.protocol.replay import replay, report
    from expertpool.protocol.replay.steps import TITLES
    from ledger.errors import LedgerError

    console = Console(stderr=True)
    choose = 0 if language() == "zh" else 1
    try:
        trust = _trust(log_key, policy)
        with (
            bundle.open("rb") as file,
            Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
        ):
            task = bar.add_task("", total=None)

            def progress(name: str, done: int, total: int) -> None:
                bar.update(task, description=TITLES[name][choose], completed=done, total=total)

            found = replay(file, trust, log_place=log_place, progress=progress)
    except (LedgerError, ProtocolError) as error:
        if as_json:
            _print_json(report.unreadable(error))
        click.echo(error.text(language()), err=True)
        ctx.exit(UNREADABLE)
    except OSError as error:
        click.echo(_unreadable(bundle, error)[choose], err=True)
        ctx.exit(UNREADABLE)
    if as_json:
        _print_json(report.as_json(found))
    else:
        click.echo(report.as_text(found, language()))
    ctx.exit(report.exit_code(found))


def _trust(log_key: str | None, policy: Path | None) -> "Trust":
    """What the caller trusts. Raises `LedgerError`, `OSError`."""
    from expertpool.protocol.replay import Trust
    from ledger.errors import about
    from ledger.note import parse_verifier_key
    from ledger.policy import parse_policy

    with about("--log-key"):
        key = None if log_key is None else parse_verifier_key(log_key)
    if policy is None:
        return Trust(key)
    with about(policy):
        return Trust(key, parse_policy(policy.read_bytes()))


def _unreadable(bundle: Path, error: OSError) -> tuple[str, str]:
    path, why = error.filename or bundle, error.strerror or type(error).__name__
    return f"无法读取 {path}：{why}。", f"Cannot read {path}: {why}."


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


command.add_command(export_command)
command.add_command(replay_command)
