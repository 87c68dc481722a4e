"""``expertpool docs``: the tables that the documentation takes from the code, so that neither can drift."""

import click

from expertpool.audit.guide import guide_text
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import group
from expertpool.core.events import event_table
from expertpool.core.rooms import load_rooms
from expertpool.core.settings import settings_table
from policies.library import shipped


@group(
    "docs",
    zh="生成文档中来自代码的表格；测试要求两者一致。",
    en="Write the tables that the documentation takes from the code; tests hold the two equal.",
    examples="""
        expertpool docs events > docs/spec/events.md
        expertpool docs settings > docs/settings.md
    """,
)
def command() -> None:
    pass


@bilingual_command(
    "events",
    zh="账本条目的种类：哪些字段公开，哪些只留摘要。",
    en="Kinds of ledger entries: which fields stand in the clear, which as digests only.",
    examples="expertpool docs events > docs/spec/events.md",
)
def events() -> None:
    load_rooms("events")
    click.echo(event_table(), nl=False)


@bilingual_command(
    "settings",
    zh="全部设置。",
    en="Every setting.",
    examples="expertpool docs settings > docs/settings.md",
)
def settings() -> None:
    click.echo(settings_table(), nl=False)


@bilingual_command(
    "guide",
    zh="现场情况处理指南。",
    en="The situation guide.",
    examples="expertpool docs guide > docs/guide.md",
)
def guide() -> None:
    [*_, newest] = [book for book in shipped().editions() if book.layers[-1].book == "national"]
    click.echo(guide_text(newest), nl=False)


command.add_command(events)
command.add_command(guide)
command.add_command(settings)
