"""What is told later: reminders once each, and to whoever sits what becomes of the session."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from expertpool.draws.breaking import BROKEN
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat, SeatState, WorkingCopy
from expertpool.draws.searching import Searches
from expertpool.draws.seating import lose
from expertpool.identity.roles import Role
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel, Message
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Purpose
from expertpool.invitations.texts import TEMPLATES, text_for
from expertpool.projects import service as projects
from expertpool.protocol.panel import Search
from tests.draws.world import STARTS, DrawWorld
from tests.invitations.calls import Called, Provider
from tests.projects.world import SITTING

PAGE = "https://experts.centre.example/i"
INSTANT = timedelta(microseconds=1)
LAST = STARTS - timedelta(hours=2)


def texts(called: Called, at: At, word: str) -> list[Message]:
    return [each for each in called.first.to(called.occupant(at).phone) if word in each.text]


def accepted(called: Called) -> list[At]:
    """Three of four have accepted; the last has not answered."""
    seats = [called.seat(place) for place in range(4)]
    for at in seats[:3]:
        called.world.answer(called.code(at), Word.ACCEPT)
    called.go_on()
    return seats


def test_whoever_accepted_is_reminded_once(called: Called) -> None:
    first, second, *_ = accepted(called)
    called.wait(LAST - INSTANT - called.world.clock.now())
    called.world.answer(called.code(second), Word.LEAVE)
    called.go_on()
    assert texts(called, first, "提醒") == []
    called.wait(INSTANT)
    called.wait(timedelta(minutes=30))
    assert len(texts(called, first, "提醒")) == 1
    assert texts(called, second, "提醒") == []
    assert called.known(first).state is InvitationState.ACCEPTED


def test_who_accepts_after_the_moment_is_not_reminded(called: Called) -> None:
    called.wait(LAST - called.world.clock.now())
    at = called.seat()
    called.world.answer(called.code(at), Word.ACCEPT)
    called.go_on()
    called.wait(timedelta(hours=1))
    assert texts(called, at, "提醒") == []


def test_a_reminder_waits_for_the_end_of_the_quiet_hours(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    at = accepted(called)[0]
    end = LAST + timedelta(minutes=15)
    monkeypatch.setattr("expertpool.invitations.reminding.waits_until", lambda _, now: end if now < end else None)
    called.wait(end - INSTANT - called.world.clock.now())
    assert texts(called, at, "提醒") == []
    called.wait(INSTANT)
    assert len(texts(called, at, "提醒")) == 1


def test_everyone_who_sits_is_told_once_that_it_is_cancelled(called: Called) -> None:
    seats = accepted(called)
    called.world.answer(called.code(seats[0]), Word.LEAVE)
    called.go_on()
    now = called.seat()
    assert now.vacancy == 1
    called.cancel()
    called.wait(timedelta(minutes=5))
    for at in (*seats[1:], now):
        assert len(texts(called, at, "取消")) == 1
    assert texts(called, seats[0], "取消") == []
    called.vault = called.world.vault()
    called.wait(timedelta(minutes=5))
    assert len(texts(called, seats[1], "取消")) == 1


def test_a_postponed_committee_is_told_so_and_called_again(called: Called) -> None:
    seats = accepted(called)
    called.world.answer(called.code(seats[3]), Word.ACCEPT)
    called.go_on()
    assert called.world.state(called.draw) is DrawState.FILLED
    world, later = called.world, STARTS + timedelta(days=3)
    world.sealing.as_(
        Role.INITIATOR,
        lambda tx: projects.postpone_session(
            tx, called.draw.session_id, not_before=STARTS + timedelta(days=1), reason="documents are missing"
        ),
    )
    called.wait(timedelta(minutes=1))
    assert world.state(called.draw) is DrawState.POSTPONED
    assert [len(texts(called, at, "推迟")) for at in seats] == [1, 1, 1, 1]
    called.wait(timedelta(minutes=5))
    assert [len(texts(called, at, "推迟")) for at in seats] == [1, 1, 1, 1]
    world.sealing.as_(
        Role.INITIATOR,
        lambda tx: projects.reschedule_session(
            tx,
            called.draw.session_id,
            facts=replace(SITTING, starts=later, opens_at=later - timedelta(hours=1)),
            reason="they are complete",
        ),
    )
    called.wait(timedelta(minutes=1))
    assert world.state(called.draw) is DrawState.FILLING
    for at in seats:
        assert called.known(at).state is InvitationState.CALLED
        asked = [each for each in called.first.to(called.occupant(at).phone) if each.code]
        assert len(asked) == 4
        assert sum("2026-12-04" in each.text for each in asked) == 2
    for at in seats:
        world.answer(called.code(at), Word.ACCEPT)
    called.go_on()
    assert world.state(called.draw) is DrawState.FILLED
    assert [len(texts(called, at, "推迟")) for at in seats] == [1, 1, 1, 1], "the new time is told by the call alone"
    called.wait(later - timedelta(hours=24) - world.clock.now())
    assert [len(texts(called, at, "提醒")) for at in seats] == [1, 1, 1, 1], "of the new time alone"


def strike(called: Called, at: At) -> None:
    """As when the list of bidders is opened."""
    with called.world.site.service.transactions.begin("svc:vault") as tx:
        draw, seat = tx.session.get_one(Draw, at.draw), tx.session.get_one(Seat, (at.draw, at.seat))
        lose(tx, called.world.parts(), draw, seat, {"cause": "recused", "finding": {"rule": "recusal.employment"}})
    called.go_on()


def test_whoever_a_recusal_strikes_is_told_not_to_come_and_not_why(called: Called) -> None:
    at = accepted(called)[0]
    strike(called, at)
    assert called.known(at).state is InvitationState.REPLACED
    assert len(texts(called, at, "不再需要")) == 1
    assert called.seat().vacancy == 1


@pytest.mark.parametrize("cap", [0, 1], ids=["past the cap", "nobody is left"])
def test_whoever_a_recusal_strikes_is_told_though_the_seat_stays_empty(
    world: DrawWorld, monkeypatch: pytest.MonkeyPatch, cap: int
) -> None:
    world.changed["vacancies"] = cap
    monkeypatch.setattr(Searches, "vacancy", lambda *_: Search((), None))
    called = Called(world).drawn()
    seats = accepted(called)
    for at in (seats[0], seats[3]):
        strike(called, at)
        with world.session() as session:
            assert session.get_one(Seat, (at.draw, at.seat)).state is SeatState.UNFILLABLE
        assert called.known(at).state is InvitationState.RECUSED
    called.vault = world.vault()
    called.wait(timedelta(minutes=5))
    assert [len(texts(called, at, "不再需要")) for at in seats] == [1, 0, 0, 1], "once, and nobody else"
    assert len(world.bodies("draw.vacated")) == cap


def test_that_names_were_opened_early_waits_for_the_end_of_the_quiet_hours_and_not_for_the_review(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = accepted(called)
    called.world.answer(called.code(seats[0]), Word.LEAVE)
    called.go_on()
    end = STARTS + timedelta(minutes=10)  # before anybody is absent
    called.wait(STARTS - called.world.clock.now())
    monkeypatch.setattr("expertpool.invitations.reminding.waits_until", lambda _, now: end if now < end else None)
    with called.world.site.service.transactions.begin("svc:vault") as tx:
        tx.enqueue(BROKEN, {"draw": called.draw.id})
    called.go_on()
    assert [texts(called, at, "应急程序") for at in seats] == [[]] * 4
    called.wait(timedelta(minutes=10))
    called.wait(timedelta(minutes=10))
    assert [len(texts(called, at, "应急程序")) for at in seats] == [0, 1, 1, 1], "once, and nobody who has left"


@pytest.mark.parametrize("purpose", list(Purpose), ids=str)
def test_each_text_there_is_in_both_languages_and_fits_into_its_row(called: Called, purpose: Purpose) -> None:
    occupant, request = called.occupant(called.seat()), called.request()
    assert set(TEMPLATES) == set(Purpose)
    for language in ("zh", "en"):
        read_out = text_for(purpose, language, request, 0, occupant)
        text = text_for(purpose, language, request, 0, occupant, page=PAGE)
        assert text.startswith(read_out)
        assert "{" not in text
        assert len(text.encode()) < 700
        assert request.project not in text
        assert "//" not in read_out
        answers = purpose in (Purpose.INVITATION, Purpose.CONFIRMATION)
        assert text.endswith(f"{PAGE}#{occupant.answer_code}") is answers
        assert (occupant.answer_code in text) is answers


def test_no_expert_is_told_anything_by_e_mail(called: Called) -> None:
    """Though there is a gateway for it: it is the duty officer's."""
    mail = Provider("smtp", frozenset({Channel.EMAIL}))
    called.world.phones.append(mail)
    called.vault = called.world.vault()
    seats = accepted(called)
    called.cancel()
    called.wait(timedelta(minutes=5))
    assert len(texts(called, seats[0], "取消")) == 1
    assert mail.handed == {}


def test_only_a_text_message_has_the_link(called: Called) -> None:
    called.go_on()
    page = f"{called.world.site.service.settings.service.base_url}/i#"
    texts = {errand.channel: errand.text for _, errand in called.errands(called.seat())}
    assert {channel: page in text for channel, text in texts.items()} == {Channel.VOICE: False, Channel.SMS: True}


def test_when_the_working_copies_are_gone_numbers_texts_and_codes_go_and_evidence_stays(called: Called) -> None:
    first = called.seat()
    called.tried(first)
    called.wait(timedelta(seconds=120))
    called.world.filled(called.vault, called.draw)
    called.world.close(called.vault, called.draw)
    at, before = called.seat(), called.errands(first)
    assert all(errand.to and errand.text for _, errand in before)
    with called.world.site.service.transactions.begin("svc:vault") as tx:
        tx.session.execute(delete(WorkingCopy).where(WorkingCopy.draw_id == called.draw.id))
    called.go_on()
    for place in (first, at):
        assert called.known(place).code is None
        assert {(errand.to, errand.text, errand.code) for _, errand in called.errands(place)} == {("", "", None)}
    assert [errand.reports for _, errand in called.errands(first)] == [errand.reports for _, errand in before]
    assert any(errand.reports for _, errand in before)
    assert not called.vault.step()
