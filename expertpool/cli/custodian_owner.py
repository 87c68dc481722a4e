"""What the owner of an agent decides: to approve, to go on after an alarm, to be asked, to change the keys."""

from pathlib import Path
from typing import Final

import click

from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option, say
from expertpool.cli.custodian_options import directory_option, passphrase_option, read_passphrase, tell_fingerprint
from expertpool.core.clock import SystemClock
from expertpool.custodian import words
from expertpool.custodian.directory import Directory
from expertpool.custodian.errors import GlassMeant
from expertpool.custodian.keysets import rotate
from expertpool.custodian.memory import Memory
from expertpool.custodian.remembering import lift
from expertpool.custodian.status import status
from expertpool.protocol.release import BREAK_GLASS


@bilingual_command(
    "approve",
    zh="批准账本中这一条所请求的事项：出具贡献、公开名单、应急解封。不带编号则列出等待批准的事项。",
    en="Approve what this entry of the log asks for: a contribution, a release, breaking the glass. Without a number: "
    "list what waits.",
    examples="""
        expertpool custodian approve --dir /var/lib/custodian
        expertpool custodian approve --dir /var/lib/custodian 1842
        expertpool custodian approve --dir /var/lib/custodian 1842 --decline
        expertpool custodian approve --dir /var/lib/custodian 1903 --break-glass
    """,
)
@directory_option
@option("--decline", is_flag=True, zh="不同意：程序将拒绝。", en="Say no instead: the agent refuses.")
@option("--break-glass", is_flag=True, zh="确认是应急解封：名单将提前开启。", en="Yes, names are to be opened early.")
@click.argument("entry", type=click.IntRange(0), required=False)
def approve_command(path: Path, entry: int | None, *, decline: bool, break_glass: bool) -> None:
    directory = Directory(path)
    directory.config()
    if entry is None:
        _list(directory)
        return
    memory = directory.memory()
    try:
        if not decline:
            _is_meant(memory, entry, break_glass=break_glass)
        memory.approve(entry, SystemClock().now(), approved=not decline)
        said = memory.approval(entry)
    finally:
        memory.close()
    if said:
        say(f"已批准第 {entry} 条。", f"Approved what entry {entry} asks for.")
    else:
        say(f"第 {entry} 条：不同意。", f"Declined what entry {entry} asks for.")


@bilingual_command(
    "lift",
    zh="解除警报：保管单位查明原因后决定让程序继续。证据和理由都会保留；如账本仍自相矛盾，程序会再次停止。",
    en="Lift an alarm: the owner has found out why and lets the agent go on. Evidence and reason are kept; where the "
    "log still contradicts itself, the agent stops again.",
    examples='expertpool custodian lift --dir /var/lib/custodian --alarm A1 --reason "letter 12/2026"',
)
@directory_option
@option("--alarm", required=True, zh="警报编号，见 status。", en="The alarm, as status shows it.")
@option("--reason", required=True, zh="理由，例如文号。", en="Why: a letter's number, for example.")
def lift_command(path: Path, alarm: str, reason: str) -> None:
    directory = Directory(path)
    directory.config()
    memory = directory.memory()
    try:
        lift(memory, alarm, reason, SystemClock().now())
    finally:
        memory.close()
    say(f"已解除警报 {alarm}，证据仍保留。", f"The alarm {alarm} is lifted; its evidence is kept.")


@bilingual_command(
    "mode",
    zh="决定自动办理，还是每次都须本单位批准；重新启动程序后生效。",
    en="Choose whether the agent acts by itself or asks its owner each time; it holds when the agent is started again.",
    examples="""
        expertpool custodian mode --dir /var/lib/custodian ask
        expertpool custodian mode --dir /var/lib/custodian auto
    """,
)
@directory_option
@click.argument("mode", type=click.Choice(["auto", "ask"]))
def mode_command(path: Path, mode: str) -> None:
    Directory(path).set_asking(mode == "ask")
    say(f"已设为 {mode}，请重新启动程序。", f"The mode is {mode}; start the agent again.")


@bilingual_command(
    "rotate",
    zh="更换密钥：在同一目录中生成后继的四把密钥和登记文件。须先停止程序，完成后再启动。",
    en="Change the keys: make four successors in the same directory, and the file with which they are registered. Stop "
    "the agent first and start it again afterwards.",
    examples="expertpool custodian rotate --dir /var/lib/custodian --passphrase-file passphrase",
)
@directory_option
@passphrase_option
def rotate_command(path: Path, passphrase_file: Path | None) -> None:
    directory = Directory(path)
    directory.config()
    with directory.held(), directory.keys(read_passphrase(passphrase_file)) as keys:
        memory = directory.memory()
        try:
            file = rotate(directory, keys, memory)
        finally:
            memory.close()
    say(
        f"已生成后继密钥。请将登记文件交给中心的安全管理员：{file}",
        f"The successors are made. Give this file to the centre's security administrator: {file}",
    )
    tell_fingerprint(file)
    say(
        "请启动程序，并重新备份密钥文件；旧密钥继续用于此前的抽取，直到中心将其停用。",
        "Start the agent and back up the key file again; the former keys serve earlier draws until the centre retires "
        "them.",
    )


OWNERS_COMMANDS: Final = (approve_command, lift_command, mode_command, rotate_command)


def _is_meant(memory: Memory, entry: int, *, break_glass: bool) -> None:
    """The glass is broken by nobody who did not say so, nor by a wrong number. Raises `GlassMeant`."""
    kept = memory.entry(entry)
    if break_glass != (kept is not None and kept.entry.kind == BREAK_GLASS):
        raise GlassMeant(entry)


def _list(directory: Directory) -> None:
    waiting = status(directory)["to_approve"]
    if not waiting:
        say("没有等待批准的事项。", "Nothing waits for approval.")
    for each in waiting:
        say(
            f"第 {each['entry']} 条：{words.asks(each['kind'], 'zh')}，{each['draw']}",
            f"entry {each['entry']}: {words.asks(each['kind'], 'en')}, {each['draw']}",
        )
        if each["reason"] is not None:
            say(f"  原因：{each['reason']}", f"  reason: {each['reason']}")
