"""``expertpool names``: a recipient's own key, and what was released to it, on a machine that needs no centre."""

import json
import os
from pathlib import Path
from typing import Any, Final

import click

from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import group, option, say
from expertpool.core.errors import Invalid
from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keystore import SealBroken
from expertpool.protocol.errors import EnvelopeBroken, ProtocolError
from expertpool.protocol.release import open_package

PASSPHRASE: Final = "EXPERTPOOL_NAMES_PASSPHRASE"  # noqa: S105 -- the variable's name
KEY: Final = "recipient"
key_option = option(
    "--key",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    zh="接收方的密钥文件，只保存在接收方自己的机器上。",
    en="The recipient's key file, kept on the recipient's own machine alone.",
)


class PassphraseMissing(Invalid):
    code = "names.passphrase-missing"
    zh = "请在环境变量 {variable} 中提供密钥文件的口令。"
    en = "Give the passphrase of the key file in the environment variable {variable}."
    variable: str


class PackageUnreadable(Invalid):
    code = "names.package-unreadable"
    zh = "打不开：文件不完整，或者名单不是向这把密钥公开的。请核对密钥文件后重新下载。"
    en = "It cannot be opened: the file is not whole, or not for this key. Check the key file and download it again."


class NotWritten(Invalid):
    code = "names.not-written"
    zh = "无法写入 {path}：文件已存在，或目录不可写。"
    en = "{path} cannot be written: the file exists already, or the folder does not let you."
    path: str


@group(
    "names",
    zh="接收公开的名单：生成接收密钥，在自己的机器上打开下载的文件。",
    en="To receive names that are released: make a key, and open on one's own machine what was downloaded.",
    examples="expertpool names open release.json --key desk.key",
)
def command() -> None:
    pass


@bilingual_command(
    "key",
    zh="生成接收密钥并输出公钥；公钥由中心的安全管理员登记，监督部门批准。",
    en="Make a recipient's key and print its public half, which the centre's security administrator registers.",
    examples="expertpool names key --key desk.key",
)
@key_option
def key_command(path: Path) -> None:
    with FileKeyStore.initialise(path, _passphrase()) as keys:
        keys.generate(KEY, "names", "x25519")
        public = keys.public_key(KEY).hex()
    click.echo(public)


@bilingual_command(
    "open",
    zh="打开下载的名单，按席位输出姓名。",
    en="Open what was downloaded and print the names by seat.",
    examples="""
        expertpool names open release.json --key desk.key
        expertpool names open release.json --key desk.key --json
    """,
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@key_option
@option("--json", "as_json", is_flag=True, zh="以 JSON 输出。", en="Write JSON.")
def open_command(file: Path, path: Path, as_json: bool) -> None:  # noqa: FBT001 -- click's
    with FileKeyStore(path, _passphrase()) as keys:

        def opener(ciphertext: bytes, info: bytes) -> bytes:
            try:
                return keys.open_hpke(KEY, ciphertext, info)
            except SealBroken:
                raise EnvelopeBroken from None

        try:
            found = open_package(_package(file.read_bytes()), opener)
        except ProtocolError:
            raise PackageUnreadable from None
    shown = [{name: each[name] for name in ("seat", "line", "name")} for each in found]
    if as_json:
        click.echo(json.dumps({"seats": shown}, ensure_ascii=False))
        return
    for each in shown:
        say(f"席位 {each['seat']}：{each['name']}", f"seat {each['seat']}: {each['name']}")


@bilingual_command(
    "payments",
    zh="银行专用：打开密封的付款文件，写成批量转账表（.xlsx 或 .csv）。",
    en="For the bank: open a sealed file of payments and write it as the sheet of a batch (.xlsx or .csv).",
    examples="expertpool names payments batch.json --key bank.key --out batch.xlsx",
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@key_option
@option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    zh="要写的文件，.xlsx 或 .csv；不覆盖已有文件。",
    en="The file to write, .xlsx or .csv; one that is there is not overwritten.",
)
def payments_command(file: Path, path: Path, out: Path) -> None:
    from expertpool.payouts.bank_sheet import as_csv, as_xlsx
    from expertpool.payouts.instructions import open_batch

    try:
        said = json.loads(file.read_bytes())
        batch, sealed = str(said["batch"]), bytes.fromhex(said["sealed"])
    except (ValueError, KeyError, TypeError):
        raise PackageUnreadable from None
    with FileKeyStore(path, _passphrase()) as keys:
        try:
            found = open_batch(lambda ciphertext, info: keys.open_hpke(KEY, ciphertext, info), batch, sealed)
        except SealBroken:
            raise PackageUnreadable from None
    content = as_csv(found) if out.suffix == ".csv" else as_xlsx(found)
    try:
        with out.open("xb") as written:
            written.write(content)
    except OSError:
        raise NotWritten(str(out)) from None
    say(f"已写入 {len(found)} 笔：{out}", f"{len(found)} payments written to {out}")


def _package(data: bytes) -> bytes:
    """The package as it is, or out of the API's answer that holds it."""
    try:
        value: Any = json.loads(data)
    except ValueError:
        return data
    held = value.get("package") if isinstance(value, dict) else None
    return held.encode() if isinstance(held, str) else data


def _passphrase() -> bytes:
    """Raises `PassphraseMissing`."""
    if PASSPHRASE not in os.environ:
        raise PassphraseMissing(PASSPHRASE)
    return os.environ[PASSPHRASE].encode()


for each in (key_command, open_command, payments_command):
    command.add_command(each)
