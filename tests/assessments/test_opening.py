"""An assessment opens by rule, once, for whoever sat or should have, with what the record proposes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.opening import Openings
from expertpool.assessments.rules import AssessmentRules
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.queries import request_of
from expertpool.draws.rules import rulebook
from expertpool.identity.roles import Role
from expertpool.projects.models import Project
from expertpool.sessions import acts, membership, service
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.steps import Cause, StepKind
from policies.conduct_items import Party, SubjectKind
from policies.facts import CHINA
from tests.assessments.evaluated import EXPERTS, Evaluated, evaluated
from tests.sessions.days import FIRST, FOURTH, SECOND, THIRD, opened_day


@pytest.fixture
def session(sqlite_url: str, tmp_path: Path) -> Iterator[Evaluated]:
    """The report is signed; nothing is closed."""
    with evaluated(sqlite_url, tmp_path) as session:
        yield session


@pytest.fixture
def morning(sqlite_url: str, tmp_path: Path) -> Iterator[Evaluated]:
    """Nobody is there yet."""
    with opened_day(sqlite_url, tmp_path, experts=EXPERTS) as day:
        yield Evaluated(day.world, day.draw)


def opens(session: Evaluated) -> bool:
    return Openings(session.world.parts()).step()


def test_it_opens_once_day_and_draw_are_closed(session: Evaluated) -> None:
    assert not opens(session)
    session.as_(Role.CENTRE_STAFF, lambda tx: service.close(tx, session.session_id))
    assert not opens(session), "its draw is not closed"
    session.close_draw()
    other = supplementary(session)
    assert not opens(session), "a supplementary draw goes on"
    with session.world.session() as write, write.begin():
        write.get_one(Draw, other).state = DrawState.CANCELLED
    assert opens(session)
    opened = session.assessment
    assert (opened.state, opened.opened, opened.revealed) == (AssessmentState.OPEN, session.now, None)
    assert not opens(session), "once"
    (entry,) = session.world.bodies("assessment.opened")
    assert (entry["session"], entry["rulebook"]) == (session.session_id, opened.rulebook)
    assert "subjects" not in entry
    assert "proposals" not in entry


def supplementary(session: Evaluated) -> str:
    """A draw for a seat of the session that the first one could not fill."""
    with session.world.session() as write, write.begin():
        first = write.get_one(Draw, session.draw.id)
        copied = ("centre_id", "project_id", "session_id", "asked_by", "request", "due")
        other = Draw(
            id=f"drw_{'z' * 26}",
            state=DrawState.FILLING,
            supplementary=True,
            **{name: getattr(first, name) for name in copied},
        )
        write.add(other)
        return other.id


def test_a_void_day_is_not_assessed(session: Evaluated) -> None:
    session.as_(Role.SUPERVISOR, lambda tx: service.void(tx, session.session_id, reason="评审无效"))
    assert session.state() is DayState.VOID
    session.close_draw()
    assert not opens(session)


def test_everybody_who_sat_or_should_have_is_a_subject(morning: Evaluated) -> None:
    """One never comes and one falls ill: both are subjects, and whoever came for them."""
    session = morning
    session.assemble((FIRST, SECOND, THIRD))
    with session.world.session() as read:
        assembly = request_of(read.get_one(Draw, session.draw.id)).starts
    session.wait(seconds=(assembly - session.now).total_seconds() + 31 * 60)
    absent = session.key(FOURTH)
    session.rule(lambda tx: membership.lose(tx, session.session_id, absent, cause=Cause.ABSENT))
    replace_in(session, FOURTH)
    session.come(FOURTH)
    session.declare(FOURTH)
    for seat in (FIRST, SECOND, THIRD):
        session.member(acts.vote_chair, seat, FIRST)
    ill = session.key(SECOND)
    session.replace(SECOND, Cause.HEALTH)
    session.come(SECOND, code="654321")
    session.declare(SECOND)
    session.member(acts.redo, SECOND)
    session.report()
    session.close().open()
    subjects = {each.key: each for each in session.subjects if each.kind is SubjectKind.SEAT}
    here = {session.key(seat) for seat in (FIRST, SECOND, THIRD, FOURTH)}
    assert subjects.keys() == {*here, absent, ill}
    found = {(subject, item): step for subject, item, step in session.proposals()}
    assert found.keys() == {(subjects[absent].number, "absent"), (subjects[ill].number, "health")}
    for (subject, _), step in found.items():
        shown = next(each for each in session.steps if each.number == step)
        assert (shown.kind, shown.key) == (StepKind.MEMBER_LOST, session.subjects[subject - 1].key)
    assert not session.results, "a proposal scores nothing"
    assert not session.marks


def test_who_came_late_or_refused_to_sign_is_proposed(morning: Evaluated) -> None:
    session = morning
    session.assemble((FIRST, SECOND, THIRD))
    with session.world.session() as read:
        assembly = request_of(read.get_one(Draw, session.draw.id)).starts
    session.wait(seconds=(assembly - session.now).total_seconds() + 15 * 60 + 1)
    session.come(FOURTH)
    session.declare(FOURTH)
    for seat in (FIRST, SECOND, THIRD):
        session.member(acts.vote_chair, seat, FIRST)
    session.wait(hours=3)
    session.state_report()
    session.sign((FIRST, SECOND, FOURTH))
    session.as_(
        Role.CENTRE_STAFF, lambda tx: service.refuse_signature(tx, session.session_id, seat=THIRD, reason="拒签")
    )
    session.close().open()
    proposed = [(subject, item) for subject, item, _ in session.proposals()]
    late, refused = session.subject(FOURTH), session.subject(THIRD)
    assert proposed == sorted([(late, "late"), (refused, "fee-demand")])
    for party in Party:
        session.give(party)
    session.reveal()
    assert {each.deduction for each in session.results} == {0}, "what no party deducts for is not scored"


def test_the_agency_and_whoever_handled_the_project_are_subjects(session: Evaluated) -> None:
    session.close().open()
    agency, person = session.subjects[-2:]
    assert (agency.kind, agency.label, agency.key) == (SubjectKind.AGENCY, "某招标代理有限公司", None)
    assert (person.kind, person.unit) == (SubjectKind.AGENCY_PERSON, agency.unit)
    assert person.label == session.world.site.actors[Role.INITIATOR].code


def test_without_an_agency_only_the_seats_are_subjects(session: Evaluated) -> None:
    with session.world.session() as write, write.begin():
        project = write.get_one(Project, session.draw.project_id)
        project.parties = [each for each in project.parties if each.role != "agency"]
    session.close().open()
    assert {each.kind for each in session.subjects} == {SubjectKind.SEAT}


DAYS = [
    pytest.param(datetime(2026, 11, 23, 1, tzinfo=UTC), date(2026, 11, 26), id="on Monday: to the end of Wednesday"),
    pytest.param(datetime(2026, 11, 26, 15, 59, tzinfo=UTC), date(2026, 12, 1), id="on Thursday, a minute to midnight"),
    pytest.param(datetime(2026, 11, 26, 16, tzinfo=UTC), date(2026, 12, 2), id="a minute later it is Friday in China"),
    pytest.param(datetime(2026, 9, 30, 1, tzinfo=UTC), date(2026, 10, 10), id="before the national holiday"),
    pytest.param(datetime(2031, 1, 6, 1, tzinfo=UTC), None, id="in a year whose calendar nobody knows"),
]


@pytest.mark.parametrize(("opened", "first_day_without"), DAYS)
def test_sheets_are_due_by_working_days(opened: datetime, first_day_without: date | None) -> None:
    rules = AssessmentRules(rulebook("hunan", date(2026, 11, 22)), "govproc")
    closes = rules.closes(opened)
    if first_day_without is None:
        assert closes is None
    else:
        assert closes is not None
        assert closes.astimezone(CHINA) == datetime.combine(first_day_without, datetime.min.time(), CHINA)


def test_the_kept_rules_are_those_of_the_opening(session: Evaluated) -> None:
    session.close().open()
    kept = AssessmentRules.kept(session.assessment.form)
    with session.world.session() as read:
        drawn = request_of(read.get_one(Draw, session.draw.id))
    book = AssessmentRules.in_force(drawn, "tender", date(2026, 12, 1))
    assert session.assessment.rulebook == book.book.digest
    for kind in SubjectKind:
        assert kept.offers(kind) == book.offers(kind)
        assert kept.weights(kind) == book.weights(kind)
    assert kept.closes(session.now) == book.closes(session.now) == session.assessment.due
    assert AssessmentRules.kept(kept.written()) == kept


def test_a_book_without_such_rules_leaves_them_to_the_national_one(session: Evaluated) -> None:
    with session.world.session() as read:
        drawn = replace(request_of(read.get_one(Draw, session.draw.id)), rulebook="roster-demo", regime="roster")
    rules = AssessmentRules.in_force(drawn, "tender", date(2026, 12, 1))
    assert rules.regime == "tender"
    assert rules.book == rulebook("national", date(2026, 12, 1))
    assert rules.offers(SubjectKind.SEAT)


def replace_in(session: Evaluated, seat: str) -> None:
    """Somebody else accepts a seat whose member never came."""
    with session.world.session() as write, write.begin():
        row = write.get_one(Seat, (session.draw.id, seat))
        row.vacancy, row.state = row.vacancy + 1, SeatState.ACCEPTED
