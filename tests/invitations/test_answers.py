"""Answers: by one's own code, while they are in time, each once; whatever else comes changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from expertpool.core.errors import ExpertpoolError
from expertpool.draws.lifecycle import DrawState
from expertpool.invitations.answering import Invitation, Word, answer, look
from expertpool.invitations.errors import CodeUnknown, InvitationOver, LeaveTooLate, NotAccepted
from expertpool.invitations.gateway import Channel
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.stored import Purpose
from tests.draws.scenes import kinds
from tests.draws.world import STARTS
from tests.invitations.calls import Called

LEAVE_UNTIL = STARTS - timedelta(minutes=60)


def say(called: Called, code: str, word: Word, minutes: int = 0) -> None:
    """Answer over the line to the vault."""
    with called.world.site.service.transactions.begin("svc:vault") as tx:
        answer(tx, called.world.desk(), code, word, minutes=minutes)
    called.go_on()


def everything(called: Called) -> list[tuple[object, ...]]:
    """All business state, and all of invitations."""
    tables = ("draws", "draw_seats", "draw_vacancies", "invitations", "invitation_messages", "ledger_entries")
    with called.world.session() as session:
        return [tuple(row) for table in tables for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]


def refused(called: Called, code: str, word: Word, why: type[ExpertpoolError]) -> None:
    """Over the line it is told why, through the queue it is logged by the reason alone; nothing changes."""
    before = everything(called)
    with pytest.raises(why):
        say(called, code, word)
    assert everything(called) == before
    with capture_logs() as logs:
        called.world.answer(code, word)
        called.go_on()
    assert everything(called) == before
    assert [(log["event"], log["reason"]) for log in logs] == [("invitations.answer-refused", why.code)]
    assert not code or code not in str(logs)


def test_whoever_accepts_gets_the_arrival_code(called: Called) -> None:
    at = called.seat()
    say(called, called.code(at), Word.ACCEPT)
    assert called.known(at).state is InvitationState.ACCEPTED
    occupant = called.occupant(at)
    [confirmation] = [each for each in called.first.to(occupant.phone) if "接受邀请" in each.text]
    assert confirmation.channel is Channel.SMS
    assert len(occupant.arrival_code) == 6
    assert occupant.arrival_code.isdecimal()
    assert occupant.arrival_code in confirmation.text
    assert kinds(called.world, called.draw)[-1] == "draw.accepted-seat"


def test_an_answer_given_twice_counts_once(called: Called) -> None:
    at = called.seat()
    say(called, called.code(at).lower(), Word.ACCEPT)
    before = everything(called)
    say(called, f" {called.code(at)} ", Word.ACCEPT)
    assert everything(called) == before


@pytest.mark.parametrize("word", [Word.DECLINE, Word.LEAVE], ids=str)
def test_whoever_cannot_come_makes_room(called: Called, word: Word) -> None:
    at = called.seat()
    say(called, called.code(at), word)
    assert called.known(at).state is InvitationState.REPLACED
    [evidence] = called.evidence()
    occupant = called.occupant(at)
    assert evidence == {"cause": "declined", "answer": {"salt": occupant.answer_salt, "code": occupant.answer_code}}
    assert called.known(called.seat()).state is InvitationState.CALLED
    assert called.seat().vacancy == 1
    refused(called, called.code(at), Word.ACCEPT, InvitationOver)


@pytest.mark.parametrize("word", [Word.DECLINE, Word.LEAVE], ids=str)
def test_leave_is_given_up_to_the_cut_off(called: Called, word: Word) -> None:
    for place in range(4):
        say(called, called.code(called.seat(place)), Word.ACCEPT)
    assert called.world.state(called.draw) is DrawState.FILLED
    first, second = called.seat(0), called.seat(1)
    called.wait(LEAVE_UNTIL - called.world.clock.now())
    say(called, called.code(first), word)
    assert called.evidence()[0]["cause"] == "leave"
    assert called.known(first).state is InvitationState.REPLACED
    assert called.world.state(called.draw) is DrawState.FILLING
    called.world.clock.advance(timedelta(microseconds=1))
    called.go_on()
    refused(called, called.code(second), word, LeaveTooLate)
    assert called.known(second).state is InvitationState.ACCEPTED


def test_the_duty_desk_notes_who_comes_late(called: Called) -> None:
    at = called.seat()
    refused(called, called.code(at), Word.LATE, NotAccepted)
    say(called, called.code(at), Word.ACCEPT)
    say(called, called.code(at), Word.LATE, minutes=20)
    say(called, called.code(at), Word.LATE, minutes=20)
    say(called, called.code(at), Word.LATE, minutes=30)
    assert [body["minutes"] for body in called.world.bodies("invitation.late")] == [20, 30]
    assert called.world.bodies("invitation.late")[0]["seat"] == at.seat


@pytest.mark.parametrize(
    "code",
    [lambda _: "", lambda _: "ZZZZZZZZ", lambda right: right[:-1], lambda right: right + "0", lambda _: "码" * 500],
    ids=["none", "wrong", "cut", "longer", "very long"],
)
def test_a_wrong_code_opens_nothing(called: Called, code: Callable[[str], str]) -> None:
    given = code(called.code(called.seat()))
    for word in (Word.ACCEPT, Word.LATE):
        with pytest.raises(CodeUnknown):
            say(called, given, word)
    refused(called, given, Word.DECLINE, CodeUnknown)


def test_a_code_of_a_draw_that_is_over_opens_nothing(called: Called) -> None:
    code = called.code(called.seat())
    called.world.filled(called.vault, called.draw)
    called.world.close(called.vault, called.draw)
    assert called.world.state(called.draw) is DrawState.CLOSED
    refused(called, code, Word.ACCEPT, CodeUnknown)


def test_an_answer_to_a_cancelled_draw_changes_nothing(called: Called) -> None:
    called.cancel()
    refused(called, called.code(called.seat()), Word.ACCEPT, CodeUnknown)


def shown(called: Called, code: str) -> Invitation:
    with called.world.session() as session:
        return look(session, called.world.desk(), code)


def test_what_a_code_shows(called: Called) -> None:
    at = called.seat()
    code, other = called.code(at), called.code(called.seat(1))
    seen = shown(called, code)
    assert (seen.at, seen.state, seen.starts) == (at, InvitationState.CALLED, STARTS)
    assert seen.may == (Word.ACCEPT, Word.DECLINE)
    assert seen.answer_until == called.world.clock.now() + timedelta(seconds=120)
    assert seen.place
    assert seen.expected_minutes > 0
    say(called, code, Word.ACCEPT)
    seen = shown(called, code)
    assert (seen.state, seen.answer_until, seen.may) == (InvitationState.ACCEPTED, None, (Word.LEAVE, Word.LATE))
    say(called, other, Word.DECLINE)
    assert shown(called, other).may == ()
    called.world.clock.advance(LEAVE_UNTIL - called.world.clock.now() + timedelta(seconds=1))
    assert shown(called, code).may == (Word.CHECK_IN, Word.LATE)
    with pytest.raises(CodeUnknown):
        shown(called, "ZZZZZZZZ")


def test_what_is_told_has_no_project_and_no_bidder(called: Called) -> None:
    for place in range(4):
        say(called, called.code(called.seat(place)), Word.ACCEPT)
    request = called.request()
    secret = {request.project, *request.lots, *(unit.name for unit in (*request.owners, *request.agencies))}
    for message in called.first.sent.values():
        assert not any(each and each in message.text for each in secret)
    purposes = {errand.purpose for place in range(4) for _, errand in called.errands(called.seat(place))}
    assert purposes == {Purpose.INVITATION, Purpose.CONFIRMATION}
