"""When somebody is called: outside the quiet hours, again for another time, and not for two committees of one day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from expertpool.core.jobs_table import OutboxJob
from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import keep_occupant, occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, WorkingCopy
from expertpool.draws.queries import request_of
from expertpool.experts import service as experts
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.identity.roles import Role
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.models import Invitation, OutgoingMessage
from expertpool.invitations.rules import Figures, figures, too_late_for_leave, waits_until
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Purpose
from expertpool.projects import service as projects
from expertpool.protocol.request import DrawRequest
from tests.draws.scenes import another_project
from tests.draws.world import STARTS, DrawWorld
from tests.invitations.calls import ANSWER_IN, Called, Provider
from tests.projects.world import SITTING

NIGHT = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)  # 22:00 at the centre
MORNING = NIGHT + timedelta(hours=9)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def request_(world: DrawWorld) -> DrawRequest:
    """A request by the nation's book alone, where nights are quiet."""
    with world.session() as session:
        asked = request_of(session.get_one(Draw, world.applied().id))
    return replace(asked, rulebook="national", decided_at=asked.draw_at)


def test_nobody_is_called_in_the_quiet_hours(request_: DrawRequest) -> None:
    assert waits_until(request_, NIGHT - INSTANT) is None
    assert waits_until(request_, NIGHT) == MORNING
    assert waits_until(request_, MORNING - INSTANT) == MORNING
    assert waits_until(request_, MORNING) is None


def test_unless_the_review_begins_before_they_end(request_: DrawRequest) -> None:
    assert waits_until(replace(request_, starts=MORNING), NIGHT) is None
    assert waits_until(replace(request_, starts=MORNING + INSTANT), NIGHT) == MORNING


def test_the_figures_are_the_rulebooks(request_: DrawRequest) -> None:
    reminders = (timedelta(days=1), timedelta(hours=2))
    assert figures(request_) == Figures(timedelta(seconds=120), reminders)
    of_a_roster = replace(request_, rulebook="roster-demo", regime="roster")
    assert figures(of_a_roster) == Figures(timedelta(seconds=120), ())
    assert waits_until(of_a_roster, NIGHT) is None
    assert too_late_for_leave(of_a_roster, of_a_roster.starts) is None
    assert too_late_for_leave(request_, STARTS - timedelta(hours=1)) is None
    assert too_late_for_leave(request_, STARTS - timedelta(hours=1) + INSTANT) == 60


def test_a_call_in_the_quiet_hours_waits_for_their_end(world: DrawWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    end = world.clock.now() + timedelta(hours=1)
    monkeypatch.setattr(
        "expertpool.invitations.calling.waits_until", lambda _, now: end if now < end else None
    )  # the draw itself takes place by day
    called = Called(world).drawn()
    assert world.state(called.draw) is DrawState.DRAWN
    assert called.first.sent == {}
    assert {called.known(called.seat(place)).state for place in range(4)} == {InvitationState.QUEUED}
    called.wait(timedelta(hours=1) - INSTANT)
    assert called.first.sent == {}
    called.wait(INSTANT)
    assert world.state(called.draw) is DrawState.FILLING
    assert len(called.first.sent) == 8
    assert {called.known(called.seat(place)).state for place in range(4)} == {InvitationState.CALLED}


# -- two committees of one day


def seat_elsewhere(called: Called) -> tuple[Draw, At]:
    """Have somebody be drawn for a second committee of the day, as when two draws ran side by side."""
    world = called.world
    second = another_project(world)
    for _ in range(40):
        if world.state(second) is DrawState.DRAWN:
            break
        world.sign()
        world.attend()
        called.vault._round()
    assert world.state(second) is DrawState.DRAWN
    expert = called.occupant(called.seat()).expert
    with world.site.service.transactions.begin("svc:test") as tx:
        copy = tx.session.query(WorkingCopy).filter_by(draw_id=second.id).order_by(WorkingCopy.seat).first()
        assert copy is not None
        at = At(copy.draw_id, copy.seat, copy.vacancy)
        occupant = occupants(tx.session, world.parts().keys, second.id)[at.seat, at.vacancy]
        tx.session.delete(copy)
        tx.session.flush()
        keep_occupant(tx, world.parts().keys, (at.draw, at.seat, at.vacancy), replace(occupant, expert=expert))
    return second, at


def test_whoever_sits_elsewhere_on_the_day_leaves_as_if_they_had_declined(called: Called) -> None:
    for place in range(4):
        called.world.answer(called.code(called.seat(place)), Word.ACCEPT)
    called.go_on()
    elsewhere = called.seat()
    second, at = seat_elsewhere(called)
    other = Called.of(called, second)
    struck = other.occupant(at)
    other.go_on()
    assert other.known(at).state is InvitationState.CALLED
    assert called.first.to(struck.phone) == [], "the call is not made"
    alike = [other.errands(each) for each in (at, other.seat(1))]
    assert [len(each) for each in alike] == [2, 2]
    assert {errand.taken is not None for each in alike for _, errand in each} == {True}
    ends = datetime.fromisoformat(other.known(at).ends or "")
    assert timedelta(0) <= ends - other.world.clock.now() < ANSWER_IN
    other.wait(max(ends - INSTANT - other.world.clock.now(), timedelta(0)))
    if ends > other.world.clock.now():
        assert other.known(at).state is InvitationState.CALLED
    other.wait(timedelta(seconds=1))
    assert other.known(at).state is InvitationState.REPLACED
    [evidence] = other.evidence()
    completed = {body["draw"]: entry for entry, body in entries(called.world, "draw.completed")}
    assert evidence == {
        "cause": "recused",
        "finding": {
            "day": "2026-12-01",
            "draw": called.draw.id,
            "entry": completed[called.draw.id],
            "kind": "seated-twice",
            "own": completed[second.id],
            "seat": elsewhere.seat,
        },
    }
    assert called.known(elsewhere).state is InvitationState.ACCEPTED, "the older seat is kept"


def test_rows_and_entries_of_who_is_struck_are_like_those_of_who_declines(called: Called) -> None:
    for place in range(4):
        called.world.answer(called.code(called.seat(place)), Word.ACCEPT)
    called.go_on()
    second, at = seat_elsewhere(called)
    other = Called.of(called, second)
    other.go_on()
    declines = other.seat(1)
    before = called.world.sealing.entries()
    other.wait(ANSWER_IN)
    struck = called.world.sealing.entries()[len(before) :]
    called.world.answer(other.code(declines), Word.DECLINE)
    other.go_on()
    declined = called.world.sealing.entries()[len(before) + len(struck) :]
    assert [each["kind"] for each in struck] == [each["kind"] for each in declined]
    assert [each["body"].keys() for each in struck] == [each["body"].keys() for each in declined]
    with called.world.session() as session:
        assert len({len(row.sealed) for row in session.query(Invitation)}) == 1
        assert len({len(row.sealed) for row in session.query(OutgoingMessage)}) == 1
        of_seat = {
            seat: sorted(
                job.kind for job in session.query(OutboxJob) if f'"{second.id}"' in job.args and f'"{seat}"' in job.args
            )
            for seat in (at.seat, declines.seat)
        }
    assert of_seat[at.seat]
    assert of_seat[at.seat] == of_seat[declines.seat]


def entries(world: DrawWorld, kind: str) -> list[tuple[int, dict[str, object]]]:
    return [(entry["index"], entry["body"]) for entry in world.sealing.entries() if entry["kind"] == kind]


def test_a_number_that_was_erased_is_called_by_nobody(world: DrawWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("expertpool.experts.protection.PersonCipher.open", lambda *_: None)
    gateway = Provider()
    called = Called(world, gateway).drawn()
    called.wait(3 * ANSWER_IN)
    assert gateway.sent == {}
    assert set(gateway.handed.values()) == {1}
    called.wait(ANSWER_IN)
    assert len(world.bodies("invitation.unreached")) == 4


def test_whoever_sits_elsewhere_on_the_new_day_of_a_session_is_told_that_they_are_not_needed(called: Called) -> None:
    """They wait to hear of the new time; the seat that they took meanwhile is kept, and their code takes no other."""
    world, at = called.world, called.seat()
    for place in range(4):
        world.answer(called.code(called.seat(place)), Word.ACCEPT)
    called.go_on()
    session, later = called.draw.session_id, STARTS + timedelta(hours=2)
    soon, why = STARTS + timedelta(minutes=1), "documents are missing"
    world.sealing.as_(Role.INITIATOR, lambda tx: projects.postpone_session(tx, session, reason=why, not_before=soon))
    called.wait(timedelta(minutes=1))
    second, elsewhere = seat_elsewhere(called)
    other = Called.of(called, second)
    other.go_on()
    world.answer(other.code(elsewhere), Word.ACCEPT)
    other.go_on()
    before = len(called.first.sent)
    sitting = replace(SITTING, starts=later, opens_at=later - timedelta(hours=1))
    world.sealing.as_(
        Role.INITIATOR, lambda tx: projects.reschedule_session(tx, session, facts=sitting, reason="complete")
    )
    called.go_on()
    world.answer(called.code(at), Word.ACCEPT)
    called.go_on()
    struck = called.occupant(at)
    called.wait(ANSWER_IN)
    [told] = [each for each in [*called.first.sent.values()][before:] if each.to == struck.phone]
    assert (told.channel, told.code, "不再需要" in told.text) == (Channel.SMS, None, True)
    assert struck.answer_code not in told.text
    assert called.known(at).state is InvitationState.REPLACED
    assert other.known(elsewhere).state is InvitationState.ACCEPTED
    [(resumed, _)] = entries(world, "draw.resumed")
    completed = {body["draw"]: entry for entry, body in entries(world, "draw.completed")}
    findings = [each["finding"] for each in called.evidence()]  # by chance others were drawn twice, too, or one thrice
    shown = {(each["draw"], each["entry"], each["own"]) for each in findings}
    assert shown == {(second.id, completed[second.id], resumed)}


def test_nor_are_they_told_apart_where_the_seats_stay_empty(called: Called) -> None:
    """Neither gets a text: the one was never called, the other knows."""
    called.world.changed["vacancies"] = 0
    called.vault = called.world.vault()
    second, at = seat_elsewhere(called)
    other = Called.of(called, second)
    other.go_on()
    declines = other.seat(1)
    called.world.answer(other.code(declines), Word.DECLINE)
    other.wait(ANSWER_IN)
    assert other.known(at).state is InvitationState.RECUSED
    assert other.known(declines).state is InvitationState.DECLINED
    purposes = {errand.purpose for each in (at, declines) for _, errand in other.errands(each)}
    assert purposes == {Purpose.INVITATION}
    assert {body["seat"] for body in called.world.bodies("draw.seat-lost")} == {at.seat, declines.seat}


def test_numbers_amended_after_the_submission_are_not_called(world: DrawWorld) -> None:
    """Else whoever may amend records could have a whole draw's calls come to a telephone of theirs."""
    called, mine = Called(world), "13900000000"
    world.clock.advance(timedelta(seconds=1))
    with world.session() as session:
        everyone = list(session.scalars(select(Expert.id)))
    protector = Protector(world.parts().service_keys)

    def redirect(tx: Transaction) -> None:
        for expert in everyone:
            experts.amend_contact(tx, protector, expert, phone=mine, account=None)

    world.sealing.as_(Role.POOL_MANAGER, redirect)
    called.drawn()
    with world.session() as session:
        people = occupants(session, world.parts().keys, called.draw.id)
    assert people
    assert mine not in {each.phone for each in people.values()}
    assert mine not in {each.to for each in called.first.sent.values()}
