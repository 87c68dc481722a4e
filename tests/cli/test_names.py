"""``expertpool names``: a recipient makes a key, and reads what was released to it, without any centre."""

import json
import secrets
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.cli.names_command import PASSPHRASE
from expertpool.payouts.bank_sheet import as_csv, as_xlsx
from expertpool.payouts.instructions import INFO
from expertpool.payouts.provider import Payment
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


# Payments, for the bank

PAYMENT = {"id": "pay_1", "name": "王五", "account": "0000123412341234", "amount": 100_000, "remark": "劳务 pay_1"}


def batch_for(public: bytes, batch: str = "pmb_1") -> bytes:
    """A sealed batch, as finance is handed it."""
    plain = canonical({"batch": batch, "payments": [PAYMENT]}).ljust(1280)
    return canonical({"batch": batch, "sealed": seal_to(public, INFO + batch.encode(), plain).hex()})


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_the_bank_writes_the_sheet_of_a_batch(tmp_path: Path, suffix: str) -> None:
    key, file, out = tmp_path / "bank.key", tmp_path / "batch.json", tmp_path / f"batch.{suffix}"
    file.write_bytes(batch_for(make_key(key)))
    done = call("names", "payments", str(file), "--key", str(key), "--out", str(out))
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == {"xlsx": as_xlsx, "csv": as_csv}[suffix]([Payment(**PAYMENT)])  # type: ignore[arg-type]
    again = call("names", "payments", str(file), "--key", str(key), "--out", str(out))
    assert again.exit_code == 1, "nothing is overwritten"


@pytest.mark.parametrize("broken", [b"", b"{}", b'{"batch":"b","sealed":"zz"}'], ids=["empty", "nothing", "no-hex"])
def test_a_file_that_is_no_batch_is_refused(tmp_path: Path, broken: bytes) -> None:
    key, file, out = tmp_path / "bank.key", tmp_path / "batch.json", tmp_path / "out.xlsx"
    make_key(key)
    for content in (broken, batch_for(X25519PrivateKey.generate().public_key().public_bytes_raw())):
        file.write_bytes(content)
        refused = call("names", "payments", str(file), "--key", str(key), "--out", str(out))
        assert refused.exit_code == 1
        assert not out.exists()
