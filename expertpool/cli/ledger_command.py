"""``expertpool ledger``: what an operator does with the ledger as a whole."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from expertpool.cli import Invocation
from expertpool.cli.bilingual import Texts, group, language, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.ledger_export import export
from expertpool.cli.opening import open_installation
from expertpool.core.witness_policy import load_witness_policy


@group(
    "ledger",
    zh="账本整体的操作。核验请用 python -m ledger，不依赖本系统。",
    en="The ledger as a whole. To check it use python -m ledger, which needs nothing of this service.",
    examples="expertpool ledger export ledger.zip",
)
def command() -> None:
    pass


@bilingual_command(
    "export",
    zh="将已签署的账本导出为目录或 zip（C2SP tlog-tiles 格式），任何人可离线核验。\n\n导出内容不含个人信息。",
    en="Write the signed ledger to a directory or a zip file (C2SP tlog-tiles), for anyone to check offline.\n\n"
    "It holds no personal data.",
    examples="""
        expertpool ledger export ledger.zip
        expertpool ledger export /srv/mirror/2026-11
        python -m ledger verify ledger.zip --policy trust.policy
    """,
)
@click.argument("target", type=click.Path(path_type=Path))
@click.pass_obj
def export_command(invocation: Invocation, target: Path) -> None:
    settings = invocation.settings()
    policy = load_witness_policy(settings)
    engine = open_installation(settings)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(Texts("导出", "exporting").choose(language()), total=None)
        signed = export(engine, policy, target, lambda done, total: bar.update(task, completed=done, total=total))
    engine.dispose()
    say(f"已导出 {signed.size} 个条目到 {target}。核验：", f"Exported {signed.size} entries to {target}. Check with:")
    trust = f" --policy {settings.ledger.witness_policy}" if policy is not None else ""
    click.echo(f"  python -m ledger verify {target}{trust}")


command.add_command(export_command)
