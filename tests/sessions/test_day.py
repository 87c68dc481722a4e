"""The ordinary day: who does what, what follows by rule, and what is refused because it is out of order or twice."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from expertpool.core.jobs import Job
from expertpool.core.reconcile import reconcile
from expertpool.core.transaction import Transaction
from expertpool.draws import service as draws
from expertpool.draws.lifecycle import DrawState
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.errors import DayBegun
from expertpool.sessions import acts, errors, jobs, membership, notes, service
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key
from expertpool.sessions.steps import Cause, StepKind
from tests.sessions.days import FIRST, FOURTH, SECOND, THIRD, Day
from tests.sessions.room import SEATS


def test_the_first_to_come_opens_the_day_and_its_plan_is_put_off_no_more(day: Day) -> None:
    day.come(FIRST)
    assert day.state() is DayState.ASSEMBLING
    assert day.kinds == [StepKind.ASSEMBLED, StepKind.SIGNED_IN]
    with pytest.raises(DayBegun):
        day.as_(Role.CENTRE_STAFF, lambda tx: projects.postpone_session(tx, day.session_id, reason="停电"))
    with pytest.raises(DayBegun):
        day.as_(Role.INITIATOR, lambda tx: projects.cancel_session(tx, day.session_id, reason="停电"))


def test_signing_in_again_changes_nothing(day: Day) -> None:
    code = day.come(FIRST)
    before = day.row.revision, day.members[0].place
    day.come(FIRST, code=code)
    assert (day.row.revision, day.members[0].place) == before
    assert len(day.members) == 1


def test_places_are_each_ones_own(day: Day) -> None:
    for seat in SEATS:
        day.come(seat)
    assert sorted(each.place for each in day.members) == sorted({each.place for each in day.members})
    assert {each.place for each in day.members} <= set(range(1, 6))


def test_nobody_skips_a_step_and_nobody_does_one_twice(day: Day) -> None:
    day.come(FIRST)
    for too_soon in (acts.show_bidders, acts.declare, acts.vote_time, acts.sign_report):
        with pytest.raises(errors.NotYet):
            day.member(too_soon, FIRST)
    day.declare(FIRST)
    for again in (acts.read_discipline, acts.declare):
        with pytest.raises(errors.AlreadyDone):
            day.member(again, FIRST)
    assert day.member(acts.show_bidders, FIRST) is None  # to look again is no step
    with pytest.raises(errors.WrongStep):
        day.member(acts.sign_report, FIRST)  # nobody reviews yet
    with pytest.raises(errors.NotPresent):
        day.member(acts.read_discipline, SECOND)


def test_the_review_begins_by_itself_when_all_have_declared_and_more_than_half_chose_a_chair(day: Day) -> None:
    day.assemble([FIRST, SECOND, THIRD])
    with pytest.raises(errors.NotElectable):
        day.member(acts.vote_chair, FIRST, FOURTH)  # who is not there
    for seat in (FIRST, SECOND, THIRD):
        day.member(acts.vote_chair, seat, SECOND)
    assert chair(day) == day.key(SECOND)  # three of four
    assert day.state() is DayState.ASSEMBLING
    day.come(FOURTH)
    day.declare(FOURTH)
    assert day.state() is DayState.REVIEWING
    with pytest.raises(errors.AlreadyDone):
        day.member(acts.vote_chair, FOURTH, FIRST)


def test_half_of_the_votes_are_not_enough_for_a_chair(day: Day) -> None:
    day.assemble()
    day.member(acts.vote_chair, FIRST, FIRST)
    day.member(acts.vote_chair, SECOND, FIRST)
    assert chair(day) is None
    day.member(acts.vote_chair, SECOND, THIRD)  # thinks again
    day.member(acts.vote_chair, THIRD, FIRST)
    assert chair(day) is None
    day.member(acts.vote_chair, FOURTH, FIRST)
    assert chair(day) == day.key(FIRST)
    assert day.state() is DayState.REVIEWING


def test_breaks_are_the_chairs_or_the_clerks(day: Day) -> None:
    day.begin()
    with pytest.raises(errors.NotTheChair):
        day.member(acts.take_break, SECOND)
    day.member(acts.take_break, FIRST)
    with pytest.raises(errors.WrongStep):
        day.as_(Role.CENTRE_STAFF, lambda tx: service.take_break(tx, day.session_id))
    day.wait(minutes=20)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.end_break(tx, day.session_id))
    with pytest.raises(errors.WrongStep):
        day.member(acts.end_break, FIRST)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.take_break(tx, day.session_id, meal=True))
    day.wait(hours=1)
    day.member(acts.end_break, FIRST)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.stay_overnight(tx, day.session_id))
    assert day.state() is DayState.OVERNIGHT
    day.wait(hours=14)
    day.as_(Role.CENTRE_STAFF, lambda tx: service.end_overnight(tx, day.session_id))
    assert [each.why.value for each in day.standing.pauses] == ["break", "meal", "overnight"]
    assert all(each.ended and each.ended > each.begun for each in day.standing.pauses)


def test_more_than_a_third_get_more_time(day: Day) -> None:
    day.begin()
    day.member(acts.vote_time, FIRST)
    assert extended(day) == 0  # one of four is less
    with pytest.raises(errors.AlreadyDone):
        day.member(acts.vote_time, FIRST)
    day.member(acts.vote_time, SECOND)
    assert extended(day) == 1
    day.member(acts.vote_time, SECOND)  # who asked may ask again
    assert extended(day) == 1


def test_a_question_waits_for_its_answer(day: Day) -> None:
    day.begin()
    asked = day.as_(Role.CENTRE_STAFF, lambda tx: service.ask(tx, day.keys, day.session_id, text="请说明工期"))
    assert asked.note is not None
    assert notes.opened(day.keys, day.session_id, asked.note) == "请说明工期"
    assert "工期".encode() not in asked.note
    with pytest.raises(errors.NothingAsked):
        day.as_(Role.CENTRE_STAFF, lambda tx: service.answer(tx, day.session_id, question=asked.number + 1))
    day.as_(Role.CENTRE_STAFF, lambda tx: service.answer(tx, day.session_id, question=asked.number))
    with pytest.raises(errors.NothingAsked):
        day.as_(Role.CENTRE_STAFF, lambda tx: service.answer(tx, day.session_id, question=asked.number))


def test_the_report_counts_when_it_is_stated_and_all_have_signed(day: Day) -> None:
    day.begin().wait(hours=2)
    day.sign(SEATS[:3])
    day.state_report()
    day.rule(lambda tx: jobs.report_stated(tx, job_of(day)))
    assert day.state() is DayState.REVIEWING
    day.sign([FOURTH])
    assert day.state() is DayState.REPORT_SIGNED


def test_a_report_stated_last_ends_the_day_through_its_job(day: Day) -> None:
    day.begin().wait(hours=2)
    day.sign()
    assert day.state() is DayState.REVIEWING
    day.state_report()
    day.rule(lambda tx: jobs.report_stated(tx, job_of(day)))
    assert day.state() is DayState.REPORT_SIGNED
    day.rule(lambda tx: jobs.report_stated(tx, job_of(day)))  # twice is once
    assert day.kinds.count(StepKind.REPORT_SIGNED) == 1


def test_who_refuses_to_sign_agrees(day: Day) -> None:
    """条例 第五十三条."""
    day.begin().wait(hours=2)
    day.state_report()
    day.sign(SEATS[:3])
    refuse = lambda tx: service.refuse_signature(tx, day.session_id, seat=FOURTH, reason="拒不签字")  # noqa: E731
    day.as_(Role.CENTRE_STAFF, refuse)
    assert day.state() is DayState.REPORT_SIGNED
    assert day.standing.sitters[day.key(FOURTH)].refused == day.now


def test_what_a_replaced_member_concluded_is_done_again_before_the_report_counts(day: Day) -> None:
    """条例 第四十八条."""
    day.begin().wait(hours=1)
    day.replace(SECOND)
    day.state_report()
    day.sign([FIRST, THIRD, FOURTH])
    assert day.state() is DayState.REVIEWING  # a seat is empty
    day.come(SECOND, code="654321")
    day.declare(SECOND)
    assert [each.key for each in day.standing.owing] == [day.key(SECOND)]
    with pytest.raises(errors.NotRedone):
        day.member(acts.sign_report, SECOND)
    with pytest.raises(errors.AlreadyDone):
        day.member(acts.redo, FIRST)
    day.wait(hours=1)
    day.member(acts.redo, SECOND)
    day.sign([SECOND])
    assert day.state() is DayState.REPORT_SIGNED
    assert StepKind.MEMBER_REPLACED in day.kinds


def test_nobody_signs_while_a_replacement_owes_the_work(day: Day) -> None:
    day.begin()
    day.replace(SECOND)
    day.come(SECOND, code="654321")
    with pytest.raises(errors.NotRedone):
        day.member(acts.sign_report, FIRST)


def test_whoever_comes_for_somebody_lost_before_the_review_owes_nothing(day: Day) -> None:
    day.come(FIRST)
    day.replace(FIRST, Cause.RECUSAL)
    day.come(FIRST, code="654321")
    assert day.standing.owing == ()
    assert StepKind.MEMBER_REPLACED in day.kinds


def test_a_seat_whose_holder_never_came_owes_nothing(day: Day) -> None:
    day.come(FIRST)
    day.replace(SECOND, Cause.ABSENT)
    day.come(SECOND)
    assert day.standing.owing == ()
    with pytest.raises(errors.NotPresent):
        day.rule(lambda tx: membership.lose(tx, day.session_id, day.key(THIRD), cause=Cause.DESERTION))


def test_a_lost_chair_is_chosen_anew_and_old_votes_do_not_count(day: Day) -> None:
    day.begin()
    day.replace(FIRST)
    assert chair(day) is None
    day.come(FIRST, code="654321")
    day.declare(FIRST)
    assert chair(day) is None  # the votes were for who sat there
    for seat in (SECOND, THIRD, FOURTH):
        day.member(acts.vote_chair, seat, THIRD)
    assert chair(day) == day.key(THIRD)


def test_before_anybody_came_there_is_no_day_to_lose_from(day: Day) -> None:
    day.rule(lambda tx: membership.lose(tx, day.session_id, day.key(FIRST), cause=Cause.ABSENT))
    assert day.steps == []
    with pytest.raises(errors.NoSuchDay):
        day.member(acts.read_discipline, FIRST)


@pytest.mark.parametrize("before", ["assembling", "reviewing", "break"])
def test_a_suspended_day_resumes_where_it_was(day: Day, before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draws, "fixed_intent", lambda *_: SimpleNamespace(entry=SimpleNamespace(index=0)))
    if before == "assembling":
        day.come(FIRST)
    else:
        day.begin()
    if before == "break":
        day.member(acts.take_break, FIRST)
    suspend = lambda tx: service.suspend(tx, day.session_id, reason="停电")  # noqa: E731
    day.as_(Role.SUPERVISOR, suspend)
    assert (day.state(), day.world.state(day.draw)) == (DayState.SUSPENDED, DrawState.SUSPENDED)
    with pytest.raises(errors.WrongStep):
        day.as_(Role.SUPERVISOR, suspend)
    with pytest.raises(errors.WrongStep):
        day.member(acts.vote_time if before != "assembling" else acts.read_discipline, FIRST)
    day.wait(hours=2)
    day.as_(Role.SUPERVISOR, lambda tx: service.resume(tx, day.session_id, reason="来电"))
    wished = DayState.ASSEMBLING if before == "assembling" else DayState.REVIEWING
    assert (day.state(), day.world.state(day.draw)) == (wished, DrawState.RECONVENED)


def test_void_is_the_end(day: Day) -> None:
    day.begin()
    day.as_(Role.SUPERVISOR, lambda tx: service.void(tx, day.session_id, reason="违法"))
    assert day.state() is DayState.VOID
    afterwards: tuple[Callable[[Transaction], object], ...] = (
        lambda tx: service.resume(tx, day.session_id, reason="x"),
        lambda tx: service.void(tx, day.session_id, reason="x"),
    )
    for verb in afterwards:
        with pytest.raises(errors.PlanChanged):  # its plan ends with it: who evaluates anew does so in another session
            day.as_(Role.SUPERVISOR, verb)


def test_every_step_is_in_the_ledger_and_an_altered_one_is_found(either_day: Day) -> None:
    day = either_day
    day.begin().report()
    day.as_(Role.CENTRE_STAFF, lambda tx: service.close(tx, day.session_id))
    assert reconciled(day) == []
    numbers = [body["number"] for kind in ("session.moved", "session.noted") for body in day.world.bodies(kind)]
    assert sorted(numbers) == [step.number for step in day.steps] == list(range(1, len(numbers) + 1))
    last = day.steps[-1]
    with day.world.session() as session, session.begin():
        session.get_one(type(last), (day.session_id, last.number)).at = day.now.replace(year=2030)
    assert reconciled(day) == [("changed", "session_day_steps", f"{day.session_id}/{last.number}")]


def reconciled(day: Day) -> list[tuple[str, str, str]]:
    """What differs in the day's tables; the seats are changed by the test, as the vault would."""
    found = reconcile(day.world.site.service.engine)
    return [(each.what, each.table, each.key) for each in found if each.table.startswith("session_")]


def extended(day: Day) -> int:
    return len(day.standing.extensions)


def chair(day: Day) -> Key | None:
    return day.standing.chair


def job_of(day: Day) -> Job:
    return Job("job_x", "session.report-stated", {"session": day.session_id}, 1)
