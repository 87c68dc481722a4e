"""Canonical JSON: the fast way to parse it accepts exactly what RFC 8785 writes, within what a ledger holds."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.canonical import MAX_DEPTH, MAX_INTEGER, canonical, parse
from ledger.errors import Malformed
from tests.ledger.json_values import VALUES, mutated, writings


def holds_fraction(value: Any) -> bool:
    if isinstance(value, dict):
        return any(holds_fraction(item) for item in value.values())
    return any(holds_fraction(item) for item in value) if isinstance(value, list) else isinstance(value, float)


def is_canonical(data: bytes) -> bool:
    """Whether a ledger may hold the bytes, told the slow way."""
    try:
        value = json.loads(data.decode("utf-8"))
        return not holds_fraction(value) and rfc8785.dumps(value) == data
    except (ValueError, rfc8785.CanonicalizationError):
        return False


def check(data: bytes) -> None:
    if is_canonical(data):
        value = parse(data)
        assert value == json.loads(data)
        assert canonical(value) == data  # equality takes True for 1; bytes do not
    else:
        with pytest.raises(Malformed):
            parse(data)


@given(VALUES)
def test_what_was_written_is_read(value: Any) -> None:
    data = canonical(value)
    assert data == rfc8785.dumps(value)
    assert parse(data) == value
    check(data)


@given(st.data(), VALUES)
def test_other_writings_of_a_value(data: st.DataObject, value: Any) -> None:
    check(data.draw(writings(value)).encode())


@given(st.data(), VALUES)
def test_changed_bytes(data: st.DataObject, value: Any) -> None:
    check(data.draw(mutated(rfc8785.dumps(value))))


@given(
    VALUES,
    st.fixed_dictionaries(
        {
            "ensure_ascii": st.booleans(),
            "sort_keys": st.booleans(),
            "indent": st.sampled_from([None, 0, 1]),
            "separators": st.sampled_from([(",", ":"), (", ", ":"), (",", ": ")]),
        }
    ),
)
def test_other_settings_of_the_usual_writer(value: Any, settings: dict[str, Any]) -> None:
    check(json.dumps(value, **settings).encode())


@given(st.binary(max_size=40))
@example(b"")
def test_any_bytes(data: bytes) -> None:
    check(data)


NUMBERS = ["-0", "00", "01", "+1", "1.0", "1.5", "1e3", "1E3", "-", ".5", "0x1", "NaN", "Infinity", "-Infinity", "1_0"]
NUMBERS += ["٣", "1e400", "9" * 5000, "-" + "9" * 5000]
STRINGS = [
    "'a'",
    '"\\x"',
    '"a',
    '"\t"',
    '"\\/"',
    '"\\u0061"',
    '"\\u001F"',
    '"\\u000a"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
]
SHAPES = ["[1,]", "[,1]", "[1 ]", '{"a":1,}', '{"a":1,"a":1}', '{"b":1,"a":1}', "{1:1}", '{"\ue000":1,"\U0001f600":1}']
AROUND = ["", " 1", "1 ", "1\n", "1 1", "1//", "\ufeff1", "True", "nul"]


@pytest.mark.parametrize("text", [*NUMBERS, *STRINGS, *SHAPES, *AROUND], ids=lambda text: ascii(text[:20]))
def test_not_canonical(text: str) -> None:
    assert not is_canonical(text.encode())
    check(text.encode())


@pytest.mark.parametrize("data", [b"\xff", b'"\xed\xa0\x80"', b'"\xc0\x80"', '"a"'.encode("utf-16")])
def test_not_utf8(data: bytes) -> None:
    with pytest.raises(Malformed) as malformed:
        parse(data)
    assert malformed.value.code == "json.not-utf8"


@pytest.mark.parametrize("around", ["%s", "[%s]", '{"a":%s}', '[{"a":[0,%s]}]'])
def test_keys_are_sorted_by_utf16(around: str) -> None:
    in_order, by_code_point = '{"\U0001f600":1,"\ue000":2}', '{"\ue000":2,"\U0001f600":1}'
    data = (around % in_order).encode()
    assert canonical(json.loads(around % by_code_point)) == data
    check(data)
    with pytest.raises(Malformed):
        parse((around % by_code_point).encode())


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER])
def test_integers_have_bounds(number: int) -> None:
    assert parse(canonical(number)) == number
    too_large = number + (1 if number > 0 else -1)
    for refused in (lambda: canonical(too_large), lambda: parse(str(too_large).encode())):
        with pytest.raises(Malformed) as malformed:
            refused()
        assert malformed.value.code == "json.number"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_has_a_bound(opening: str) -> None:
    closing = "]" if opening == "[" else "}"

    def nested(depth: int) -> str:
        return opening * depth + ("0" if opening != "[" else "") + closing * depth

    deepest = nested(MAX_DEPTH)
    check(deepest.encode())
    assert canonical(json.loads(deepest)) == deepest.encode()
    for depth in (MAX_DEPTH + 1, 500, 100_000):
        with pytest.raises(Malformed) as malformed:
            parse(nested(depth).encode())
        assert malformed.value.code == "json.depth"
    with pytest.raises(Malformed):
        canonical(json.loads(nested(MAX_DEPTH + 1)))


def test_width_has_no_bound() -> None:
    check(b"[" + b"[]," * 10_000 + b"[]]")
    check(canonical("[{" * 100))


FOREIGN: list[Any] = [1.0, float("nan"), float("inf"), 2**53, 10**5000, b"", {1: 1}, {None: 1}, {1, 2}, object()]
FOREIGN += ["\ud800", {"\udfff": 1}, ["\ud83d", "\ude00"], [[{"a": 1.0}]]]


@pytest.mark.parametrize("value", FOREIGN, ids=range(len(FOREIGN)))
def test_what_a_ledger_does_not_hold(value: Any) -> None:
    for foreign in (value, [value], {"a": value}):
        with pytest.raises(Malformed) as malformed:
            canonical(foreign)
        assert malformed.value.text("zh")


def test_a_value_that_holds_itself() -> None:
    loop: list[Any] = []
    loop += [loop, loop]
    with pytest.raises(Malformed):
        canonical(loop)


def test_tuples_are_written_as_arrays() -> None:
    assert canonical((1, ("a", None))) == b'[1,["a",null]]'
