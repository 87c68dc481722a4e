"""``expertpool custodian open-offline``: a set of key holders opens a committee with the centre dead.

It needs nothing but the holder's own directory, and from the second holder on the file of the one before.
"""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option, say
from expertpool.cli.custodian_options import directory_option, passphrase_option, read_passphrase
from expertpool.core.clock import SystemClock
from expertpool.core.errors import Invalid
from expertpool.custodian.directory import Directory
from expertpool.custodian.offline import Turn, take_turn
from ledger.durable import replace_file

COLUMNS: Final = ("seat", "line", "name", "phone")
_SECRET: Final = 0o600


class OutTaken(Invalid):
    code = "custodian.out-taken"
    zh = "文件 {path} 已存在，不会覆盖。"
    en = "The file {path} exists and is not written over."
    path: str


@bilingual_command(
    "open-offline",
    zh="中心不可用时，由一组密钥保管方依次在任意电脑上开启委员会名单。每次开启均须报告，并由程序补记入账本。",
    en="Open a committee's names with the centre dead: the holders of a set take turns, on any laptop. Every such "
    "opening must be reported; the agents put it into the ledger.",
    examples="""
        expertpool custodian open-offline --dir A --draw drw_x --reason R --out one.json
        expertpool custodian open-offline --dir B --draw drw_x --reason R --shares one.json --out names.csv
    """,
)
@directory_option
@option("--draw", required=True, zh="抽取编号。", en="The draw.")
@option("--reason", required=True, zh="开启的原因，将记入账本。", en="Why; it goes into the ledger.")
@option(
    "--shares",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    zh="前一单位交来的文件；第一个开启的单位不需要。",
    en="The file of the holder before; the first has none.",
)
@option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    zh="写到哪里：交给下一单位的文件，或者名单（.csv 或 JSON）。",
    en="Where to write: the file for the next holder, or the names (.csv, else JSON).",
)
@passphrase_option
def open_offline_command(
    path: Path, draw: str, reason: str, *, shares: Path | None, out: Path, passphrase_file: Path | None
) -> None:
    if out.exists():
        raise OutTaken(str(out))
    directory = Directory(path)
    directory.config()
    with directory.keys(read_passphrase(passphrase_file)) as keys:
        turn = take_turn(
            directory,
            keys,
            SystemClock().now(),
            draw=draw,
            shares=None if shares is None else shares.read_bytes(),
            reason=reason,
        )
    replace_file(out, _names(turn.names, out) if turn.names else turn.shares.to_bytes(), _SECRET)
    _tell(turn, out)


def _tell(turn: Turn, out: Path) -> None:
    count = len(turn.shares.committee.records)
    if turn.names:
        say(f"已开启 {count} 个席位的名单：{out}", f"Opened the names of {count} seats: {out}")
    else:
        others = ", ".join(turn.waits_for)
        say(
            f"名单尚未开启（{count} 个席位）。请将 {out} 交给下列任一单位接续：{others}",
            f"No name is open yet ({count} seats). Hand {out} to any of these, who goes on: {others}",
        )
    say(
        "这是离开中心的开启，须向监督部门报告。本次开启已签署并记入本目录的记忆；程序下次连上中心时自动上报，"
        "中心将其记入账本（holder.opened-offline）。中心另建后地址有变的，请先更新 agent.json。",
        "This was an opening without the centre: report it to the supervisor. It is signed and kept in this "
        "directory's memory; when the agent next reaches the centre it tells it, and the centre records it in the "
        "ledger (holder.opened-offline). Where the centre has a new address by then, put that into agent.json first.",
        err=True,
    )


def _names(names: Mapping[str, Mapping[str, Any]], out: Path) -> bytes:
    rows = [{name: names[seat][name] for name in COLUMNS} for seat in sorted(names)]
    if out.suffix.lower() != ".csv":
        return json.dumps({"seats": rows}, ensure_ascii=False, indent=1).encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig")  # so that a spreadsheet reads Chinese


def _plain(value: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value[:1] else value
