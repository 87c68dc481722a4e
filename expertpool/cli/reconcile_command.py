"""``expertpool reconcile``: what was changed in the database behind the ledger's back, column by column."""

import json
from typing import Any

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import Texts, language, option, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.opening import open_database, refuse_other_revision
from expertpool.core.reconcile import Difference, reconcile
from expertpool.core.rooms import load_rooms

WHAT = {
    "entry-altered": Texts("账本条目被改动", "a ledger entry was altered"),
    "head-altered": Texts("账本树头与条目不符", "the tree head does not fit the entries"),
    "image-altered": Texts("行的存证被改动或缺失", "the record of a row was altered or is missing"),
    "changed": Texts("行被改动", "a row was changed"),
    "added": Texts("行为账外增加", "a row was added"),
    "removed": Texts("行被删除", "a row was removed"),
}
ENTRY = Texts("账本条目", "entry")
RECORDED, FOUND = Texts("账本", "ledger"), Texts("现值", "found")


@bilingual_command(
    "reconcile",
    zh="逐行比对业务数据与账本，指出账外的改动。\n\n一致时退出码 0，有差异时 1。输出可能含个人信息，请勿外传。",
    en="Compare every business row with the ledger and say what was changed behind its back.\n\n"
    "Exit code 0 when they agree, 1 when not. The output may hold personal data.",
    examples="""
        expertpool reconcile
        expertpool reconcile --json > differences.json
    """,
)
@option("--json", "as_json", is_flag=True, zh="以 JSON 输出。", en="Write JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    invocation: Invocation = ctx.obj
    engine = open_database(invocation.settings())
    refuse_other_revision(engine)
    load_rooms("models")
    differences = reconcile(engine)
    engine.dispose()
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in differences], ensure_ascii=False, indent=2))
    else:
        _print(differences)
    ctx.exit(1 if differences else 0)


def _print(differences: list[Difference]) -> None:
    if not differences:
        say("业务数据与账本一致。", "The business rows agree with the ledger.")
        return
    say(f"与账本不符，共 {len(differences)} 处：", f"{len(differences)} differences from the ledger:")
    chosen = language()
    for one in differences:
        entry = "" if one.entry is None else f"  ({ENTRY.choose(chosen)} {one.entry})"
        click.echo(f"- {one.table} {one.key}: {WHAT[one.what].choose(chosen)}{entry}")
        for column, (recorded, found) in (one.columns or {}).items():
            click.echo(f"    {column}: {RECORDED.choose(chosen)} {recorded!r} -> {FOUND.choose(chosen)} {found!r}")


def _as_json(one: Difference) -> dict[str, Any]:
    columns = {name: {"ledger": recorded, "found": found} for name, (recorded, found) in (one.columns or {}).items()}
    return {"what": one.what, "table": one.table, "key": one.key, "entry": one.entry, "columns": columns}
