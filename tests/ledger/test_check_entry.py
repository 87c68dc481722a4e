"""The fast check of an entry accepts and refuses exactly what reading it does, and for the same reason."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import entry as entries
from ledger.canonical import MAX_DEPTH, canonical
from ledger.entry import MAX_ENTRY_BYTES, NO_PREVIOUS, Draft, check_entry, make_entry, parse_entry
from ledger.errors import Malformed
from tests.ledger.json_values import MAX_INTEGER, TEXTS, VALUES, mutated, writings

FIELDS: dict[str, Any] = {
    "actor": "agency-7",
    "body": {"lot": "A1", "seats": [1, 2], "事由": "复核，"},
    "index": 4_711,
    "kind": "draw.intent",
    "prev": NO_PREVIOUS,
    "time": "2026-11-21T09:30:00.000005Z",
}
DATA = canonical(FIELDS)
BODIES = st.dictionaries(TEXTS, VALUES, max_size=3)


def outcome(check: Callable[[bytes], tuple[int, str]], data: bytes) -> tuple[Any, ...]:
    try:
        return check(data)
    except Malformed as error:
        return error, error.code, error.params


def read(data: bytes) -> tuple[int, str]:
    entry = parse_entry(data)
    return entry.index, entry.prev


def same(data: bytes) -> bool:
    """Whether the bytes are an entry, as both ways say."""
    fast, slow = outcome(check_entry, data), outcome(read, data)
    assert fast[-2:] == slow[-2:]
    return len(fast) == 2


DRAFTS = st.builds(
    Draft,
    st.from_regex(r"[a-z][a-z0-9-]{0,9}(\.[a-z][a-z0-9-]{0,9}){1,3}", fullmatch=True),
    st.from_regex(r"[!#-\[\]-~]{1,128}", fullmatch=True),
    st.datetimes(timezones=st.just(UTC)),
    BODIES,
)


@given(DRAFTS, st.integers(0, MAX_INTEGER), st.binary(min_size=32, max_size=32))
def test_entries(draft: Draft, index: int, previous: bytes) -> None:
    assert same(make_entry(draft, index, previous).data)


@given(mutated(DATA))
def test_changed_bytes(data: bytes) -> None:
    same(data)


@given(st.data(), BODIES)
def test_other_writings(data: st.DataObject, body: dict[str, Any]) -> None:
    same(data.draw(writings({**FIELDS, "body": body})).encode())


@given(st.data(), BODIES, st.sampled_from(sorted(FIELDS)), VALUES)
@example(None, {}, "index", -1)
def test_other_fields(data: Any, body: dict[str, Any], name: str, value: Any) -> None:
    same(canonical({**FIELDS, "body": body, name: value}))
    same(canonical({**FIELDS, "body": body, name + "s": value}))


@given(st.text("0123456789-T:.Z", min_size=20, max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"))
def test_other_times(time: str) -> None:
    same(DATA.replace(b"2026-11-21T09:30:00.000005Z", time.encode()))


@pytest.mark.parametrize(
    "time",
    ["2026-02-29T", "2028-02-29T", "0000-01-01T", "2026-13-01T", "2026-11-31T", "2026-11-21T2"],
)
def test_days(time: str) -> None:
    same(DATA.replace(b"2026-11-21T", time.encode()))


@pytest.mark.parametrize("depth", [1, 62, 63, 64, 65, 66, 500, 20_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth(depth: int, opening: bytes, closing: bytes) -> None:
    """The entry itself and its body are the first two levels."""
    inner = opening * depth + (b"0" if opening != b"[" else b"") + closing * depth
    data = DATA.replace(b'"lot":"A1"', b'"lot":' + inner)
    assert same(data) == (2 + depth <= MAX_DEPTH)


@pytest.mark.parametrize("index", ["0", "00", "01", "-1", "9" * 15, "1" + "0" * 15, str(MAX_INTEGER), "9" * 16, "1.0"])
def test_indexes(index: str) -> None:
    assert same(DATA.replace(b'"index":4711', b'"index":' + index.encode())) == (
        index in {"0", "9" * 15, "1" + "0" * 15, str(MAX_INTEGER)}
    )


@pytest.mark.parametrize(
    "kind", ["a.b", "a", "a.b.c", "a." + "b" * 61, "a." + "b" * 126, "a." + "b" * 127, "A.b", "a..b"]
)
def test_kinds(kind: str) -> None:
    same(DATA.replace(b'"draw.intent"', f'"{kind}"'.encode()))


@pytest.mark.parametrize(
    "body",
    [
        '{},"extra":{}',
        '{"a":1},"body":{"b":2}',
        '{"a":"}"}',
        '{"a":",\\"index\\":1"}',
        '{"a":{"index":1,"kind":"a.b"}}',
        '{"index":1}',
        "{}}",
        "{",
        "[]",
        '{"a":1}\n',
        '{"\U00010000":1,"\uff0c":2}',
        '{"\uff0c":2,"\U00010000":1}',
    ],
)
def test_bodies(body: str) -> None:
    assert same(DATA.replace(canonical(FIELDS["body"]), body.encode())) == (
        body in {'{"a":"}"}', '{"a":",\\"index\\":1"}', '{"a":{"index":1,"kind":"a.b"}}', '{"index":1}'}
        or body.startswith('{"\U00010000"')
    )


@pytest.mark.parametrize("more", [0, 1])
def test_length(more: int) -> None:
    room = MAX_ENTRY_BYTES - len(DATA) + more
    assert same(DATA.replace(b'"lot":"A1', b'"lot":"A1' + b"x" * room)) == (more == 0)


def test_an_ordinary_entry_goes_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(entries, "parse_entry")
    assert check_entry(DATA) == (4_711, NO_PREVIOUS)
