"""The timeline that the system proposes and one clerk confirms once, and the fee clock that is read from it."""

from datetime import datetime, timedelta

import pytest

from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, errors, service, timeline
from expertpool.sessions.correcting import ALONE
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import DayStep
from expertpool.sessions.queries import clock_of, proposal
from expertpool.sessions.steps import StepKind
from expertpool.sessions.timeline import Moment
from policies.fee_clock import Breaks, Presence, Rounding, Stop, rounded, worked
from tests.sessions.days import FIRST, SECOND, Day

HUNAN = Breaks(30)
MINUTE = timedelta(minutes=1)


def close(day: Day, role: Role = Role.CENTRE_STAFF, **given: object) -> None:
    day.as_(role, lambda tx: service.close(tx, day.session_id, **given))  # type: ignore[arg-type]


def starts(day: Day) -> datetime:
    with day.world.session() as session:
        return session.get_one(EvaluationSession, day.session_id).starts


def test_one_clerk_confirms_once(day: Day) -> None:
    with pytest.raises(errors.NoSuchDay):
        close(day)
    day.begin()
    with pytest.raises(errors.WrongStep):
        close(day)
    day.report()
    for role in (Role.INITIATOR, Role.SUPERVISOR):
        with pytest.raises(NotPermitted):
            close(day, role)
    with pytest.raises(errors.DayMoved):
        close(day, revision=day.row.revision - 1)
    with day.world.session() as session:
        proposed = proposal(session, day.row)
    close(day, revision=day.row.revision)
    row = day.row
    assert row.confirmed is not None
    assert timeline.read(row.confirmed) == proposed
    assert (row.state, row.confirmed_by) == (DayState.CLOSED, day.world.site.actors[Role.CENTRE_STAFF].id)
    with pytest.raises(errors.WrongStep):
        close(day)
    assert day.kinds.count(StepKind.CLOSED) == 1


def test_corrections_are_steps_and_no_edits(day: Day) -> None:
    day.begin().wait(hours=1)
    begun = day.member(acts.take_break, FIRST)
    day.wait(minutes=40)
    ended = day.member(acts.end_break, FIRST)
    day.report()
    recorded = [(each.number, each.at) for each in day.steps]
    with pytest.raises(errors.ReasonNeeded):
        close(day, corrections={begun.number: begun.at})
    with pytest.raises(errors.StepUnknown):
        close(day, corrections={999: begun.at}, reason="误点")
    for own in (number for number, _ in recorded if day.steps[number - 1].kind not in ALONE):
        with pytest.raises(errors.SecondNeeded):
            close(day, corrections={own: begun.at}, reason="误点")
    for wrong in (ended.at + MINUTE, day.now + MINUTE, begun.at - timedelta(days=3)):
        with pytest.raises(errors.TimeOutside):
            close(day, corrections={begun.number: wrong}, reason="误点")
    assert [(each.number, each.at) for each in day.steps] == recorded  # nothing of what was refused stays
    close(day, corrections={begun.number: begun.at + 15 * MINUTE}, reason="误点")
    assert [(each.number, each.at) for each in day.steps[: len(recorded)]] == recorded
    (correction,) = [each for each in day.steps if each.corrects is not None]
    assert (correction.corrects, correction.kind, correction.reason) == (begun.number, begun.kind, "误点")
    (pause,) = day.standing.pauses
    assert (pause.begun, pause.ended) == (begun.at + 15 * MINUTE, ended.at)


def test_what_nobody_recorded_is_proposed_by_the_plan(day: Day) -> None:
    day.begin()
    steps = [each for each in day.steps if each.kind not in (StepKind.DISCIPLINE_READ, StepKind.BIDDERS_SHOWN)]
    planned = timeline.read(day.row.planned)
    proposed = {each.kind: each for each in timeline.proposed(planned, steps)}
    for kind in (StepKind.DISCIPLINE_READ, StepKind.BIDDERS_SHOWN):
        assert proposed[kind].number is None
        assert proposed[StepKind.ASSEMBLED].at <= proposed[kind].at <= proposed[StepKind.DECLARED].at
    assert proposed[StepKind.DECLARED].number is not None
    assert timeline.proposed(planned, steps[:2]) == (Moment(StepKind.ASSEMBLED, steps[0].at, 1),)  # no review yet


def test_a_replacement_does_not_move_what_preceded_the_review(day: Day) -> None:
    day.begin()
    with day.world.session() as session:
        before = [each for each in proposal(session, day.row) if each.kind is StepKind.DECLARED]
    day.wait(hours=1)
    day.replace(SECOND)
    day.come(SECOND, code="654321")
    day.declare(SECOND)
    with day.world.session() as session:
        after = [each for each in proposal(session, day.row) if each.kind is StepKind.DECLARED]
    assert after == before


def test_the_plan_has_lunch_where_it_falls_into_the_day(day: Day) -> None:
    day.come(FIRST)
    planned = timeline.read(day.row.planned)
    assert [each.at for each in planned] == sorted(each.at for each in planned)
    assert planned[0] == Moment(StepKind.ASSEMBLED, starts(day))
    assert StepKind.BREAK_BEGUN not in {each.kind for each in planned}  # it begins at two in the afternoon
    assert planned[-1].kind is StepKind.REPORT_SIGNED


def test_the_fee_clock_is_read_from_the_record(day: Day) -> None:
    """From the assembly to the last signature; a long break, a night and a suspension do not count."""
    day.begin()  # half an hour before the assembly
    day.wait(minutes=90)
    day.member(acts.take_break, FIRST)
    day.wait(minutes=31)
    day.member(acts.end_break, FIRST)
    day.wait(minutes=59)
    gone = day.key(SECOND)
    day.replace(SECOND)
    day.wait(minutes=60)
    day.come(SECOND, code="654321")
    day.declare(SECOND)
    day.member(acts.redo, SECOND)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.stay_overnight(tx, day.session_id))
    day.wait(hours=14)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.end_overnight(tx, day.session_id))
    day.wait(minutes=60)
    day.sign()
    day.wait(hours=5)  # the statement comes later, and is not waited for
    with day.world.session() as session:
        clock = clock_of(session, day.session_id, day.now)
        running = clock_of(session, day.session_id, day.now + timedelta(days=1))
    assert running == clock
    assert [pause.why for pause in clock.pauses] == [Stop.BREAK, Stop.OVERNIGHT]
    assert worked(clock, HUNAN) == 60 + 59 + 60 + 60
    assert clock.seats[day.key(FIRST)] == Presence()
    assert worked(clock, HUNAN, clock.seats[gone]) == 60 + 59
    assert worked(clock, HUNAN, clock.seats[day.key(SECOND)]) == 60
    assert rounded(worked(clock, HUNAN), Rounding(base=180, step=30)) == 240


def test_the_clock_runs_while_nobody_has_finished(day: Day) -> None:
    with day.world.session() as session, pytest.raises(errors.NoSuchDay):
        clock_of(session, day.session_id, day.now)
    day.begin().wait(minutes=40)
    with day.world.session() as session:
        assert worked(clock_of(session, day.session_id, day.now), HUNAN) == 10
        assert session.get_one(DayStep, (day.session_id, 1)).kind is StepKind.ASSEMBLED
