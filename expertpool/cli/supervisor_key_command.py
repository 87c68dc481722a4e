"""``expertpool supervisor-key``: a supervisor's own signing key, on a machine that needs no centre.

The centre never has this key: what it signs is what the agents of the key holders believe (docs/spec/agents.md,
sections 5 and 6). Each command prints the body of one request to the API, and sends nothing.
"""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import group, option
from expertpool.core.errors import Invalid
from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keystore import KeyStore
from expertpool.protocol.agents import Sign, make_approval
from expertpool.protocol.statements import make_order, supervisor_registration

PASSPHRASE: Final = "EXPERTPOOL_SUPERVISOR_PASSPHRASE"  # noqa: S105 -- the variable's name
KEY: Final = "supervisor"

_REASON: Final = re.compile(r"(?!\s)[^\x00-\x1f\x7f\ud800-\udfff]{1,500}(?<!\s)")
_RECIPIENT_KEY: Final = re.compile(r"[0-9a-f]{64}")


class PassphraseMissing(Invalid):
    code = "supervisor-key.passphrase-missing"
    zh = "请在环境变量 {variable} 中提供密钥文件的口令。"
    en = "Give the passphrase of the key file in the environment variable {variable}."
    variable: str


class ReasonUnusable(Invalid):
    code = "supervisor-key.reason-unusable"
    zh = "原因应写成一行，1 至 500 字，首尾不能有空格。"
    en = "The reason must be one line of 1 to 500 characters, without spaces around it."


class RecipientKeyUnusable(Invalid):
    code = "supervisor-key.recipient-key-unusable"
    zh = "接收密钥应为 64 位小写十六进制的公钥，由 expertpool names key 输出。"
    en = "The recipient's key must be the public key that expertpool names key printed: 64 digits, lower-case hex."


key_option = option(
    "--key",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    zh="监督人员的密钥文件，只保存在其本人的机器上。",
    en="The supervisor's key file, kept on the supervisor's own machine alone.",
)
draw_option = option("--draw", required=True, zh="抽取的编号（drw_…）。", en="The draw, drw_...")
reason_option = option("--reason", required=True, zh="原因，与签名一并提交。", en="The reason, handed in as well.")


@group(
    "supervisor-key",
    zh="监督人员的签署密钥：生成，登记，签署再次抽取的批准和提前公开的命令。",
    en="A supervisor's own key: make it, register it, sign approvals of another draw and orders to open seats.",
    examples="expertpool supervisor-key new --key supervisor.key",
)
def command() -> None:
    pass


@bilingual_command(
    "new",
    zh="生成签署密钥并输出公钥。",
    en="Make a signing key and print its public half.",
    examples="expertpool supervisor-key new --key supervisor.key",
)
@key_option
def new_command(path: Path) -> None:
    with FileKeyStore.initialise(path, _passphrase()) as keys:
        keys.generate(KEY, "supervision", "ed25519")
        public = keys.public_key(KEY).hex()
    click.echo(public)


@bilingual_command(
    "prove",
    zh="输出登记请求：公钥，以及以本人账户签署的持有证明。",
    en="Print the registration: the public key, and proof by it that this account holds it.",
    examples="expertpool supervisor-key prove --key supervisor.key --account act_... > registration.json",
)
@key_option
@option("--account", required=True, zh="本人账户的编号（act_…）。", en="The supervisor's own account, act_...")
def prove_command(path: Path, account: str) -> None:
    with FileKeyStore(path, _passphrase()) as keys:
        public = keys.public_key(KEY).hex()
        proof = keys.sign_ed25519(KEY, supervisor_registration(supervisor=account, public=public))
    _print({"public": public, "proof": proof.hex()})


@bilingual_command(
    "sign-approval",
    zh="签署对同一标段再次抽取的批准。",
    en="Sign the approval of another draw of the same lot.",
    examples="""
        expertpool supervisor-key sign-approval --key supervisor.key --draw drw_... --first 812 --reason "..."
    """,
)
@key_option
@draw_option
@option(
    "--first",
    type=click.IntRange(min=0),
    required=True,
    zh="该标段首个抽取意向（draw.intended）在账本中的序号。",
    en="The number in the ledger of the first intent for the lot (draw.intended).",
)
@reason_option
def sign_approval_command(path: Path, draw: str, first: int, reason: str) -> None:
    _usable(reason)
    with FileKeyStore(path, _passphrase()) as keys:
        signed = make_approval(_signer(keys), keys.public_key(KEY), draw, first, reason)
    _print({"reason": reason, "signed": signed})


@bilingual_command(
    "sign-order",
    zh="签署评审期间提前公开个别席位的命令。",
    en="Sign the order that single seats be opened during the session.",
    examples="""
        expertpool supervisor-key sign-order --key supervisor.key --draw drw_... --intent 812 --seat 7KQ2 \
--recipient rcp_... --recipient-key 5f0a... --reason "..."
    """,
)
@key_option
@draw_option
@option(
    "--intent",
    type=click.IntRange(min=0),
    required=True,
    zh="该次抽取的意向（draw.intended）在账本中的序号。",
    en="The number in the ledger of the draw's intent (draw.intended).",
)
@option("--seat", "seats", required=True, multiple=True, zh="席位代码，可多次给出。", en="A seat's code; repeatable.")
@option(
    "--recipient",
    required=True,
    zh="监督部门接收密钥的编号（rcp_…）。",
    en="The supervisor's own recipient key as registered, rcp_...",
)
@option("--recipient-key", "public", required=True, zh="该接收密钥的公钥。", en="The public half of that key, in hex.")
@reason_option
def sign_order_command(
    *, path: Path, draw: str, intent: int, seats: Sequence[str], recipient: str, public: str, reason: str
) -> None:
    _usable(reason)
    if not _RECIPIENT_KEY.fullmatch(public):
        raise RecipientKeyUnusable
    wanted = sorted(set(seats))
    with FileKeyStore(path, _passphrase()) as keys:
        signed = make_order(
            _signer(keys),
            keys.public_key(KEY),
            draw=draw,
            intent=intent,
            reason=reason,
            recipient=public,
            seats=wanted,
        )
    _print({"recipient": recipient, "seats": wanted, "signed": signed})


def _signer(keys: KeyStore) -> Sign:
    return lambda message: keys.sign_ed25519(KEY, message)


def _usable(reason: str) -> None:
    """Raises `ReasonUnusable` for what the API would refuse, before anything is signed."""
    if not _REASON.fullmatch(reason):
        raise ReasonUnusable


def _print(body: dict[str, Any]) -> None:
    click.echo(json.dumps(body, ensure_ascii=False))


def _passphrase() -> bytes:
    """Raises `PassphraseMissing`."""
    if PASSPHRASE not in os.environ:
        raise PassphraseMissing(PASSPHRASE)
    return os.environ[PASSPHRASE].encode()


for each in (new_command, prove_command, sign_approval_command, sign_order_command):
    command.add_command(each)
