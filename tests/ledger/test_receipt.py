"""Receipts: one entry, proven offline to whoever brings a policy."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint, SignedCheckpoint, parse_signed_checkpoint, sign_checkpoint
from ledger.cosignature import cosign
from ledger.entry import Draft, Entry, make_entry
from ledger.errors import LedgerError, Malformed, Refused
from ledger.policy import Policy, parse_policy
from ledger.receipt import HEADER, MAX_RECEIPT_BYTES, make_receipt, parse_hashes, parse_receipt
from tests.ledger.json_values import mutated
from tests.ledger.reference_merkle import ReferenceTree
from tests.ledger.signers import cosigner, signer

LOG, WITNESS = signer("example.com/log"), cosigner("example.org/witness")
POLICY = parse_policy(f"log {LOG.key}\nwitness W {WITNESS.key}\nquorum W\n".encode())
SIZE = 11


def entries() -> list[Entry]:
    made: list[Entry] = []
    for index in range(SIZE):
        draft = Draft("draw.intent", "agency-7", datetime(2026, 11, 21, 9, index, tzinfo=UTC), {"lot": index})
        made.append(make_entry(draft, index, made[-1].hash if made else None))
    return made


ENTRIES = entries()
TREE = ReferenceTree([entry.data for entry in ENTRIES])


def signed_at(size: int, tree: ReferenceTree = TREE) -> SignedCheckpoint:
    signed = sign_checkpoint(Checkpoint("example.com/log", size, tree.root(0, size)), LOG)
    return SignedCheckpoint(signed.checkpoint, signed.note.adding([cosign(signed, WITNESS, 1000)]))


RECEIPT = make_receipt(ENTRIES[4].data, 4, signed_at(SIZE), TREE.node)
DATA = RECEIPT.to_bytes()


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_every_entry_of_every_size(size: int) -> None:
    for index in range(size):
        receipt = make_receipt(ENTRIES[index].data, index, signed_at(size), TREE.node)
        assert parse_receipt(receipt.to_bytes()) == receipt
        entry, trust = receipt.check(POLICY)
        assert entry == ENTRIES[index]
        assert (trust.log, trust.cosigners, trust.quorum) == (LOG.key, {"W": 1000}, True)


def test_its_lines() -> None:
    header, extra, index, *proof, end = DATA.split(b"\n\n")[0].decode().split("\n")
    assert (header, index) == ("c2sp.org/tlog-proof@v1", "index 4")
    assert extra.startswith("extra ")
    assert len([*proof, end]) == len(RECEIPT.proof) == 4
    assert parse_signed_checkpoint(DATA.partition(b"\n\n")[2]) == RECEIPT.signed


def test_the_entry_may_travel_apart() -> None:
    bare = replace(RECEIPT, extra=b"")
    assert b"extra" not in bare.to_bytes()
    assert parse_receipt(bare.to_bytes()) == bare
    assert bare.check(POLICY, ENTRIES[4].data)[0] == ENTRIES[4]
    for receipt, data in [(bare, None), (bare, b""), (bare, ENTRIES[5].data), (RECEIPT, ENTRIES[5].data)]:
        with pytest.raises(Refused):
            receipt.check(POLICY, data)


def test_what_is_not_proven() -> None:
    for receipt in (
        replace(RECEIPT, index=5),
        replace(RECEIPT, index=SIZE),
        replace(RECEIPT, proof=RECEIPT.proof[:-1]),
        replace(RECEIPT, proof=(*RECEIPT.proof, bytes(32))),
        replace(RECEIPT, proof=RECEIPT.proof[::-1]),
        replace(RECEIPT, extra=ENTRIES[5].data),
        replace(RECEIPT, signed=signed_at(SIZE - 1)),
        replace(RECEIPT, signed=sign_checkpoint(RECEIPT.signed.checkpoint, LOG)),
        replace(RECEIPT, signed=sign_checkpoint(RECEIPT.signed.checkpoint, signer("example.com/other"))),
    ):
        with pytest.raises(Refused):
            receipt.check(POLICY)


def test_a_policy_comes_from_the_verifier() -> None:
    other = cosigner("example.org/other")
    for text in (f"log {LOG.key}\nwitness W {other.key}\nquorum W\n", f"witness W {WITNESS.key}\nquorum W\n"):
        with pytest.raises(Refused):
            RECEIPT.check(parse_policy(text.encode()))


def test_a_logged_entry_that_is_none() -> None:
    """The tree holds it, yet it is no entry, or says another place."""
    for data in (b"{}", b"not JSON", ENTRIES[3].data):
        tree = ReferenceTree([data])
        with pytest.raises(Malformed):
            make_receipt(data, 0, signed_at(1, tree), tree.node).check(POLICY)


def test_no_receipt_outside_the_tree() -> None:
    with pytest.raises(Refused):
        make_receipt(ENTRIES[4].data, 4, signed_at(4), TREE.node)


def check_changed(data: bytes, policy: Policy = POLICY) -> bool:
    """Whether changed bytes are still accepted; then nothing that is trusted may have changed."""
    try:
        receipt = parse_receipt(data)
        entry, trust = receipt.check(policy)
    except LedgerError:
        return False
    assert (entry, receipt.index) == (ENTRIES[4], 4)
    assert receipt.signed.checkpoint == RECEIPT.signed.checkpoint
    assert (trust.log, trust.cosigners) == (LOG.key, {"W": 1000})
    return True


def test_every_changed_byte() -> None:
    for place, byte in enumerate(DATA):
        for piece in [bytes([byte ^ 1 << bit]) for bit in range(8)] + [b"", b"\n", bytes([byte]) * 2]:
            changed = DATA[:place] + piece + DATA[place + 1 :]
            assert check_changed(changed) == (changed == DATA)


@given(mutated(DATA))
def test_changed_bytes(data: bytes) -> None:
    assert check_changed(data) == (data == DATA)


INDEX = b"\nindex 4\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (HEADER.encode(), b"c2sp.org/tlog-proof@v2"),
        (HEADER.encode() + b"\n", b""),
        (HEADER.encode() + b"\n", HEADER.encode() + b"\r\n"),
        (HEADER.encode(), b"\xef\xbb\xbf" + HEADER.encode()),
        (HEADER.encode(), "é".encode()),
        (b"\nextra ", b"\nextra\t"),
        (b"\nextra ", b"\nextra  "),
        (b"\nextra ", b"\nextra \nextra "),
        (b"\nextra ", b"\nExtra "),
        (b"\nextra ", b"\nextra YQ==\nextra "),
        *[
            (INDEX, b"\n%s\n" % line)
            for line in [b"index", b"index ", b"index 04", b"index -4", b"index +4", b"index 4 "]
        ],
        *[(INDEX, b"\n%s\n" % line) for line in [b"index  4", b"Index 4", b"index 4.0", b"index 9223372036854775808"]],
        (INDEX, b"\n"),
        (INDEX, INDEX * 2),
        (INDEX, INDEX + b"AA==\n"),
        (INDEX, INDEX + b"A" * 43 + b"\n"),
        (INDEX, INDEX + b"\n"),
        (b"\n\nexample", b"\nexample"),
        (b"\n\nexample", b"\n\n\nexample"),
    ],
)
def test_files_that_are_refused(old: bytes, new: bytes) -> None:
    changed = DATA.replace(old, new, 1)
    assert changed != DATA
    with pytest.raises(Malformed) as malformed:
        parse_receipt(changed)
    assert malformed.value.text("zh")


def test_an_empty_extra_line_is_left_out() -> None:
    line = DATA.split(b"\n")[1]
    with pytest.raises(Malformed):
        parse_receipt(DATA.replace(line, b"extra "))
    assert parse_receipt(DATA.replace(line + b"\n", b"")).extra == b""


def test_at_most_a_million_bytes() -> None:
    with pytest.raises(Malformed) as malformed:
        parse_receipt(DATA + b"a" * MAX_RECEIPT_BYTES)
    assert malformed.value.params == {"why": "too-large"}


@pytest.mark.parametrize("count", [0, 1, 63])
def test_hash_lines(count: int) -> None:
    line = "A" * 43 + "="
    assert parse_hashes([line] * count) == (bytes(32),) * count


@pytest.mark.parametrize(
    "lines",
    [["A" * 43 + "="] * 64, [""], ["A" * 43], ["A" * 42 + "B="], ["A" * 40], ["A" * 43 + "=", "é"]],
    ids=range(6),
)
def test_hash_lines_that_are_refused(lines: list[str]) -> None:
    with pytest.raises(Malformed):
        parse_hashes(lines)


@given(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_a_receipt_proves_one_entry(index: int, other: int) -> None:
    receipt = make_receipt(ENTRIES[index].data, index, RECEIPT.signed, TREE.node)
    claimed = replace(receipt, extra=ENTRIES[other].data)
    if index == other:
        assert claimed.check(POLICY)[0] == ENTRIES[index]
    else:
        with pytest.raises(Refused):
            claimed.check(POLICY)
