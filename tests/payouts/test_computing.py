"""Fees are computed by rule when the day is closed, and again when its record is corrected."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.errors import RulebookUnknown
from expertpool.draws.events import DrawCancelled
from expertpool.draws.keeping import Occupant, keep_occupant
from expertpool.draws.models import TurnedAway, WorkingCopy
from expertpool.draws.parts import VAULT
from expertpool.draws.rules import published_years
from expertpool.payouts import computing
from expertpool.payouts.charging import session_charges, session_terms
from expertpool.payouts.computing import Computing
from expertpool.payouts.lifecycle import OrderKind, OrderState, PayoutState
from expertpool.payouts.payees import Payees
from expertpool.payouts.queries import order_of, payouts_of
from expertpool.sessions import acts, correcting
from expertpool.sessions.recording import locked
from expertpool.sessions.steps import Cause
from ledger.disclosure import parse_disclosure
from policies.withholding import gross_up
from tests.payouts.payday import Payday
from tests.projects.world import OWNER
from tests.sessions.days import FIRST, FOURTH, SECOND, THIRD
from tests.sessions.room import SEATS

YUAN = 100


def reviewed(payday: Payday, hours: float) -> Payday:
    """Close a day on which the committee worked so many hours from its assembly on."""
    return payday.closed(hours - 2.5)


@pytest.mark.parametrize(("hours", "yuan"), [(2.5, 600), (3, 600), (3.25, 650), (4.5, 750), (6.6, 1000)])
def test_each_seat_is_due_what_the_standard_says(payday: Payday, hours: float, yuan: int) -> None:
    order = reviewed(payday, hours).compute()
    alone = gross_up(yuan * YUAN) - yuan * YUAN
    assert (order.state, order.revision, order.payer, order.approvers) == (OrderState.COMPUTED, 1, OWNER, 1)
    assert (order.amount, order.tax, order.expenses, order.after_tax) == (4 * yuan * YUAN, 4 * alone, 0, True)
    assert order.agree_until == order.computed + timedelta(hours=24)
    for payout in payday.payouts:
        assert (payout.amount, payout.alone, payout.state) == (yuan * YUAN, alone, PayoutState.COMPUTED)
        assert sum(amount for _, amount in json.loads(payout.lines)) == payout.amount
        assert (payout.gross, payout.tax, payout.month) == (None, None, None)


def test_each_seat_has_a_digest_that_only_its_expert_can_open(payday: Payday) -> None:
    reviewed(payday, 4.5).compute()
    (body,) = payday.world.bodies("payout.computed")
    assert sorted(body["digests"]) == sorted(each.id for each in payday.payouts)
    for payout in payday.payouts:
        (opened,) = payday.figures(payout.seat).opened
        disclosure = parse_disclosure(opened)
        assert disclosure.digest == body["digests"][payout.id]
        assert disclosure.value["amount"] == 750 * YUAN
        assert disclosure.value["seat"] == payout.seat
    clear = {"order", "session", "centre", "revision", "seats", "due", "digests"}
    assert body.keys() == clear | {"_sd", "rows"}


def test_who_deserts_gets_nothing_who_falls_ill_the_time_worked_who_stands_back_an_allowance(payday: Payday) -> None:
    payday.begin()
    payday.wait(hours=3, minutes=30)
    another = payday.people[0]
    for seat, cause in ((SECOND, Cause.DESERTION), (THIRD, Cause.HEALTH), (FOURTH, Cause.RECUSAL)):
        payday.replace(seat, cause)
        empty = dict.fromkeys(("phone", "leaf", "roster_leaf", "answer_salt", "answer_code"), "")
        at, who = (payday.draw.id, seat, 1), Occupant(row=0, expert=another, **empty)
        payday.as_vault(lambda tx, at=at, who=who: keep_occupant(tx, payday.parts.keys, at, who))
        payday.come(seat)
        payday.declare(seat)
        payday.member(acts.redo, seat)
    payday.wait(hours=1)
    payday.ended().compute()
    due = {(each.seat, each.vacancy): (each.amount, each.forfeited) for each in payday.payouts}
    assert due == {
        (FIRST, 0): (700 * YUAN, None),  # from the assembly to the end: four hours
        (SECOND, 0): (0, "unfinished"),
        (SECOND, 1): (600 * YUAN, None),
        (THIRD, 0): (600 * YUAN, None),
        (THIRD, 1): (600 * YUAN, None),
        (FOURTH, 0): (100 * YUAN, None),
        (FOURTH, 1): (600 * YUAN, None),
    }
    assert payday.order.amount == 3_200 * YUAN


def test_the_vault_computes_once_and_by_itself(payday: Payday) -> None:
    one, other = Computing(payday.parts), Computing(payday.parts)
    assert not one.step()  # the day has not ended
    reviewed(payday, 3)
    payday.wait(seconds=2)
    assert one.step()
    assert not other.step()
    payday.wait(seconds=2)
    assert not one.step()
    assert payday.as_vault(lambda tx: computing.compute(tx, payday.parts, payday.session_id)) is None
    assert len(payday.world.bodies("payout.computed")) == 1


def test_a_correction_asks_anew_and_lapses_the_confirmation(payday: Payday) -> None:
    payday.begin().wait(hours=2)
    begun = payday.member(acts.take_break, FIRST)
    payday.wait(minutes=40)
    ended = payday.member(acts.end_break, FIRST)
    first = payday.report().ended().compute()
    payday.agree(FIRST)
    payday.confirm()
    looks = Computing(payday.parts)
    assert not looks.step()

    correct(payday, begun.number, begun.at + timedelta(minutes=20))  # a break of 20 minutes is time worked
    payday.wait(seconds=2)
    assert looks.step()
    order = payday.order
    assert order.revision == first.revision + 1
    assert order.amount > first.amount
    assert {each.state for each in payday.payouts} == {PayoutState.COMPUTED}
    assert payday.payout(FIRST).agreed is None
    assert order.agree_until == order.computed + timedelta(hours=24)
    assert order.state is OrderState.COMPUTED
    assert ended.number > begun.number

    correct(payday, ended.number, ended.at - timedelta(minutes=1))  # changes no amount
    payday.wait(seconds=2)
    assert not looks.step()
    assert payday.order.revision == order.revision


def test_a_correction_after_the_confirmation_changes_no_amount_and_is_noted(payday: Payday) -> None:
    payday.begin().wait(hours=2)
    begun = payday.member(acts.take_break, FIRST)
    payday.wait(minutes=40)
    payday.member(acts.end_break, FIRST)
    payday.report().ended().compute()
    for seat in (FIRST, SECOND, THIRD, FOURTH):
        payday.agree(seat)
    payday.confirm()
    before = payday.order
    assert before.state is OrderState.CONFIRMED
    correct(payday, begun.number, begun.at + timedelta(minutes=20))
    payday.wait(seconds=2)
    looks = Computing(payday.parts)
    assert looks.step()
    payday.wait(seconds=2)
    assert not looks.step()
    order = payday.order
    assert (order.amount, order.revision, order.state) == (before.amount, before.revision, before.state)
    assert order.corrected is not None
    assert order.corrected > order.amount
    assert len(payday.world.bodies("payout.corrected")) == 1


def test_a_cancelled_committee_is_owed_the_allowance_of_who_came(payday: Payday) -> None:
    def cancel(tx: Transaction) -> None:
        for seat, came in ((FIRST, True), (SECOND, False)):
            tx.session.add(TurnedAway(draw_id=payday.draw.id, seat=seat, vacancy=0, came=came))
        tx.record(DrawCancelled(draw=payday.draw.id, centre=payday.draw.centre_id, turned_away=[], reason="停电"))

    payday.as_vault(cancel)
    assert Computing(payday.parts).step()
    with payday.world.session() as session:
        order = order_of(session, payday.draw.id)
        assert order is not None
        assert (order.kind, order.amount, order.tax) == (OrderKind.TURNED_AWAY, 100 * YUAN, 0)
        assert [each.seat for each in payouts_of(session, order.id)] == [FIRST]


def test_it_is_due_on_the_tenth_working_day_and_warned_of_three_before(payday: Payday) -> None:
    order = reviewed(payday, 3).compute()  # 1 December 2026, a Tuesday
    assert order.due == datetime(2026, 12, 15, 15, 59, 59, tzinfo=UTC)
    assert order.warn == datetime(2026, 12, 9, 16, 0, tzinfo=UTC)
    with payday.world.session() as session:
        terms = session_terms(session, payday.session_id)
    last = max(published_years())
    assert terms.deadline(date(last, 12, 25)) == (None, None)  # the next year's calendar is not published
    assert terms.deadline(date(last, 11, 2)).due is not None
    assert (terms.approvers(by_centre=False), terms.approvers(by_centre=True)) == (1, 2)
    assert (terms.ground.label, bool(terms.ground.article)) == (order.label, True)


def test_the_payees_are_kept_before_the_copies_go(payday: Payday) -> None:
    reviewed(payday, 3)
    looks = Payees(payday.parts)
    assert looks.step()
    payday.wait(seconds=2)
    assert not looks.step()
    with payday.transactions.begin(VAULT) as tx:  # as the archive does
        tx.session.execute(delete(WorkingCopy).where(WorkingCopy.draw_id == payday.draw.id))
    payday.compute()
    kept = {key.seat: who for key, who in payday.payees().items()}
    assert {seat: who.expert for seat, who in kept.items()} == dict(zip(SEATS, payday.people, strict=True))
    assert {seat: who.code for seat, who in kept.items()} == {seat: payday.code(seat) for seat in SEATS}
    assert not any(person in repr(kept) for person in payday.people)


def test_what_is_wrong_with_one_session_holds_up_no_other(payday: Payday, monkeypatch: pytest.MonkeyPatch) -> None:
    other = reviewed(reviewed(payday, 3).another(), 3)
    sound = session_charges

    def broken(session: Session, session_id: str, now: datetime) -> Any:
        if session_id == payday.session_id:
            raise RulebookUnknown("hunan")
        return sound(session, session_id, now)

    monkeypatch.setattr(computing, "session_charges", broken)
    assert Computing(other.parts).step()
    assert other.order.amount == 2_400 * YUAN
    with payday.world.session() as session:
        assert order_of(session, payday.session_id) is None
    monkeypatch.undo()
    assert Computing(payday.parts).step()


def correct(payday: Payday, number: int, at: datetime) -> None:
    """Have the centre state the true time of a step of the closed day."""

    def do(tx: Transaction) -> Any:
        day = locked(tx, payday.session_id)
        correcting.correct(tx, day, number, at, by=tx.actor, reason="误点")
        correcting.check(tx, day)

    payday.rule(do)
