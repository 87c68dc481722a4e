"""What others published about these formats (vectors/SOURCES.md says who), and what this library makes of it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from ledger.canonical import canonical, parse
from ledger.checkpoint import parse_signed_checkpoint
from ledger.cosignature import cosigned_at
from ledger.disclosure import check_disclosure, parse_disclosure
from ledger.errors import Malformed, Refused
from ledger.merkle import verify_consistency, verify_inclusion
from ledger.note import parse_note, parse_signer_key, parse_verifier_key, sign_note, verified_by

VECTORS = Path(__file__).parent / "vectors"


def load(name: str) -> Any:
    text = (VECTORS / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if name.endswith("l") else json.loads(text)


def decode(text: str | None) -> bytes:
    return base64.b64decode(text or "")


INCLUSION = load("merkle-inclusion.jsonl")
CONSISTENCY = load("merkle-consistency.jsonl")
JCS = load("jcs.json")
KEYS = load("signed-note-keys.json")
C2SP = load("c2sp.json")


def test_the_sets_are_whole() -> None:
    assert (len(INCLUSION), len(CONSISTENCY), len(JCS)) == (98, 98, 6)


@pytest.mark.parametrize("case", INCLUSION, ids=lambda case: case["case"])
def test_inclusion(case: dict[str, Any]) -> None:
    proof = [decode(node) for node in case["proof"] or []]
    arguments = (case["leafIdx"], case["treeSize"], decode(case["leafHash"]), proof, decode(case["root"]))
    if case["wantErr"]:
        with pytest.raises(Refused):
            verify_inclusion(*arguments)
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("case", CONSISTENCY, ids=lambda case: case["case"])
def test_consistency(case: dict[str, Any]) -> None:
    proof = [decode(node) for node in case["proof"] or []]
    arguments = (case["size1"], case["size2"], proof, decode(case["root1"]), decode(case["root2"]))
    if case["wantErr"]:
        with pytest.raises(Refused):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)


@pytest.mark.parametrize("case", JCS, ids=lambda case: case["case"])
def test_the_library_below_writes_rfc_8785(case: dict[str, Any]) -> None:
    assert rfc8785.dumps(json.loads(case["input"])).decode() == case["canonical"]


# Two of the six inputs hold numbers with a point or an exponent, which no ledger holds. In structures.json it is 56.0,
# so its canonical form is one that a ledger may hold; values.json stays foreign.


@pytest.mark.parametrize("case", [case for case in JCS if case["case"] != "values.json"], ids=lambda case: case["case"])
def test_canonical_form_is_rfc_8785(case: dict[str, Any]) -> None:
    data = case["canonical"].encode()
    assert canonical(parse(data)) == data
    assert canonical(json.loads(case["input"].replace("56.0", "56"))) == data
    with pytest.raises(Malformed):
        parse(case["input"].encode())


def test_canonical_form_holds_no_fractions() -> None:
    values = next(case for case in JCS if case["case"] == "values.json")
    for refused in (lambda: parse(values["canonical"].encode()), lambda: canonical(json.loads(values["input"]))):
        with pytest.raises(Malformed):
            refused()


def test_note_keys() -> None:
    signer, key = parse_signer_key(KEYS["skey"]), parse_verifier_key(KEYS["vkey"])
    assert signer.key == key
    assert str(key) == KEYS["vkey"]
    assert [found for found, _ in verified_by(sign_note("text\n", signer), [key])] == [key]


@pytest.mark.parametrize("text", KEYS["bad_vkeys"])
def test_bad_note_keys(text: str) -> None:
    with pytest.raises(Malformed):
        parse_verifier_key(text)


def test_the_specification_s_note() -> None:
    note, key = parse_note(C2SP["note"].encode()), parse_verifier_key(C2SP["note_vkey"])
    assert note.text == "This is an example message.\n"
    assert [found for found, _ in verified_by(note, [key])] == [key]
    assert note.to_bytes() == C2SP["note"].encode()


def test_the_specification_s_cosigned_checkpoint() -> None:
    signed = parse_signed_checkpoint(C2SP["cosigned_checkpoint"].encode())
    assert (signed.checkpoint.origin, signed.size) == ("example.com/behind-the-sofa", 20852163)
    by_log, by_witness = signed.note.signatures
    assert by_log.name == signed.checkpoint.origin
    assert by_witness.name == "witness.example.com/w1"
    assert cosigned_at(by_witness) == C2SP["cosigned_at"]
    assert signed.to_bytes() == C2SP["cosigned_checkpoint"].encode()


def test_salted_disclosure() -> None:
    vector = load("salted-disclosure.json")
    disclosure = parse_disclosure(vector["disclosure"])
    assert (disclosure.name, disclosure.value) == ("family_name", "Möbius")
    assert disclosure.digest == vector["sha256_b64url"]
    check_disclosure({"_sd": [vector["sha256_b64url"]]}, disclosure)
