"""Absence by rule: who accepted and does not come loses the seat, with nobody's act; who checked in does not."""

import json
from datetime import timedelta

import pytest

from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import SeatState
from expertpool.invitations.answering import Word, answer, look
from expertpool.invitations.errors import CheckInTooSoon, NotAccepted
from expertpool.invitations.gateway import Channel
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.seated import At
from expertpool.invitations.texts import in_local_time
from ledger.entry import format_time
from tests.draws.scenes import kinds, seats
from tests.draws.world import STARTS
from tests.invitations.calls import Called

ABSENT = timedelta(minutes=30)
ARRIVAL = timedelta(minutes=60)
SECOND = timedelta(seconds=1)


def say(called: Called, code: str, word: Word) -> None:
    with called.world.site.service.transactions.begin("svc:vault") as tx:
        answer(tx, called.world.desk(), code, word)
    called.go_on()


@pytest.fixture
def accepted(called: Called) -> Called:
    """Everybody accepted."""
    for at in everybody(called):
        say(called, called.code(at), Word.ACCEPT)
    return called


def everybody(called: Called) -> list[At]:
    return [called.seat(place) for place in range(len(called.world.seated(called.draw)))]


def until(called: Called, moment: timedelta) -> None:
    """Until so long after the assembly, stopping just before it, as a vault that is there does."""
    called.wait(STARTS + moment - SECOND - called.world.clock.now())
    called.wait(SECOND)


def states(called: Called) -> dict[str, SeatState]:
    return {code: seat.state for code, seat in seats(called.world, called.draw).items()}


def test_who_has_not_come_within_half_an_hour_is_absent_and_replaced(accepted: Called) -> None:
    gone = everybody(accepted)
    until(accepted, ABSENT)
    assert set(states(accepted).values()) == {SeatState.ACCEPTED}
    accepted.wait(SECOND)
    assert {accepted.known(at).state for at in gone} == {InvitationState.REPLACED}
    assert set(states(accepted).values()) == {SeatState.CALLED}
    assert accepted.world.state(accepted.draw) is DrawState.FILLING
    for evidence in accepted.evidence():
        assert evidence == {
            "cause": "absent",
            "finding": {
                "assembly": format_time(STARTS),
                "due": format_time(STARTS),
                "kind": "absent",
                "minutes": 30,
            },
        }
    told = [each.text for at in gone for each in accepted.first.to(accepted.occupant(at).phone)]
    assert sum("不再需要您参加" in text for text in told) == len(gone)
    successor = accepted.occupant(accepted.seat())
    assert {each.channel for each in accepted.first.to(successor.phone)} == {Channel.VOICE, Channel.SMS}
    say(accepted, successor.answer_code, Word.ACCEPT)
    assert any(successor.arrival_code in each.text for each in accepted.first.to(successor.phone))
    acted = {entry["actor"] for entry in accepted.world.sealing.entries() if entry["kind"] == "draw.vacated"}
    assert acted == {"svc:vault"}


def test_who_checked_in_by_phone_is_waited_for(accepted: Called) -> None:
    here, *others = everybody(accepted)
    accepted.world.clock.advance(STARTS - timedelta(minutes=10) - accepted.world.clock.now())
    say(accepted, accepted.code(here), Word.CHECK_IN)
    say(accepted, accepted.code(here), Word.CHECK_IN)
    assert kinds(accepted.world, accepted.draw).count("invitation.checked-in") == 1
    until(accepted, ABSENT + timedelta(seconds=2))
    assert states(accepted)[here.seat] is SeatState.ACCEPTED
    assert {states(accepted)[at.seat] for at in others} == {SeatState.CALLED}


def test_one_checks_in_when_it_is_time_and_after_accepting(called: Called) -> None:
    at = called.seat()
    with pytest.raises(NotAccepted):
        say(called, called.code(at), Word.CHECK_IN)
    say(called, called.code(at), Word.ACCEPT)
    called.world.clock.advance(STARTS - timedelta(minutes=120) - SECOND - called.world.clock.now())
    with pytest.raises(CheckInTooSoon):
        say(called, called.code(at), Word.CHECK_IN)
    called.world.clock.advance(SECOND)
    say(called, called.code(at), Word.CHECK_IN)


def test_who_was_called_after_the_assembly_has_the_time_to_arrive(accepted: Called) -> None:
    until(accepted, ABSENT)
    accepted.wait(SECOND)
    called_at = accepted.world.clock.now()
    late, by = accepted.seat(), in_local_time(called_at + ARRIVAL)
    say(accepted, accepted.code(late), Word.ACCEPT)
    texts = [each.text for each in accepted.first.to(accepted.occupant(late).phone)]
    assert (len(texts), all(by in text for text in texts)) == (3, True), "two calls, a confirmation"
    with accepted.world.session() as session:
        assert look(session, accepted.world.desk(), accepted.code(late)).starts == called_at + ARRIVAL
    accepted.wait(called_at + ARRIVAL + ABSENT - accepted.world.clock.now())
    assert states(accepted)[late.seat] is SeatState.ACCEPTED
    accepted.wait(SECOND)
    assert states(accepted)[late.seat] is SeatState.CALLED
    assert accepted.seat().vacancy > late.vacancy


def test_a_vault_that_was_away_gives_everybody_the_time_again(accepted: Called) -> None:
    back = STARTS + timedelta(hours=3) - accepted.world.clock.now()
    accepted.wait(back)
    assert set(states(accepted).values()) == {SeatState.ACCEPTED}
    accepted.wait(ABSENT)
    assert set(states(accepted).values()) == {SeatState.ACCEPTED}
    accepted.wait(SECOND)
    assert set(states(accepted).values()) == {SeatState.CALLED}


def test_no_row_tells_who_checked_in(accepted: Called) -> None:
    at = accepted.seat()
    accepted.world.clock.advance(STARTS - timedelta(minutes=10) - accepted.world.clock.now())
    say(accepted, accepted.code(at), Word.CHECK_IN)
    [entry] = [each for each in accepted.world.sealing.entries() if each["kind"] == "invitation.checked-in"]
    occupant = accepted.occupant(at)
    for secret in (occupant.expert, occupant.id_number, occupant.phone, occupant.answer_code):
        assert secret not in json.dumps(entry)
