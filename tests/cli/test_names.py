"""``expertpool names``: a recipient makes a key, and reads what was released to it, without any centre."""

import json
import secrets
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.cli.names_command import PASSPHRASE
from expertpool.protocol.envelope import About, Envelope, Holders, open_with, seal_to, seal_to_holders
from expertpool.protocol.release import Place, Released, make_package
from ledger.canonical import canonical
from tests.cli.conftest import call
from tests.core.keyfiles import _derive_each_key_only_once

__all__ = ["_derive_each_key_only_once"]
DRAW, RELEASE = "drw_1", 7
SITTING = {"AB12": "王五", "CD34": "赵六"}


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch: pytest.MonkeyPatch, _derive_each_key_only_once: None) -> None:
    monkeypatch.setenv(PASSPHRASE, "secret")


def package_for(public: bytes) -> bytes:
    """What would be downloaded, sealed by a holder that is a set of its own."""
    holder = X25519PrivateKey.generate()
    holders = Holders({"khd_1": holder.public_key().public_bytes_raw()}, (("khd_1",),))

    def released(seat: str, name: str) -> Released:
        content = canonical({"line": 0, "name": name, "phone": secrets.token_hex(6), "seat": seat})
        about = About(DRAW, bytes(32), "record", seat, bytes(32), "2026-11-21T01:00:00.000000Z")
        envelope: Envelope = seal_to_holders(content, about, holders)
        key = envelope.peel(0, None, 0, lambda ciphertext, info: open_with(holder, ciphertext, info))
        return Released(seat, envelope.to_bytes(), seal_to(public, Place(DRAW, RELEASE, seat).info, key))

    return make_package(DRAW, RELEASE, "supervisor", public, [released(*each) for each in SITTING.items()])


def make_key(path: Path) -> bytes:
    made = call("names", "key", "--key", str(path))
    assert made.exit_code == 0, made.output
    return bytes.fromhex(made.output.strip())


@pytest.mark.parametrize("as_answered", [False, True], ids=["the package", "the API's answer"])
def test_a_recipient_reads_the_names_by_seat(tmp_path: Path, *, as_answered: bool) -> None:
    key, file = tmp_path / "desk.key", tmp_path / "release.json"
    package = package_for(make_key(key))
    file.write_bytes(json.dumps({"package": package.decode()}).encode() if as_answered else package)
    shown = call("names", "open", str(file), "--key", str(key))
    assert shown.exit_code == 0, shown.output
    for seat, name in SITTING.items():
        assert f"{seat}" in shown.output
        assert name in shown.output
    as_json = json.loads(call("names", "open", str(file), "--key", str(key), "--json").output)
    assert as_json == {"seats": [{"seat": seat, "line": 0, "name": name} for seat, name in SITTING.items()]}


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"package": 1}', b"\xff"], ids=str)
def test_what_is_not_for_this_key_or_not_whole_is_refused(tmp_path: Path, content: bytes | None) -> None:
    key, file = tmp_path / "desk.key", tmp_path / "release.json"
    make_key(key)
    file.write_bytes(package_for(make_key(tmp_path / "other.key")) if content is None else content)
    refused = call("names", "open", str(file), "--key", str(key))
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
    assert not set(SITTING.values()).intersection(refused.output.split())


def test_without_a_passphrase_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSPHRASE)
    assert call("names", "key", "--key", str(tmp_path / "desk.key")).exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    make_key(tmp_path / "desk.key")
    before = (tmp_path / "desk.key").read_bytes()
    assert call("names", "key", "--key", str(tmp_path / "desk.key")).exit_code == 1
    assert (tmp_path / "desk.key").read_bytes() == before
