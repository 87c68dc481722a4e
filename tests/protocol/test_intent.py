"""The intent as its entry shows it: read back as written, and every member that is wrong is named."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from expertpool.protocol.envelope import Holders
from expertpool.protocol.errors import Malformed
from expertpool.protocol.intent import KIND, Beacon, Constraint, Contributor, Intent, read_intent
from ledger.entry import Draft, Entry, make_entry

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
INTENT = Intent(
    draw="drw_1",
    centre="ctr_1",
    request=bytes(32),
    lots=(b"\x01" * 32, b"\x02" * 32),
    first=None,
    rulebook=b"\x03" * 32,
    roster_centre="ctr_1",
    roster_origin="own",
    roster_size=7,
    table=b"\x04" * 32,
    seats=(3, 2),
    constraints=(Constraint(1, 1),),
    retained=(),
    contributors=(Contributor("khd_a", 3, b"\x05" * 32), Contributor("khd_b", 4, b"\x06" * 32)),
    alternates=(Contributor("khd_c", 5, b"\x07" * 32),),
    required=2,
    step_seconds=120,
    deadline=NOW,
    max_attempts=10_000,
    vacancies=20,
    vault=b"\x08" * 32,
    holders=Holders({"khd_a": b"\x09" * 32, "khd_b": b"\x0a" * 32}, (("khd_a", "khd_b"),)),
    not_before=NOW,
    beacon=Beacon(b"\x0b" * 32, 4_000_000),
)


def entry(body: dict[str, Any], kind: str = KIND) -> Entry:
    return make_entry(Draft(kind, "svc:vault", NOW, body), 0, None)


@pytest.mark.parametrize(
    "intent",
    [
        INTENT,
        replace(INTENT, beacon=None, first=0, alternates=(), constraints=(), retained=(bytes(32),)),
        replace(INTENT, lots=(bytes(32),), seats=(1,)),
    ],
)
def test_an_intent_reads_as_it_was_written(intent: Intent) -> None:
    assert read_intent(entry(intent.shown())) == intent


WRONG: list[tuple[str, Any]] = [
    ("algorithm", "panel/v2"),
    ("draw", ""),
    ("request", "00"),
    ("request", "AA" * 32),
    ("lots", []),
    ("lots", [b"\x02".hex() * 32, b"\x01".hex() * 32]),
    ("lots", ["00" * 32, "00" * 32]),
    ("first", -1),
    ("first", "0"),
    ("pool", {"centre": "ctr_1", "origin": "own", "size": True}),
    ("pool", []),
    ("seats", []),
    ("seats", [0, 0]),
    ("seats", [1] * 33),
    ("seats", [-1]),
    ("constraints", [{"cap": 0, "kind": 1}]),
    ("constraints", [{"cap": 1, "kind": 256}]),
    ("constraints", [{"cap": 1, "kind": 1}, {"cap": 2, "kind": 1}]),
    ("constraints", [{"cap": 1}]),
    ("retained", ["00" * 32, "00" * 32]),
    ("contributors", [{"organisation": "khd_a", "registered": 3, "vrf": "05" * 32}]),
    ("contributors", [{"organisation": "khd_a", "registered": 3}]),
    ("required", 1),
    ("required", 3),
    ("deadline", "2026-12-01 01:00"),
    ("deadline", "2026-12-01T01:00:00Z"),
    ("max_attempts", 0),
    ("max_attempts", 2**32),
    ("vault", "08"),
    ("holders", {"keys": {}, "sets": []}),
    ("holders", {"keys": {"khd_a": "09" * 32}, "sets": [["khd_a", "khd_b"]]}),
    ("holders", {"keys": {"khd_a": "09" * 32, "khd_b": "0a" * 32}, "sets": [["khd_b", "khd_a"]]}),
    ("beacon", {"chain": "0b" * 32, "round": 0}),
    ("beacon", {"chain": "0b" * 32, "round": 2**32}),
    ("beacon", "none"),
]


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_wrong_member_is_refused_by_name(member: str, value: Any) -> None:
    with pytest.raises(Malformed) as refused:
        read_intent(entry({**INTENT.shown(), member: value}))
    assert refused.value.params["field"] == member
    assert member in refused.value.text("zh")
    assert member in refused.value.text("en")


@pytest.mark.parametrize("member", sorted(INTENT.shown()))
def test_a_missing_member_is_refused(member: str) -> None:
    body = INTENT.shown()
    del body[member]
    with pytest.raises(Malformed):
        read_intent(entry(body))


@pytest.mark.parametrize("keys", ["organisation", "vrf"])
def test_one_organisation_or_key_cannot_contribute_twice(keys: str) -> None:
    twin = replace(INTENT.alternates[0], **{keys: getattr(INTENT.contributors[0], keys)})
    with pytest.raises(Malformed):
        read_intent(entry(replace(INTENT, alternates=(twin,)).shown()))


def test_another_kind_of_entry_is_no_intent() -> None:
    with pytest.raises(Malformed):
        read_intent(entry(INTENT.shown(), kind="draw.completed"))
