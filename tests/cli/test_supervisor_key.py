"""``expertpool supervisor-key``: a key file of one's own, and nothing signed that could not serve.

That the API and the agents take what it prints is in tests/draws/test_signed_by_command.py.
"""

import json
from pathlib import Path

import pytest

from expertpool.cli.supervisor_key_command import PASSPHRASE
from expertpool.protocol.agents import approval_key
from expertpool.protocol.statements import condensed, order_key, supervisor_registration
from ledger import ed25519
from tests.cli.conftest import call
from tests.core.keyfiles import _derive_each_key_only_once

__all__ = ["_derive_each_key_only_once"]
RECIPIENT = "5f" * 32
APPROVAL = ("--draw", "drw_1", "--first", "0")
ORDER = ("--draw", "drw_1", "--intent", "7", "--recipient", "rcp_1", "--recipient-key", RECIPIENT)


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _derive_each_key_only_once: None) -> Path:
    monkeypatch.setenv(PASSPHRASE, "secret")
    path = tmp_path / "supervisor.key"
    assert call("supervisor-key", "new", "--key", str(path)).exit_code == 0
    return path


def public_of(key: Path) -> bytes:
    return bytes.fromhex(
        json.loads(call("supervisor-key", "prove", "--key", str(key), "--account", "a").output)["public"]
    )


def test_the_registration_is_proved_for_one_account(key: Path) -> None:
    shown = json.loads(call("supervisor-key", "prove", "--key", str(key), "--account", "act_1").output)
    public, proof = bytes.fromhex(shown["public"]), bytes.fromhex(shown["proof"])
    assert ed25519.verify(public, supervisor_registration(supervisor="act_1", public=shown["public"]), proof)
    assert not ed25519.verify(public, supervisor_registration(supervisor="act_2", public=shown["public"]), proof)


def test_what_is_signed_is_for_one_draw_and_one_intent(key: Path) -> None:
    public = public_of(key)
    said = json.loads(call("supervisor-key", "sign-approval", "--key", str(key), *APPROVAL, "--reason", "废标").output)
    assert approval_key(said["signed"], "drw_1", 0) == public
    assert approval_key(said["signed"], "drw_1", 1) is None
    arguments = ("--key", str(key), *ORDER, "--seat", "CD34", "--seat", "AB12", "--seat", "AB12", "--reason", "核查")
    said = json.loads(call("supervisor-key", "sign-order", *arguments).output)
    assert (said["recipient"], said["seats"]) == ("rcp_1", ["AB12", "CD34"])
    order = condensed(said["signed"])
    assert order_key(order, draw="drw_1", intent=7, recipient=RECIPIENT, seats=["AB12", "CD34"]) == public
    assert order_key(order, draw="drw_1", intent=8, recipient=RECIPIENT, seats=["AB12", "CD34"]) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign-approval", *APPROVAL, "--reason", ""),
        ("sign-approval", *APPROVAL, "--reason", " 废标"),
        ("sign-approval", *APPROVAL, "--reason", "two\nlines"),
        ("sign-approval", *APPROVAL, "--reason", "因" * 501),
        ("sign-approval", *APPROVAL, "--reason", "\udcff"),
        ("sign-order", *ORDER, "--seat", "AB12", "--reason", ""),
        ("sign-order", *ORDER[:-1], "5F" * 32, "--seat", "AB12", "--reason", "核查"),
        ("sign-order", *ORDER[:-1], "5f", "--seat", "AB12", "--reason", "核查"),
    ],
    ids=["none", "a space before", "two lines", "too long", "no text", "order without", "capitals", "short key"],
)
def test_what_the_centre_would_refuse_is_not_signed(key: Path, arguments: tuple[str, ...]) -> None:
    name, *rest = arguments
    refused = call("supervisor-key", name, "--key", str(key), *rest)
    assert (refused.exit_code, type(refused.exception)) == (1, SystemExit)
    assert "signature" not in refused.output


def test_the_longest_reason_is_signed(key: Path) -> None:
    assert call("supervisor-key", "sign-approval", "--key", str(key), *APPROVAL, "--reason", "因" * 500).exit_code == 0


def test_with_a_wrong_passphrase_or_none_nothing_is_signed(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key.read_bytes()
    arguments = ("--key", str(key), *APPROVAL, "--reason", "废标")
    monkeypatch.setenv(PASSPHRASE, "another")
    assert call("supervisor-key", "sign-approval", *arguments).exit_code == 1
    monkeypatch.delenv(PASSPHRASE)
    for refused in (
        call("supervisor-key", "sign-approval", *arguments),
        call("supervisor-key", "new", "--key", str(key.with_name("other.key"))),
    ):
        assert refused.exit_code == 1
        assert PASSPHRASE in refused.output
    assert not key.with_name("other.key").exists()
    assert key.read_bytes() == before


def test_a_key_file_is_never_written_over(key: Path) -> None:
    before = key.read_bytes()
    assert call("supervisor-key", "new", "--key", str(key)).exit_code == 1
    assert key.read_bytes() == before
