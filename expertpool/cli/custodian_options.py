"""What every command on an agent's directory asks for: the directory, and the passphrase of its keys."""

import os
from pathlib import Path
from typing import Final

import click

from expertpool.cli.bilingual import option, say
from expertpool.core.errors import Invalid
from expertpool.protocol.agents import read_registration

PASSPHRASE: Final = "EXPERTPOOL_CUSTODIAN_PASSPHRASE"  # noqa: S105 -- the variable's name
directory_option = option(
    "--dir",
    "path",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    zh="程序自己的目录，应在本地磁盘上。",
    en="The agent's own directory, on a local disk.",
)


passphrase_option = option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    zh=f"密钥口令所在的文件，第一行有效；不给则取环境变量 {PASSPHRASE}。",
    en=f"The file whose first line is the passphrase of the keys; else the environment variable {PASSPHRASE}.",
)


class PassphraseMissing(Invalid):
    code = "custodian.passphrase-missing"
    zh = "请以 --passphrase-file 或环境变量 {variable} 提供密钥口令。"
    en = "Give the passphrase of the keys by --passphrase-file or in the environment variable {variable}."
    variable: str


def tell_fingerprint(registration: Path) -> None:
    """Say by what the supervisor compares the keys of a registration file with those that were registered."""
    shown = read_registration(registration.read_bytes()).fingerprint
    say(f"密钥指纹，供监督部门核对：{shown}", f"The keys' fingerprint, for the supervisor to compare: {shown}")


def read_passphrase(file: Path | None = None) -> bytes:
    """Empty only where it is set to be, as in a demonstration. Raises `PassphraseMissing`."""
    if file is not None:
        return file.read_bytes().partition(b"\n")[0].rstrip(b"\r")
    if PASSPHRASE not in os.environ:
        raise PassphraseMissing(PASSPHRASE)
    return os.environ[PASSPHRASE].encode()
