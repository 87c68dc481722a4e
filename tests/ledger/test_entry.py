"""Entries: what one may hold, its exact bytes, and the chain to the entry before."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical
from ledger.entry import MAX_ENTRY_BYTES, NO_PREVIOUS, Draft, format_time, make_entry, parse_entry
from ledger.errors import Malformed
from ledger.merkle import leaf_hash
from tests.ledger.json_values import TEXTS, VALUES, mutated

TIME = datetime(2026, 11, 21, 9, 30, 0, 5, UTC)
DRAFT = Draft("draw.intent", "agency-7", TIME, {"lot": "A1", "seats": [1, 2]})
FIRST = make_entry(DRAFT, 0, None)
FIELDS = {
    "actor": "agency-7",
    "body": {"lot": "A1", "seats": [1, 2]},
    "index": 0,
    "kind": "draw.intent",
    "prev": NO_PREVIOUS,
    "time": "2026-11-21T09:30:00.000005Z",
}
MOMENTS = st.datetimes(timezones=st.just(UTC))


def with_field(name: str, value: Any) -> bytes:
    return canonical({**FIELDS, name: value})


def refusal(data: bytes) -> Malformed:
    with pytest.raises(Malformed) as malformed:
        parse_entry(data)
    return malformed.value


def test_an_entry_s_bytes() -> None:
    assert FIRST.data == canonical(FIELDS)
    assert FIRST.hash == leaf_hash(FIRST.data)
    assert parse_entry(FIRST.data) == FIRST


def test_the_chain() -> None:
    second = make_entry(DRAFT, 1, FIRST.hash)
    assert (second.index, second.prev) == (1, FIRST.hash.hex())
    assert FIRST.prev == NO_PREVIOUS


@given(
    MOMENTS, st.integers(0, 2**53 - 1), st.dictionaries(TEXTS, VALUES, max_size=3), st.binary(min_size=32, max_size=32)
)
def test_what_was_made_is_read(time: datetime, index: int, body: dict[str, Any], previous: bytes) -> None:
    entry = make_entry(Draft("a.b", "!~", time, body), index, previous)
    assert parse_entry(entry.data) == entry
    assert datetime.fromisoformat(entry.time) == time


@given(mutated(FIRST.data))
def test_changed_bytes_are_refused_or_another_entry(data: bytes) -> None:
    try:
        entry = parse_entry(data)
    except Malformed:
        return
    assert entry.data == data
    assert (entry.hash == FIRST.hash) == (data == FIRST.data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("actor", actor) for actor in ["", "a b", "张三", "a" * 129, "a\n", None, 1]],
        ("body", None),
        ("body", [{}]),
        ("body", ""),
        *[("index", index) for index in [-1, True, "0", None]],
        *[
            ("kind", kind)
            for kind in ["", "draw", "Draw.intent", "draw.", ".intent", "draw..x", "1.2", "a.b ", "a.b\n"]
        ],
        *[("kind", kind) for kind in ["a." + "b" * 127, "draw.张", 1, None]],
        *[("prev", prev) for prev in ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 63 + "\n", None]],
        *[("time", time) for time in ["", None, 0, "2026-11-21", "2026-11-21T09:30:00Z", "2026-11-21T09:30:00.00000Z"]],
        *[("time", f"2026-11-21T{time}Z") for time in ["24:00:00.000000", "09:60:00.000000", "23:59:60.000000"]],
        *[("time", f"{day}T09:30:00.000000Z") for day in ["2026-02-29", "2026-13-01", "2026-11-00", "0000-01-01"]],
        *[("time", f"2026-11-21T09:30:00.000005{zone}") for zone in ["", "z", "+00:00", "+08:00", "ZZ", "Z\n"]],
        ("time", "２026-11-21T09:30:00.000005Z"),
    ],
)
def test_fields_that_are_not_allowed(name: str, value: Any) -> None:
    error = refusal(with_field(name, value))
    assert (error.code, error.params["field"]) == ("entry.field", name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("actor", actor) for actor in ["!" * 128, "~"]],
        *[("kind", kind) for kind in ["a." + "b" * 126, "a1-.b.c"]],
        *[("time", time) for time in ["2024-02-29T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z"]],
        ("index", 2**53 - 1),
        ("body", {}),
    ],
)
def test_fields_at_the_edge(name: str, value: Any) -> None:
    assert parse_entry(with_field(name, value)).data == with_field(name, value)


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_must_be_there(name: str) -> None:
    value = {key: value for key, value in FIELDS.items() if key != name}
    assert refusal(canonical(value)).code == "entry.fields"


@pytest.mark.parametrize("value", [{**FIELDS, "note": 1}, [FIELDS], "actor", None, {}])
def test_no_other_shape(value: Any) -> None:
    assert refusal(canonical(value)).code == "entry.fields"


def test_the_longest_entry() -> None:
    room = MAX_ENTRY_BYTES - len(with_field("body", {"a": ""}))
    longest = make_entry(Draft(DRAFT.kind, DRAFT.actor, TIME, {"a": "x" * room}), 0, None)
    assert len(longest.data) == MAX_ENTRY_BYTES
    assert parse_entry(longest.data) == longest
    with pytest.raises(Malformed) as malformed:
        make_entry(Draft(DRAFT.kind, DRAFT.actor, TIME, {"a": "x" * (room + 1)}), 0, None)
    assert malformed.value.params == {"size": MAX_ENTRY_BYTES + 1}
    assert refusal(with_field("body", {"a": "x" * (room + 1)})).code == "entry.too-long"


@pytest.mark.parametrize(
    "draft",
    [
        Draft("draw", "a", TIME, {}),
        Draft("a.b", "a b", TIME, {}),
        Draft("a.b", "a", TIME.replace(tzinfo=None), {}),
        Draft("a.b", "a", TIME, {"amount": 1.5}),
        Draft("a.b", "a", TIME, {"when": TIME}),
        Draft("a.b", "a", TIME, {"name": "\ud800"}),
    ],
)
def test_drafts_that_are_not_allowed(draft: Draft) -> None:
    with pytest.raises(Malformed):
        make_entry(draft, 0, None)


@pytest.mark.parametrize(("index", "previous"), [(-1, None), (1, b""), (1, bytes(31)), (1, bytes(33))])
def test_places_that_are_not_allowed(index: int, previous: bytes | None) -> None:
    with pytest.raises(Malformed):
        make_entry(DRAFT, index, previous)


def test_times_are_written_in_utc() -> None:
    beijing = timezone(timedelta(hours=8))
    assert format_time(datetime(2026, 11, 21, 1, 0, tzinfo=beijing)) == "2026-11-20T17:00:00.000000Z"
    assert format_time(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"
    with pytest.raises(Malformed):
        format_time(datetime(1, 1, 1, tzinfo=beijing))


def test_a_zone_without_an_offset_is_naive() -> None:
    class Nowhere(tzinfo):
        def utcoffset(self, _: datetime | None) -> None:
            return None

        dst = tzname = utcoffset

    with pytest.raises(Malformed):
        format_time(TIME.replace(tzinfo=Nowhere()))
