"""The fee clock from a day's own record: what the timeline gives is what RULES.md's cases count."""

from datetime import timedelta

import pytest

from expertpool.core.transaction import Transaction
from expertpool.draws.events import DrawRefilled
from expertpool.draws.models import Draw, Seat
from expertpool.identity.roles import Role
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, service
from expertpool.sessions.following import rules_of
from expertpool.sessions.queries import clock_of
from expertpool.sessions.sheets import day_record, paper_of
from expertpool.sessions.steps import Cause, StepKind
from policies.fee_clock import WHOLE, Breaks, Clock, Rounding, rounded, sittings, worked
from tests.sessions.days import FIRST, FOURTH, SECOND, THIRD, Day

HUNAN = Rounding(base=180, step=30)


def read(day: Day) -> tuple[Clock, Breaks]:
    with day.world.session() as session:
        return clock_of(session, day.session_id, day.now), rules_of(session, day.session_id).breaks()


def at_assembly(day: Day) -> None:
    """Have everybody come half an hour early and the review begin by the assembly."""
    day.begin()
    with day.world.session() as session:
        starts = session.get_one(EvaluationSession, day.session_id).starts
    day.wait(seconds=(starts - day.now).total_seconds())


def refill(day: Day, seat: str) -> None:
    """Have a seat's first vacancy drawn, as the vault does it."""

    def refilled(tx: Transaction) -> None:
        draw, row = tx.session.get_one(Draw, day.draw.id), tx.session.get_one(Seat, (day.draw.id, seat))
        row.vacancy += 1
        draw.move()
        digests = dict.fromkeys(("member", "record", "answer"), "00" * 32)
        tx.record(DrawRefilled(draw=draw.id, intent=0, vacancy=row.vacancy, seat=seat, attempts=1, **digests))

    day.rule(refilled)


def pause(day: Day, minutes: int, *, meal: bool = False) -> None:
    day.member(acts.take_break, FIRST, meal=meal)
    day.wait(minutes=minutes)
    day.member(acts.end_break, FIRST)


def test_two_days_with_a_short_break_a_long_meal_and_a_night(day: Day) -> None:
    at_assembly(day)
    day.wait(minutes=60)
    pause(day, 30)  # counts
    day.wait(minutes=150)
    pause(day, 31, meal=True)  # does not
    day.wait(minutes=89)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.stay_overnight(tx, day.session_id))
    day.wait(hours=13)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.end_overnight(tx, day.session_id))
    day.wait(minutes=61)
    for seat in (FIRST, SECOND, THIRD, FOURTH):
        day.member(acts.sign_report, seat)
    day.wait(hours=5)  # whatever happens after all have finished
    clock, breaks = read(day)
    assert sittings(clock, breaks) == (240 + 89, 61)
    assert rounded(worked(clock, breaks), HUNAN) == worked(clock, breaks) == 390
    assert all(worked(clock, breaks, clock.seats[day.key(seat)]) == 390 for seat in (FIRST, SECOND, THIRD, FOURTH))
    with day.world.session() as session:
        paper = paper_of(session, session.get_one(EvaluationSession, day.session_id))
    facts = dict(day_record(paper, lambda zh, _en: zh, centre="", address="").facts)
    assert facts["评审用时"] == "6 小时 30 分；各次 5 小时 29 分、1 小时 1 分"


def test_a_replacement_is_paid_from_coming_and_who_left_up_to_leaving(day: Day) -> None:
    at_assembly(day)
    day.wait(minutes=100)
    lost = day.key(FOURTH)
    day.replace(FOURTH)
    day.wait(minutes=40)
    day.assemble([FOURTH])
    came = day.key(FOURTH)
    assert came != lost
    day.wait(minutes=110)
    day.member(acts.redo, FOURTH)
    day.sign()
    clock, breaks = read(day)
    assert StepKind.MEMBER_REPLACED in day.kinds
    assert worked(clock, breaks, clock.seats[lost]) == 100
    assert worked(clock, breaks, clock.seats[came]) == 110
    assert worked(clock, breaks, WHOLE) == worked(clock, breaks, clock.seats[day.key(FIRST)]) == 250
    assert rounded(250, HUNAN) == 270


@pytest.mark.parametrize(("minutes", "late"), [(61, True), (59, False)])
def test_who_was_drawn_anew_before_the_assembly_is_paid_from_it_and_late_if_called_in_time(
    day: Day, minutes: int, *, late: bool
) -> None:
    with day.world.session() as session, session.begin():
        session.get_one(EvaluationSession, day.session_id).starts = day.now + timedelta(minutes=minutes)
    refill(day, FOURTH)
    day.wait(minutes=minutes)
    day.assemble([FIRST, SECOND, THIRD])
    day.wait(minutes=16)
    day.assemble([FOURTH])
    clock, breaks = read(day)
    assert worked(clock, breaks, clock.seats[day.key(FOURTH)]) == 16
    with day.world.session() as session:
        paper = paper_of(session, session.get_one(EvaluationSession, day.session_id))
    assert paper.late == ({day.key(FOURTH)} if late else set())


def test_while_somebody_has_not_signed_the_clock_runs(day: Day) -> None:
    at_assembly(day)
    day.wait(minutes=200)
    day.sign([FIRST, SECOND, THIRD])
    before, breaks = read(day)
    day.wait(minutes=15)
    assert worked(read(day)[0], breaks) == worked(before, breaks) + 15 == 215
    day.sign([FOURTH])
    day.wait(minutes=15)
    assert worked(read(day)[0], breaks) == 215


def test_who_was_late(day: Day) -> None:
    """More than fifteen minutes after the assembly, of those who were seated from the first."""
    with day.world.session() as session:
        starts = session.get_one(EvaluationSession, day.session_id).starts
    day.come(FIRST)
    day.wait(seconds=(starts - day.now).total_seconds() + 15 * 60)
    day.come(SECOND)
    day.wait(seconds=1)
    day.come(THIRD)
    day.replace(FOURTH, Cause.ABSENT)
    day.come(FOURTH)
    with day.world.session() as session:
        paper = paper_of(session, session.get_one(EvaluationSession, day.session_id))
    assert paper.late == {day.key(THIRD)}
    members, _ = day_record(paper, lambda zh, _en: zh, centre="", address="").sections
    assert {row[0] for row in members.rows if "迟到" in row[-1]} == {THIRD}


def test_a_sitting_of_more_than_eight_hours_is_marked(day: Day) -> None:
    at_assembly(day)
    day.world.clock.advance(timedelta(minutes=481))
    day.sign()
    with day.world.session() as session:
        assert paper_of(session, session.get_one(EvaluationSession, day.session_id)).sittings == [(481, True)]
