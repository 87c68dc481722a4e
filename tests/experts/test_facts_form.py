"""Facts as the fields of a form, and back."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from expertpool.experts import facts_form
from expertpool.experts.fact_schemas import FactsBody
from policies.facts import (
    Claim,
    Degree,
    Directorship,
    Employment,
    Interest,
    Kinship,
    Penalty,
    PenaltyKind,
    Post,
    Relation,
    Shareholding,
    Title,
    Unit,
)
from policies.facts import Expert as Facts
from tests.experts.browsing import manager, record_of, value_of
from tests.experts.desk import Desk
from tests.experts.pool import credit_code

FULL = Facts(
    practice_since=date(2000, 1, 1),
    title=Title.SENIOR,
    equivalent=False,
    degree=Degree.DOCTOR,
    area="430100",
    claims=(Claim("A010101"), Claim("B0101")),
    penalties=(Penalty(PenaltyKind.LEAK, date(2020, 1, 1), date(2021, 1, 1)), Penalty(PenaltyKind.BAD_RECORD)),
    employments=(Employment(Unit("甲", credit_code(1)), date(2001, 1, 1), date(2002, 2, 2)),),
    directorships=(Directorship(Unit("乙", credit_code(2)), Post.DIRECTOR),),
    shareholdings=(Shareholding(Unit("丙"), 125, controls=True, start=date(2001, 1, 1)),),
    kinships=(Kinship(Unit("丁"), Relation.IN_LAW, Post.PRINCIPAL, None, date(2022, 1, 1)),),
    interests=(Interest(Unit("戊")), Interest(project="P-1")),
)


@given(st.sets(st.sampled_from(sorted(facts_form.LISTS))), st.sets(st.sampled_from(sorted(facts_form.LISTS))))
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(unknown: set[str], none: set[str]) -> None:
    lists: dict[str, Any] = {**dict.fromkeys(none, ()), **dict.fromkeys(unknown)}
    known = FULL._replace(**lists)
    values, body = facts_form.given(facts_form.filled(known))
    assert values == {name: said for name, said in facts_form.filled(known).items() if said or name in values}
    assert FactsBody().load(body)["facts"] == known


def test_facts_are_amended(desk: Desk) -> None:
    expert_id = desk.enrol(1, kinships=None)
    browser, way = manager(desk), f"/pool/experts/{expert_id}"
    before = record_of(desk, expert_id)
    shown = facts_form.filled(before)
    assert browser.send(f"{way}/facts", {**shown, "ground": "核对"}).status_code == 303
    assert record_of(desk, expert_id) == before
    changed = {**shown, "kinships.0.unit.name": "甲公司", "kinships.0.unit.code": credit_code(8), "ground": "本人申报"}
    changed |= {"kinships.0.relation": "spouse", "kinships.0.post": "staff"}
    assert browser.send(f"{way}/facts", changed).status_code == 303
    kin = Kinship(Unit("甲公司", credit_code(8)), Relation.SPOUSE, Post.STAFF)
    assert record_of(desk, expert_id).kinships == (kin,)
    text = browser.get(way).text
    assert "甲公司" in text
    assert "本人申报" in text
    assert browser.send(f"{way}/facts", {**changed, "ground": ""}).status_code == 422


def test_what_somebody_else_has_changed_meanwhile_is_not_lost(desk: Desk) -> None:
    expert_id = desk.enrol(1)
    browser, way = manager(desk), f"/pool/experts/{expert_id}/facts"
    shown = {**facts_form.filled(record_of(desk, expert_id)), "ground": "核对"}
    revision = value_of(browser.get(way).text, "revision")
    assert browser.send(way, {**shown, "area": "430200", "revision": revision}).status_code == 303
    more = browser.send(way, {**shown, "revision": revision, "more": "kinships"})
    assert value_of(more.text, "revision") == revision
    late = browser.send(way, {**shown, "degree": "doctor", "revision": revision})
    assert late.status_code == 409
    assert "资料已有变动" in late.text
    assert record_of(desk, expert_id).area == "430200"
    again = {**shown, "degree": "doctor", "revision": value_of(late.text, "revision")}
    assert browser.send(way, again).status_code == 303
    assert record_of(desk, expert_id).degree is Degree.DOCTOR
