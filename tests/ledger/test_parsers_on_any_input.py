"""Every parser, given anything at all, returns a value or raises LedgerError: nothing else ever comes out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical, parse
from ledger.checkpoint import Checkpoint, parse_checkpoint, parse_decimal, parse_signed_checkpoint, sign_checkpoint
from ledger.cosignature import cosign, cosigned_at
from ledger.disclosure import make_disclosure, parse_disclosure
from ledger.entry import Draft, make_entry, parse_entry
from ledger.errors import LedgerError
from ledger.merkle import leaf_hash
from ledger.note import parse_note, parse_signature_line, parse_signer_key, parse_verifier_key
from ledger.policy import parse_policy
from ledger.receipt import Receipt, parse_hashes, parse_receipt
from ledger.tiles import Tile, bundle, join_bundle, parse_path, split_bundle, split_tile
from tests.ledger.json_values import mutated
from tests.ledger.signers import cosigner, signer, signer_key

T = TypeVar("T")

LOG, WITNESS = signer("example.com/log"), cosigner("example.org/witness")
ENTRY = make_entry(
    Draft("draw.intent", "a", datetime(2026, 11, 21, tzinfo=UTC), {"中": [1, None, "\U0001f600"]}), 0, None
)
SIGNED = sign_checkpoint(Checkpoint("example.com/log", 1, leaf_hash(ENTRY.data), ("more",)), LOG)
COSIGNATURE = cosign(SIGNED, WITNESS, 1000)
POLICY = f"# 注\nlog {LOG.key} url\nwitness A {WITNESS.key}\ngroup G any A\nquorum G\n"

ON_BYTES: dict[Callable[[bytes], object], bytes] = {
    parse: canonical({"a": [1, {"\ue000": True, "\U0001f600": None}], "b": "\n"}),
    parse_entry: ENTRY.data,
    parse_note: SIGNED.note.adding([COSIGNATURE]).to_bytes(),
    parse_signed_checkpoint: SIGNED.to_bytes(),
    parse_policy: POLICY.encode(),
    parse_receipt: Receipt(0, (), SIGNED, ENTRY.data).to_bytes(),
    lambda data: split_bundle(data, bundle(0, 2)): join_bundle([ENTRY.data, b"b"]),
    lambda data: split_tile(data, Tile(0, 0, 2)): bytes(64),
}
ON_TEXT: dict[Callable[[str], object], str] = {
    parse_checkpoint: SIGNED.checkpoint.text(),
    parse_decimal: "1234067",
    parse_disclosure: make_disclosure("name", {"a": [1, "é"]}).encoded,
    parse_signature_line: COSIGNATURE.line()[:-1],
    parse_verifier_key: str(LOG.key),
    parse_signer_key: signer_key("example.com/log"),
    parse_path: "tile/0/x001/x234/067.p/8",
    lambda text: parse_hashes(text.split("\n")): "\n".join(["A" * 43 + "="] * 2),
    lambda text: cosigned_at(parse_signature_line(text)): COSIGNATURE.line()[:-1],
}
ANY_TEXT = st.text(st.characters(), max_size=60) | st.text("0123456789+-=/AZaz \n—x.p", max_size=60)


def survives(parser: Callable[[T], object], value: T) -> None:
    try:
        parser(value)
    except LedgerError as error:
        texts = error.text("zh"), error.text("en")
    else:
        return
    assert all(text.isprintable() for text in texts)


@pytest.mark.parametrize("parser", ON_BYTES, ids=range(len(ON_BYTES)))
def test_the_examples_are_good_bytes(parser: Callable[[bytes], object]) -> None:
    assert parser(ON_BYTES[parser]) is not None


@pytest.mark.parametrize("parser", ON_TEXT, ids=range(len(ON_TEXT)))
def test_the_examples_are_good_text(parser: Callable[[str], object]) -> None:
    assert parser(ON_TEXT[parser]) is not None


@pytest.mark.parametrize("parser", ON_BYTES, ids=range(len(ON_BYTES)))
@given(data=st.data())
def test_any_bytes(parser: Callable[[bytes], object], data: st.DataObject) -> None:
    survives(parser, data.draw(st.binary(max_size=80) | mutated(ON_BYTES[parser])))


@pytest.mark.parametrize("parser", ON_TEXT, ids=range(len(ON_TEXT)))
@given(data=st.data())
def test_any_text(parser: Callable[[str], object], data: st.DataObject) -> None:
    changed = mutated(ON_TEXT[parser].encode()).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
    survives(parser, data.draw(ANY_TEXT | changed))


HUGE = [b"9" * 20_000, b"[" * 20_000, b'{"":' * 20_000, b"x" * 20_000, b"\n" * 20_000, b"+" * 20_000, b"A" * 20_000]
HUGE += [b"\xff" * 20_000, b"tile/0/" + b"x111/" * 4000 + b"000", "— ".encode() * 9000, b"group g all g\n" * 2000]


@pytest.mark.parametrize("data", HUGE, ids=range(len(HUGE)))
def test_huge_input(data: bytes) -> None:
    for on_bytes, good in ON_BYTES.items():
        survives(on_bytes, data)
        survives(on_bytes, good + data)
    text = data.decode("utf-8", "surrogateescape")
    for on_text, good_text in ON_TEXT.items():
        survives(on_text, text)
        survives(on_text, good_text + text)
