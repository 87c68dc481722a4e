"""Salted disclosures: what was hidden can be shown, nothing else can, and forgetting leaves the ledger whole."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.disclosure import (
    DIGESTS,
    SALT_BYTES,
    Disclosure,
    check_disclosure,
    commit,
    erase,
    make_disclosure,
    parse_disclosure,
)
from ledger.errors import Malformed, Refused
from tests.ledger.json_values import TEXTS, VALUES

NAMES = TEXTS.filter(lambda name: name not in (DIGESTS, "..."))
BODIES = st.dictionaries(NAMES, VALUES, max_size=4)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(BODIES, BODIES)
def test_each_hidden_field_can_be_shown(clear: dict[str, Any], hidden: dict[str, Any]) -> None:
    clear = {name: value for name, value in clear.items() if name not in hidden}
    body, disclosures = commit(clear, hidden)
    assert {name: value for name, value in body.items() if name != DIGESTS} == clear
    assert {disclosure.name: disclosure.value for disclosure in disclosures} == hidden
    for disclosure in disclosures:
        assert parse_disclosure(disclosure.encoded) == disclosure
        check_disclosure(body, disclosure)


def test_digests_are_sorted_and_salted() -> None:
    body, _ = commit({}, {f"field {number}": "same" for number in range(9)})
    again, _ = commit({}, {f"field {number}": "same" for number in range(9)})
    assert body[DIGESTS] == sorted(set(body[DIGESTS]))
    assert not set(body[DIGESTS]) & set(again[DIGESTS])
    assert commit({"a": 1}, {}) == ({"a": 1}, [])


def test_another_value_or_salt_was_not_committed_to() -> None:
    body, [told] = commit({"kind": "draw"}, {"winner": "A"})
    for other in (make_disclosure("winner", "B"), make_disclosure("winner", "A"), make_disclosure("loser", "A")):
        with pytest.raises(Refused) as refusal:
            check_disclosure(body, other)
        assert refusal.value.code == "disclosure.not-committed"
    check_disclosure(body, told)


@pytest.mark.parametrize("digests", [None, "X", {}, [], [1, None, {}]])
def test_a_body_without_the_digest(digests: Any) -> None:
    disclosure = make_disclosure("a", 1)
    for body in ({}, {DIGESTS: digests}, {DIGESTS: disclosure.digest}):
        with pytest.raises(Refused):
            check_disclosure(body, disclosure)
    check_disclosure({DIGESTS: [None, disclosure.digest]}, disclosure)


def test_forgetting() -> None:
    body, disclosures = commit({}, {"name": "张三", "phone": "1", "unit": "2"})
    kept = erase(disclosures, ["name", "phone", "nothing"])
    assert [disclosure.name for disclosure in kept] == ["unit"]
    assert len(body[DIGESTS]) == 3
    check_disclosure(body, kept[0])


def test_salts_have_128_bits() -> None:
    [salt, *_] = json.loads(base64.urlsafe_b64decode(make_disclosure("a", 1).encoded + "=="))
    assert len(base64.urlsafe_b64decode(salt + "==")) == SALT_BYTES == 16
    with pytest.raises(Malformed) as malformed:
        make_disclosure("a", 1, bytes(15))
    assert malformed.value.code == "disclosure.salt"
    assert make_disclosure("a", 1, bytes(16)).digest == make_disclosure("a", 1, bytes(16)).digest


@pytest.mark.parametrize("name", [DIGESTS, "..."])
def test_reserved_names(name: str) -> None:
    for refused in (
        lambda: make_disclosure(name, 1),
        lambda: parse_disclosure(encode(json.dumps(["salt", name, 1]).encode())),
        lambda: commit({name: 1}, {"a": 1}),
        lambda: commit({}, {name: 1}),
    ):
        with pytest.raises(Malformed) as malformed:
            refused()
        assert malformed.value.code == "disclosure.name"


def test_no_field_is_both_hidden_and_shown() -> None:
    with pytest.raises(Malformed):
        commit({"winner": "A"}, {"winner": "B"})
    body, [hidden] = commit({}, {"winner": "B"})
    with pytest.raises(Refused) as refusal:
        check_disclosure({**body, "winner": "A"}, hidden)
    assert refusal.value.code == "disclosure.name"


@pytest.mark.parametrize("value", [1.5, float("nan"), "\ud800", {1: 2}, object(), 2**53])
def test_values_that_a_ledger_does_not_hold(value: Any) -> None:
    with pytest.raises(Malformed):
        make_disclosure("a", value)


FOREIGN = [
    '["salt","a"]',
    '["salt","a",1,2]',
    '"abc"',
    '{"a":1,"b":2,"c":3}',
    "[1,2,3]",
    '["salt",2,3]',
    '[null,"a",1]',
]
FOREIGN += ["null", "1", "", "{", '["salt","a",NaN]', '["salt","a",Infinity]', '["salt","a",1e999]', "[" * 100_000]
FOREIGN += ['["salt","a",{"b":1,"b":2}]', '["salt","a","\\ud800"]', '["salt","\\udfff",1]', '\ufeff["salt","a",1]']


@pytest.mark.parametrize("text", FOREIGN, ids=lambda text: text[:30])
def test_texts_that_are_no_disclosure(text: str) -> None:
    with pytest.raises(Malformed):
        parse_disclosure(encode(text.encode()))


def test_only_utf8_and_one_encoding() -> None:
    good = make_disclosure("ab", "ü", bytes(range(16)))
    raw = base64.urlsafe_b64decode(good.encoded + "=" * (-len(good.encoded) % 4))
    assert parse_disclosure(encode(raw)) == good
    spellings = [good.encoded + "=", good.encoded + "==", good.encoded + "\n", " " + good.encoded, good.encoded + "é"]
    for encoded in [*spellings, encode(raw.decode().encode("utf-16")), encode(raw.replace("ü".encode(), b"\xfc"))]:
        with pytest.raises(Malformed):
            parse_disclosure(encoded)


def test_other_tools_may_write_spaces_and_fractions() -> None:
    text = '[ "salt", "height", 1.75 ]'
    assert parse_disclosure(encode(text.encode())) == Disclosure("height", 1.75, encode(text.encode()))
