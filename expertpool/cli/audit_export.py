"""``expertpool audit export``: the bundle of a draw as a file. On the vault's host, which alone has the openings."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option, say
from expertpool.core.clock import SystemClock
from expertpool.core.errors import Conflict
from ledger.durable import flush_directory, make_directory

if TYPE_CHECKING:
    from expertpool.protocol.bundle import Bundle

PUBLIC_MODE: Final = 0o644
AUDIT_MODE: Final = 0o600
"""An auditor's bundle says of every expert of the pool what was decided and why."""


class BundleExists(Conflict):
    code = "audit.exists"
    zh = "{path} 已存在，不会覆盖。请另选文件名。"
    en = "{path} exists and is not overwritten. Choose another name."
    path: str


@bilingual_command(
    "export",
    zh="导出一次已结束抽取的证明包，任何人可用 audit replay 离线核验。只能在保险库主机上执行。\n\n"
    "默认为公开证明包，不含个人信息。--audit 为审计证明包，含名册与逐人资格认定，只交给有审计函的单位。",
    en="Write the bundle of a draw that is over, for anyone to check offline with audit replay. On the vault's host "
    "only.\n\n"
    "By default the public bundle, without personal data. --audit: with the roster and what was decided of each "
    "expert, for auditors with a letter.",
    examples="""
        expertpool audit export drw_01J8Z3N5T7Q9V2X4B6D8F0H2K4 --out draw.zip
        expertpool audit export drw_01J8Z3N5T7Q9V2X4B6D8F0H2K4 --out audit.zip --audit
    """,
)
@click.argument("draw")
@option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), zh="写到哪个文件。", en="Where to.")
@option("--audit", is_flag=True, zh="审计证明包。", en="The auditor's bundle.")
@click.pass_obj
def export_command(invocation: Invocation, draw: str, out: Path, *, audit: bool) -> None:
    from expertpool.cli.vault_parts import open_vault_parts
    from expertpool.draws.exporting import export

    if out.exists():
        raise BundleExists(str(out))
    with open_vault_parts(invocation.settings(), SystemClock()) as parts:
        bundle = export(parts, draw, audit=audit)
    write_bundle_file(out, bundle)
    say(f"已写入 {out}。核验：", f"Written to {out}. Check it with:")
    click.echo(f"  expertpool audit replay {out} --policy POLICY")
    if audit:
        say(
            "其中有全体专家的资格事实，只交给有审计函的单位，用后删除。",
            "It holds facts about every expert: for auditors with a letter only; delete it when it has served.",
        )


def write_bundle_file(out: Path, bundle: "Bundle") -> None:
    """Write a bundle, whole and flushed or not at all; an auditor's for its owner alone. Raises `MemberTooLong`."""
    from expertpool.protocol.bundle import write_bundle

    make_directory(out.parent)
    handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w+b") as file:
            write_bundle(file, bundle)
            file.flush()
            os.fchmod(file.fileno(), PUBLIC_MODE if bundle.audit is None else AUDIT_MODE)
            os.fsync(file.fileno())
        Path(temporary).replace(out)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    flush_directory(out.parent)
