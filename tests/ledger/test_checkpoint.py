"""Checkpoints and cosignatures: one spelling each, and a signature over all of it."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import (
    MAX_SIZE,
    Checkpoint,
    parse_checkpoint,
    parse_decimal,
    parse_signed_checkpoint,
    sign_checkpoint,
)
from ledger.cosignature import MAX_TIMESTAMP, cosign, cosigned_at
from ledger.errors import LedgerError, Malformed, Refused
from ledger.note import Signature, verified_by
from tests.ledger.signers import cosigner, signer

LOG, WITNESS = signer("example.com/log"), cosigner("example.org/witness")
ROOT = bytes(range(32))
CHECKPOINT = Checkpoint("example.com/log", 20852163, ROOT)
SIGNED = sign_checkpoint(CHECKPOINT, LOG)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)


@given(LINES, st.integers(0, MAX_SIZE), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=3))
def test_what_was_signed_is_read(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    signed = sign_checkpoint(checkpoint, LOG)
    assert parse_checkpoint(checkpoint.text()) == checkpoint
    read = parse_signed_checkpoint(signed.to_bytes())
    assert read == signed
    assert (read.size, read.root) == (size, root)
    assert read.opened_by(LOG.key) == checkpoint


def test_every_changed_byte() -> None:
    data = SIGNED.to_bytes()
    for place, byte in enumerate(data):
        for piece in [bytes([byte ^ 1 << bit]) for bit in range(8)] + [b"", b"\n", bytes([byte]) * 2]:
            changed = data[:place] + piece + data[place + 1 :]
            if changed != data:
                with pytest.raises(LedgerError):
                    parse_signed_checkpoint(changed).opened_by(LOG.key)


def test_only_its_signer_opens_it() -> None:
    with pytest.raises(Refused) as refusal:
        SIGNED.opened_by(signer("example.com/other").key)
    assert refusal.value.code == "note.no-known-signature"


def text(origin: str = "a", size: str = "1", root: bytes | str = ROOT, *more: str) -> str:
    encoded = root if isinstance(root, str) else base64.b64encode(root).decode()
    return "".join(line + "\n" for line in (origin, size, encoded, *more))


ENCODED = base64.b64encode(ROOT).decode()
OTHER_ROOTS: list[bytes | str] = [b"", bytes(31), bytes(33), ENCODED[:-1], ENCODED + "=", ENCODED[:-2] + "9=", "é"]
BAD_TEXTS = ["", "\n", "a\n1\n", text()[:-1], text() + "\n", "\n" + text(), text("a", "1", ROOT, "", "b"), text("")]
BAD_TEXTS += [text("a", "1", root) for root in OTHER_ROOTS]


@pytest.mark.parametrize("bad", BAD_TEXTS, ids=ascii)
def test_texts_that_are_refused(bad: str) -> None:
    with pytest.raises(Malformed):
        parse_checkpoint(bad)


def test_a_text_that_is_no_checkpoint_is_refused_signed_or_not() -> None:
    with pytest.raises(Malformed):
        parse_signed_checkpoint(SIGNED.to_bytes().replace(b"\n20852163\n", b"\n020852163\n"))


@pytest.mark.parametrize(
    "checkpoint",
    [
        replace(CHECKPOINT, origin=""),
        replace(CHECKPOINT, origin="a\n1"),
        replace(CHECKPOINT, origin="a\tb"),
        replace(CHECKPOINT, origin="\ud800"),
        replace(CHECKPOINT, size=-1),
        replace(CHECKPOINT, size=MAX_SIZE + 1),
        replace(CHECKPOINT, root=bytes(31)),
        replace(CHECKPOINT, extensions=("",)),
        replace(CHECKPOINT, extensions=("a\nb",)),
    ],
)
def test_nothing_unreadable_is_signed(checkpoint: Checkpoint) -> None:
    with pytest.raises(Malformed):
        sign_checkpoint(checkpoint, LOG)


@pytest.mark.parametrize("number", [0, 1, 9, 10, 1234067, MAX_SIZE])
def test_decimals(number: int) -> None:
    assert parse_decimal(str(number)) == number


BAD_DECIMALS = ["", "-1", "-0", "+1", "00", "01", "1.0", "1e3", "1_0", " 1", "1 ", "1\n", "0x1", "²", "٣", "１"]
BAD_DECIMALS += [str(MAX_SIZE + 1), "9" * 19, "9" * 20, "9" * 5000]


@pytest.mark.parametrize("bad", BAD_DECIMALS, ids=lambda bad: ascii(bad[:25]) + str(len(bad)))
def test_texts_that_are_no_decimals(bad: str) -> None:
    with pytest.raises(Malformed):
        parse_decimal(bad)


@given(st.integers(1, MAX_TIMESTAMP))
def test_a_cosignature_tells_its_time(timestamp: int) -> None:
    made = cosign(SIGNED, WITNESS, timestamp)
    assert cosigned_at(made) == timestamp
    note = SIGNED.note.adding([made])
    assert verified_by(note, [WITNESS.key]) == [(WITNESS.key, made)]
    assert verified_by(parse_signed_checkpoint(note.to_bytes()).note, [LOG.key, WITNESS.key])[1] == (WITNESS.key, made)


def test_every_changed_bit_of_a_cosignature() -> None:
    made = cosign(SIGNED, WITNESS, 1679315147)
    number, size = int.from_bytes(made.value), len(made.value)
    for bit in range(size * 8):
        value = (number ^ 1 << bit).to_bytes(size)
        assert not WITNESS.key.verify(SIGNED.note.text, value)
    assert WITNESS.key.verify(SIGNED.note.text, made.value)


def test_a_cosignature_is_of_one_checkpoint() -> None:
    value = cosign(SIGNED, WITNESS, 1679315147).value
    for other in (
        replace(CHECKPOINT, size=7),
        replace(CHECKPOINT, extensions=("more",)),
        replace(CHECKPOINT, origin="b"),
    ):
        assert not WITNESS.key.verify(other.text(), value)


def test_the_two_algorithms_do_not_stand_for_each_other() -> None:
    """A log's plain signature is no cosignature, and the other way round, even by the same key."""
    plain, timed = signer("same"), cosigner("same")
    by_log = plain.sign(SIGNED.note.text).value
    by_witness = cosign(SIGNED, timed, 5).value
    for value in (by_log, bytes(8) + by_log, by_witness[8:]):
        assert not timed.key.verify(SIGNED.note.text, value)
    for value in (by_witness, by_witness[8:]):
        assert not plain.key.verify(SIGNED.note.text, value)
    with pytest.raises(Malformed):
        cosign(SIGNED, plain, 5)


@pytest.mark.parametrize("timestamp", [0, -1, MAX_TIMESTAMP + 1, 2**64 - 1, 2**64])
def test_times_that_are_not_stated(timestamp: int) -> None:
    with pytest.raises(Malformed):
        cosign(SIGNED, WITNESS, timestamp)
    if 0 <= timestamp < 2**64:
        with pytest.raises(Malformed):
            cosigned_at(Signature("a", bytes(4), timestamp.to_bytes(8) + bytes(64)))


@pytest.mark.parametrize("size", [0, 7, 8, 64, 71, 73])
def test_cosignatures_of_another_length(size: int) -> None:
    with pytest.raises(Malformed):
        cosigned_at(Signature("a", bytes(4), b"\x01" * size))
