"""The fast check of an entry accepts and refuses exactly what reading it does, and for the same reason."""

from datetime import UTC
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import entry as entries
from ledger.canonical import MAX_DEPTH, canonical
from ledger.entry import MAX_ENTRY_BYTES, NO_PREVIOUS, Draft, check_entries, make_entry, parse_entry
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


def outcome(data: bytes) -> tuple[Any, ...]:
    """What reading the entry says: index and ``prev``, or what is wrong."""
    try:
        entry = parse_entry(data)
    except Malformed as error:
        return error.code, error.params
    return entry.index, entry.prev


def fast(*items: bytes) -> list[tuple[Any, ...]]:
    return [
        (checked.code, checked.params) if isinstance(checked, Malformed) else checked
        for checked in check_entries(items)
    ]


def same(data: bytes) -> bool:
    """Whether the bytes are an entry, as both ways say, also beside one that is."""
    expected = outcome(data)
    assert fast(data) == [expected]
    assert fast(DATA, data) == [outcome(DATA), expected]
    return isinstance(expected[0], int)


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


def test_ordinary_entries_go_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(entries, "parse_entry")
    other = DATA.replace(b"4711", b"4712").replace(b"draw.intent", b"draw.vacancy.filled")
    assert check_entries([DATA, other]) == [(4_711, NO_PREVIOUS), (4_712, NO_PREVIOUS)]
    assert check_entries([]) == []


@given(st.lists(mutated(DATA) | st.just(DATA), max_size=5))
def test_several(items: list[bytes]) -> None:
    assert fast(*items) == [outcome(data) for data in items]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('{"a":1},{"b":2}', '{"c":3}'),  # one too many
        ('{"a":[{}', "{}]}"),  # only together a body
        ('{"a":"}', '{"}'),
        ('{"a":1},{"b":2},{"a":"}', '{"}'),  # as many as there should be, but not each one
        ('{"a":[{}', '{}]},{"b":2}'),
        ('{"a":1', '"b":2}'),
    ],
)
def test_bodies_that_are_sound_only_together(first: str, second: str) -> None:
    """Written side by side these would pass; each must be a body by itself."""
    items = [DATA.replace(canonical(FIELDS["body"]), body.encode()) for body in (first, second)]
    assert fast(*items) == [outcome(data) for data in items]
    assert isinstance(fast(*items)[0][0], str)
