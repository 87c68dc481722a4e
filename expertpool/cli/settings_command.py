"""``expertpool settings``: what can be set, what it means, and what it is set to here."""

from dataclasses import fields

import click
from rich.console import Console
from rich.table import Table

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import language
from expertpool.core.settings import Settings


@bilingual_command(
    "settings",
    zh="列出全部设置、含义和当前值。\n\n数据库地址可能含口令，不予显示。",
    en="List every setting with its meaning and its present value.\n\n"
    "The database's address may hold a password and is not shown.",
    examples="""
        expertpool settings
        expertpool --config /etc/expertpool/expertpool.toml settings
    """,
)
@click.pass_obj
def command(invocation: Invocation) -> None:
    Console().print(_table(invocation.settings()))


def _table(settings: Settings) -> Table:
    table = Table(show_lines=True)
    chosen = language()
    for name in ("设置", "当前值", "含义") if chosen == "zh" else ("setting", "value", "meaning"):
        table.add_column(name, overflow="fold")
    for section in fields(settings):
        values = getattr(settings, section.name)
        for entry in fields(values):
            value = str(getattr(values, entry.name)) if entry.repr else "***"
            table.add_row(f"{section.name}.{entry.name}", value, entry.metadata[chosen])
    return table
