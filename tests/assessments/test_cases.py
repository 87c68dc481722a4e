"""Cases by seat: proposed, handed over, decided; what binds in the vault at once, and in the pool when names open."""

import json
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from expertpool.assessments import case_errors as errors
from expertpool.assessments import cases
from expertpool.assessments.case_lifecycle import CaseState, Ground, Measure
from expertpool.assessments.consequences import decision_entry, propose_years
from expertpool.assessments.models import Case, Notice, Result
from expertpool.core.reconcile import reconcile
from expertpool.draws.models import Assignment, SeatSuspension
from expertpool.experts.lifecycle import Status
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from policies.facts import Suspension, day_of
from tests.assessments.consequent import DEPARTMENT, STAFF, Consequent
from tests.draws.dump import read_tables

DOCUMENT = "cd" * 32


def test_a_rule_proposes_by_seat_and_the_department_decides(consequent: Consequent) -> None:
    consequent.reveal()
    (case,) = consequent.cases
    assert (case.ground, case.state, case.proposal) == (Ground.AT_ONCE, CaseState.PROPOSED, Measure.SUSPENSION)
    assert (case.proposed_by, case.proposed_months, case.subject) == (None, 6, 1)
    assert not consequent.follow(), "once"
    session, begin = consequent.session, consequent.session.as_
    with pytest.raises(errors.CaseWrongStep):
        begin(DEPARTMENT, lambda tx: cases.decide(tx, case.id, measure=Measure.WARNING, reason="尚未移送"))
    with pytest.raises(NotPermitted):
        begin(DEPARTMENT, lambda tx: cases.hand_over(tx, case.id))
    begin(STAFF, lambda tx: cases.hand_over(tx, case.id))
    for role in (STAFF, Role.SUPERVISOR, Role.INITIATOR):
        with pytest.raises(NotPermitted):
            begin(role, lambda tx: cases.decide(tx, case.id, measure=Measure.WARNING, reason="查实"))
    for measure, months in ((Measure.SUSPENSION, None), (Measure.SUSPENSION, 5), (Measure.WARNING, 3)):
        with pytest.raises(errors.TermUnknown) as refused:
            begin(DEPARTMENT, partial(cases.decide, case_id=case.id, measure=measure, months=months, reason="x"))
        assert refused.value.field == "months"
    decided = begin(DEPARTMENT, lambda tx: cases.decide(tx, case.id, measure=Measure.WARNING, reason="情节轻微"))
    assert (decided.state, decided.measure, decided.start) == (CaseState.DECIDED, Measure.WARNING, None)
    with pytest.raises(errors.CaseWrongStep):
        begin(DEPARTMENT, lambda tx: cases.decide(tx, case.id, measure=Measure.REMOVAL, reason="再次"))
    with session.world.session() as read:
        assert read.scalars(select(SeatSuspension)).all() == []
        assert {each.about for each in read.scalars(select(Notice).where(Notice.subject == 1))} == {"result", case.id}
    for kind in ("case.proposed", "case.decided"):
        (body,) = session.world.bodies(kind)
        assert body.keys() - {"rows"} == {"_sd", "centre"}, "nothing else is in the clear"


def test_a_clean_session_leads_to_nothing_and_staff_may_propose(consequent: Consequent) -> None:
    session = consequent.session.all_give()
    assert session.reveal()
    assert consequent.follow()
    assert consequent.cases == []
    given: dict[str, Any] = {"measure": Measure.SUSPENSION, "months": 3, "reason": "见证人员反映"}
    case = session.as_(STAFF, lambda tx: cases.propose(tx, session.session_id, 2, **given))
    assert (case.ground, case.proposed_by is None) == (Ground.STAFF, False)
    with pytest.raises(errors.CaseThere):
        session.as_(STAFF, lambda tx: cases.propose(tx, session.session_id, 2, **given))
    for subject in (5, 6):  # the agency and its person: no draw keeps them out
        with pytest.raises(errors.NotAssessed):
            session.as_(STAFF, partial(cases.propose, session_id=session.session_id, subject=subject, **given))
    with pytest.raises(NotPermitted):
        session.as_(DEPARTMENT, lambda tx: cases.propose(tx, session.session_id, 3, **given))
    withdrawn = session.as_(STAFF, lambda tx: cases.withdraw(tx, case.id, reason="查无实据"))
    assert withdrawn.state is CaseState.WITHDRAWN


def test_a_lead_takes_no_points_and_is_a_case_for_removal(consequent: Consequent) -> None:
    consequent.reveal(item="leak", points=0)
    (case,) = consequent.cases
    assert (case.ground, case.proposal, case.proposed_months) == (Ground.LEAD, Measure.REMOVAL, None)
    assert [each.score for each in consequent.session.results[:1]] == [10_000]


def test_a_suspension_by_seat_keeps_the_person_out_of_the_very_next_draw_to_its_last_day(
    consequent: Consequent,
) -> None:
    """Three months: it binds from the decision's day on, while the vault alone knows who it is, and ends by itself."""
    consequent.reveal()
    expert, other = consequent.experts[:2]
    assert consequent.is_eligible(expert, day_of(consequent.now) + timedelta(days=1))
    case = consequent.decided(months=3)
    today = day_of(consequent.now)
    last = date(2027, 3, today.day)
    assert (case.start, case.until) == (today, last)
    assert not consequent.follow(), "the names are not open: the pool has nothing"
    assert consequent.standing(expert) == (Status.ENROLLED, ())
    assert not consequent.is_eligible(expert, today + timedelta(days=1))
    assert consequent.is_eligible(other, today + timedelta(days=1))
    assert not consequent.is_eligible(expert, last), "the last day is still one"
    assert consequent.is_eligible(expert, last + timedelta(days=1))
    consequent.assign()
    assert consequent.follow(), "the pool keeps what was decided"
    assert consequent.follow(), "and that it is over"
    assert not consequent.follow()
    assert consequent.standing(expert) == (Status.REINSTATED, (Suspension(today, last),))
    assert consequent.is_eligible(expert, last + timedelta(days=2)), "nothing has to settle"


def test_once_names_are_open_the_pool_has_it_with_the_decisions_entry(consequent: Consequent) -> None:
    consequent.reveal()
    case, expert = consequent.decided(), consequent.experts[0]
    assert case.until is None, "six months: until the return is granted"
    consequent.assign()
    assert consequent.follow()
    assert not consequent.follow(), "once"
    assert case.start is not None
    assert consequent.standing(expert) == (Status.SUSPENDED, (Suspension(case.start, None),))
    with consequent.world.session() as session:
        entry = decision_entry(session, case.id)
        bound = session.get_one(SeatSuspension, case.id)
        assert bound.applied == consequent.now
    applied, changed = consequent.world.sealing.entries()[-2:]
    assert (changed["kind"], applied["kind"]) == ("expert.changed", "case.applied")
    assert consequent.world.sealing.entries()[entry]["kind"] == "case.decided"
    assert not consequent.is_eligible(expert, day_of(consequent.now) + timedelta(days=1))
    found = reconcile(consequent.world.site.service.engine)
    assert {each.table for each in found} <= {"draws", "draw_seats", "draw_assignments"}, "what the test itself wrote"


def test_the_way_back_from_six_months_and_from_twelve(consequent: Consequent) -> None:
    """On application and pledge, and from the long term on with a test; never before the last day is over."""
    consequent.reveal()
    case, expert = consequent.decided(months=12), consequent.experts[0]
    consequent.assign()
    consequent.follow()

    def granted(**papers: str) -> Case:
        return consequent.session.as_(
            DEPARTMENT, lambda tx: cases.grant_return(tx, case.id, reason="准予恢复", **papers)
        )

    last = date(2027, 12, 2)
    for day in (day_of(consequent.now), last):
        consequent.project(day)
        with pytest.raises(errors.ReturnRefused):
            granted(application=DOCUMENT, test=DOCUMENT)
    consequent.project(last + timedelta(days=1))
    for papers in ({}, {"test": DOCUMENT}, {"application": DOCUMENT}):
        with pytest.raises(errors.ReturnRefused):
            granted(**papers)
    assert granted(application=DOCUMENT, test=DOCUMENT).state is CaseState.RETURNED
    assert consequent.follow()
    status, pauses = consequent.standing(expert)
    assert (status, [pause.until for pause in pauses]) == (Status.REINSTATED, [last])
    assert not consequent.follow()
    settled = day_of(consequent.now) + timedelta(days=7)
    assert not consequent.is_eligible(expert, settled - timedelta(days=1)), "what favours counts after some days"
    assert consequent.is_eligible(expert, settled)


def test_a_removal_is_for_good_and_a_suspension_can_be_revoked(consequent: Consequent) -> None:
    consequent.reveal()
    case, expert = consequent.decided(), consequent.experts[0]
    revoked = consequent.session.as_(DEPARTMENT, lambda tx: cases.revoke(tx, case.id, reason="申诉成立"))
    assert revoked.state is CaseState.REVOKED
    assert consequent.is_eligible(expert, day_of(consequent.now) + timedelta(days=1))
    given: dict[str, Any] = {"measure": Measure.REMOVAL, "reason": "泄露评审情况"}
    removal = consequent.session.as_(STAFF, lambda tx: cases.propose(tx, consequent.session.session_id, 1, **given))
    consequent.session.as_(STAFF, lambda tx: cases.hand_over(tx, removal.id))
    consequent.session.as_(DEPARTMENT, lambda tx: cases.decide(tx, removal.id, **given))
    assert not consequent.is_eligible(expert, day_of(consequent.now) + timedelta(days=1))
    consequent.assign()
    assert consequent.follow()
    assert consequent.standing(expert)[0] is Status.REMOVED
    with pytest.raises(errors.RemovedForGood):
        consequent.session.as_(DEPARTMENT, lambda tx: cases.revoke(tx, removal.id, reason="误判"))


def test_a_year_adds_up_over_projects_of_a_person_and_not_of_a_seat(consequent: Consequent) -> None:
    """Two projects, each below what is enough at once; together above what a year takes."""
    consequent.reveal(points=14)
    assert consequent.cases == []
    consequent.assign()
    with consequent.session.transactions.begin("svc:vault") as tx:
        propose_years(tx, consequent.experts)
    assert consequent.cases == []
    other = consequent.session.subjects[1]
    with consequent.world.session() as session, session.begin():  # the second project: as if the same person sat here
        assert other.key is not None
        session.get_one(Assignment, tuple(other.key)).expert_id = consequent.experts[0]
        session.get_one(Result, (other.session_id, 2)).deduction = 1_100
    for _ in range(2):
        with consequent.session.transactions.begin("svc:vault") as tx:
            propose_years(tx, [consequent.experts[0]])
    (case,) = consequent.cases
    assert (case.ground, case.proposed_months) == (Ground.YEAR, 6)
    assert sorted(json.loads(case.rests_on)) == [f"{other.session_id}/1", f"{other.session_id}/2"]


def test_before_the_names_are_open_no_row_of_a_case_names_anybody(consequent: Consequent) -> None:
    consequent.reveal()
    consequent.decided()
    tables = read_tables(consequent.path)
    written = [tables[name] for name in ("assessment_cases", "assessment_notices", "draw_seat_suspensions")]
    assert all(written)
    for row in (row for rows in written for row in rows):
        assert not any(expert in str(value) for expert in consequent.experts for value in row.values())
    images = [str(row["data"]) for row in tables["ledger_images"] if str(row["row_table"]).startswith("assessment_")]
    assert images
    assert not any(expert in image for expert in consequent.experts for image in images)
