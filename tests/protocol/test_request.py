"""The request and the decisions: what the intent commits to reads back as it was written."""

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from expertpool.protocol import commitments
from expertpool.protocol.decisions import NOTHING, Decider, Extra, read_extra
from expertpool.protocol.errors import Malformed
from expertpool.protocol.request import DrawRequest, Representative, SeatLine, Site, read_request
from ledger.canonical import canonical
from policies.facts import Employment, Engagement, Expert, Request, Suspension, Unit
from policies.library import shipped

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
REQUEST = DrawRequest(
    draw="drw_1",
    centre="ctr_1",
    session="ses_1",
    regime="tender",
    project="E4301000001000001",
    lots=("E4301000001000001001",),
    method="open_tender",
    budget=1,
    owners=(Unit("市城投", "124300004448800001"),),
    agencies=(),
    supervising=(Unit("市住建局"),),
    recused=(),
    recused_persons=0,
    draw_at=NOW,
    opens_at=NOW,
    starts=NOW,
    expected_minutes=240,
    overnight=False,
    sites=(Site("430102", "第三评标室"),),
    lines=(SeatLine(("A08",), 4, 0),),
    retained=0,
    owner_representatives=(Representative(date(2026, 11, 30), in_writing=True),),
    complex=False,
    high_impact=False,
    rulebook="demo-centre",
)


@pytest.mark.parametrize("request_", [REQUEST, REQUEST.decided(NOW, "home")])
def test_a_request_reads_as_it_was_written(request_: DrawRequest) -> None:
    assert read_request(request_.plain()) == request_


@pytest.mark.parametrize(
    "changed",
    [{"draw_at": "tomorrow"}, {"lines": 4}, {"more": 1}, {"owners": [{"name": "x"}]}, {"decided_at": "2026-12-01"}],
)
def test_anything_else_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_request({**REQUEST.plain(), **changed})


def test_a_request_has_a_rung_before_anyone_is_decided() -> None:
    book = shipped().rulebook("demo-centre", date(2026, 12, 1))
    with pytest.raises(Malformed):
        REQUEST.for_rules(book)
    home = REQUEST.decided(NOW, "home").for_rules(book)
    assert (home.areas, home.decided_at) == (("430100",), NOW)


def test_commitments_are_as_the_specification_says() -> None:
    def tagged(name: bytes, data: bytes) -> str:
        return sha256(b"expertpool:draw/v1:" + name + b"\x00" + data).hexdigest()

    salt, key = bytes(16), bytes(32)
    assert commitments.request_digest(salt, REQUEST.plain()).hex() == tagged(
        b"request", salt + canonical(REQUEST.plain())
    )
    assert commitments.seed_digest(key).hex() == tagged(b"seed", key)
    assert commitments.member_digest(salt, key).hex() == tagged(b"member", salt + key)
    assert commitments.answer_digest(salt, "7K3Q").hex() == tagged(b"answer", salt + b"7K3Q")
    named = b"\x00\x00\x00\x05khd_a"
    assert commitments.contribution_digest(key, "khd_a", b"pi").hex() == tagged(b"contribution", key + named + b"pi")


def test_lots_are_told_apart_and_known_again() -> None:
    code = commitments.lot_code(bytes(32), "P", "L")
    assert code == commitments.lot_code(bytes(32), "P", "L")
    others = [
        commitments.lot_code(bytes(32), "PL", ""),
        commitments.lot_code(bytes(32), "P", "M"),
        commitments.lot_code(b"\x01" * 32, "P", "L"),
    ]
    assert code not in others


ROSTER = shipped().rulebook("roster-demo", date(2026, 12, 1))
ALLOWED = Expert(employments=(Employment(Unit("甲公司")),))


def asked() -> Request:
    decided = replace(REQUEST, regime="roster").decided(NOW, "home")
    return decided.for_rules(ROSTER)


def test_a_decision_says_what_was_known_and_why() -> None:
    decides = Decider(ROSTER, "roster", asked())
    decided = decides.decide(ALLOWED)
    assert (decided.lines, decided.groups) == ((0,), ((1, "甲公司"),))
    assert decided.document == canonical(
        {
            "facts": {"engagements": [], "former": False, "named": False},
            "findings": [],
            "groups": [[1, "甲公司"]],
            "lines": [0],
            "outcome": "allowed",
        }
    )
    blank = decides.decide(Expert(employments=(Employment(Unit("")),)))
    assert (blank.lines, blank.groups) == ((), ())
    assert b'"rule":"roster.employer"' in blank.document


def test_a_former_member_is_passed_over_whatever_the_rules_say() -> None:
    decided = Decider(ROSTER, "roster", asked()).decide(ALLOWED, Extra(former=True))
    assert decided.lines == ()
    assert b'"rule":"draw.former"' in decided.document


@pytest.mark.parametrize(
    "extra",
    [
        NOTHING,
        Extra((Engagement(date(2026, 12, 1), ("A", "B")),), former=True, named=True),
        Extra(suspensions=(Suspension(date(2026, 12, 1), date(2027, 3, 1)), Suspension(date(2027, 1, 1), None))),
    ],
    ids=["nothing", "sits", "suspended"],
)
def test_extras_read_as_they_were_written(extra: Extra) -> None:
    assert read_extra(extra.plain()) == extra


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"engagements": [], "former": False},
        {"engagements": [["x", []]], "former": False, "named": False},
        {"engagements": [], "former": False, "named": False, "suspensions": []},
        {"engagements": [], "former": False, "named": False, "suspensions": [["2026-12-01"]]},
        {"engagements": [], "former": False, "named": False, "suspensions": [["2026-12-01", "x"]]},
        None,
    ],
    ids=["empty", "half", "no-day", "none-said", "no-end", "no-date", "nothing"],
)
def test_misshapen_extras_are_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        read_extra(value)
