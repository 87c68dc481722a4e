"""An expert agrees, objects, or is silent; the payer confirms once; then the order goes to the vault."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertpool.core.jobs_table import OutboxJob
from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.payouts import agreeing, errors, service
from expertpool.payouts.accounts import Account
from expertpool.payouts.advancing import BATCH
from expertpool.payouts.events import PaymentDue
from expertpool.payouts.lifecycle import (
    ORDER_STEPS,
    PAYOUT_STEPS,
    OrderState,
    OrderVerb,
    PayoutState,
    PayoutVerb,
    order_step,
    payout_step,
)
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.payouts.posting import balances
from expertpool.payouts.sealed import reason_of
from tests.payouts.payday import Payday
from tests.sessions.days import FIRST, SECOND
from tests.sessions.room import SEATS
from tests.sessions.test_two_clerks import at_once


@pytest.mark.parametrize("start", [None, *OrderState])
@pytest.mark.parametrize("verb", OrderVerb)
def test_an_order_takes_no_step_that_is_not_listed(start: OrderState | None, verb: OrderVerb) -> None:
    ends = [each.end for each in ORDER_STEPS if (each.start, each.verb) == (start, verb)]
    if ends:
        assert [order_step(start, verb)] == ends
    else:
        with pytest.raises(errors.WrongStep):
            order_step(start, verb)


@pytest.mark.parametrize("start", [None, *PayoutState])
@pytest.mark.parametrize("verb", PayoutVerb)
def test_a_payout_takes_no_step_that_is_not_listed(start: PayoutState | None, verb: PayoutVerb) -> None:
    ends = [each.end for each in PAYOUT_STEPS if (each.start, each.verb) == (start, verb)]
    if ends:
        assert [payout_step(start, verb)] == ends
    else:
        with pytest.raises(errors.WrongStep):
            payout_step(start, verb)


def test_unknown_is_left_by_no_rule_of_ours() -> None:
    """Who leads it further is the provider, a statement, or a person: nothing sends it again by itself."""
    ways = {each.verb for each in PAYOUT_STEPS if each.start is PayoutState.UNKNOWN}
    assert ways == {PayoutVerb.RELEASE, PayoutVerb.PAY, PayoutVerb.FAIL, PayoutVerb.AGAIN}


def test_who_agrees_last_lets_the_order_go_on(payday: Payday) -> None:
    payday.closed().compute()
    payday.agree(*SEATS[:-1])
    assert payday.stands() is OrderState.COMPUTED
    payday.agree(SEATS[-1])
    assert payday.stands() is OrderState.AGREED
    order = payday.confirm()
    assert order.state is OrderState.CONFIRMED
    assert {each.state for each in payday.payouts} == {PayoutState.CONFIRMED}
    with payday.world.session() as session:
        books = balances(session, order.id)
        (job,) = session.scalars(select(OutboxJob).where(OutboxJob.kind == BATCH))
    assert order.id in job.args
    assert books == {Account.FEES: order.amount, Account.PAYABLE: -order.amount}


def test_the_payer_may_confirm_before_the_last_has_agreed_or_been_silent(payday: Payday) -> None:
    payday.closed().compute()
    assert payday.confirm().state is OrderState.COMPUTED
    payday.agree(FIRST)
    payday.wait(hours=23, minutes=59)
    payday.work()
    assert payday.stands() is OrderState.COMPUTED
    payday.wait(minutes=2)
    payday.work()
    assert payday.stands() is OrderState.CONFIRMED
    told = [(body["silent"], body["seats"]) for body in payday.world.bodies("payout.agreed")]
    assert told == [(False, [FIRST]), (True, sorted(set(SEATS) - {FIRST}))]


def test_an_objection_stops_the_order_until_it_is_answered(payday: Payday) -> None:
    payday.closed().compute()
    payday.confirm()
    payday.object(FIRST, "少算一小时")
    payout = payday.payout(FIRST)
    assert payout.state is PayoutState.OBJECTED
    assert payout.objection is not None
    assert "少算".encode() not in payout.objection
    assert reason_of(payday.keys, payout) == "少算一小时"
    payday.wait(hours=25)
    payday.work()
    assert payday.stands() is OrderState.COMPUTED  # the others' silence does not answer it
    for role in (Role.INITIATOR, Role.FINANCE, Role.SUPERVISOR):
        with pytest.raises(NotPermitted):
            payday.as_(role, lambda tx: service.answer_objection(tx, payout.id, answer="按记录"))
    payday.as_(Role.CENTRE_STAFF, lambda tx: service.answer_objection(tx, payout.id, answer="按记录"))
    answered = payday.payout(FIRST)
    assert (answered.answer, answered.state, payday.stands()) == (
        "按记录",
        PayoutState.CONFIRMED,
        OrderState.CONFIRMED,
    )
    with pytest.raises(errors.NoObjection):
        payday.as_(Role.CENTRE_STAFF, lambda tx: service.answer_objection(tx, payout.id, answer="再次"))
    (body,) = payday.world.bodies("payout.objected")
    assert "少算" not in str(body)


def test_who_objected_may_agree_after_all(payday: Payday) -> None:
    payday.closed().compute()
    payday.object(FIRST, "少算一小时")
    payday.agree(FIRST)
    payout = payday.payout(FIRST)
    assert (payout.state, payout.objection) == (PayoutState.AGREED, None)
    with pytest.raises(errors.WrongStep):
        payday.object(FIRST, "又想了想")


def test_objections_come_in_time(payday: Payday) -> None:
    payday.closed().compute()
    payday.wait(hours=24, seconds=1)
    payday.work()
    with pytest.raises(errors.WrongStep):
        payday.object(FIRST, "晚了")


def test_more_cannot_have_been_withheld_than_paid(payday: Payday) -> None:
    payday.closed().compute()
    with pytest.raises(errors.ElsewhereInvalid):
        payday.agree(FIRST, gross=100, withheld=101)
    assert payday.payout(FIRST).state is PayoutState.COMPUTED
    payday.agree(FIRST, gross=100, withheld=100)


def test_an_agreement_never_tells_that_something_was_paid_elsewhere(payday: Payday) -> None:
    payday.closed().compute()
    payday.agree(FIRST, gross=500_000, withheld=84_000)
    payday.agree(SECOND)
    one, other = payday.payout(FIRST), payday.payout(SECOND)
    assert len(one.sealed) == len(other.sealed)
    said, silent = payday.world.bodies("payout.agreed")
    assert said.keys() == silent.keys()
    assert {name: said[name] for name in said if name not in ("seats", "rows")} == {
        name: silent[name] for name in silent if name not in ("seats", "rows")
    }
    assert said["rows"]["count"] == silent["rows"]["count"]


def test_who_has_agreed_may_state_it_anew_until_the_order_is_batched(payday: Payday) -> None:
    payday.closed().compute()
    payday.agree(*SEATS)
    payday.confirm()
    payday.agree(FIRST, gross=100_000, withheld=0)
    assert payday.payout(FIRST).state is PayoutState.CONFIRMED
    assert payday.figures(FIRST).elsewhere.gross == 100_000
    order, payout = payday.order, payday.payout(FIRST)
    with payday.transactions.begin("svc:test") as tx:
        tx.session.get_one(Payout, payout.id).move(PayoutVerb.BATCH, tx.now)
        noted(tx, order)
    with pytest.raises(errors.WrongStep):
        payday.agree(FIRST, gross=200_000, withheld=0)


def test_only_the_payers_accounts_confirm_and_only_what_they_saw(payday: Payday) -> None:
    payday.closed().compute()
    for role in (Role.CENTRE_STAFF, Role.SUPERVISOR, Role.POOL_MANAGER, Role.AUDITOR):
        with pytest.raises(NotPermitted):
            payday.confirm(role)
    with pytest.raises(errors.AmountMoved):
        payday.confirm(revision=2)
    with pytest.raises(NotPermitted):
        payday.as_(Role.FINANCE, lambda tx: service.confirm(tx, "pmo_nothing", revision=1))
    payday.confirm(Role.FINANCE)
    with pytest.raises(errors.AlreadyApproved):
        payday.confirm(Role.FINANCE)
    payday.agree(*SEATS)
    assert payday.stands() is OrderState.CONFIRMED
    with pytest.raises(errors.WrongStep):
        payday.confirm()


def test_where_the_centre_disburses_two_of_its_finance_confirm(payday: Payday) -> None:
    payday.closed().compute(by_centre=True)
    payday.agree(*SEATS)
    with pytest.raises(errors.CentrePays):
        payday.confirm()
    payday.confirm(Role.FINANCE)
    assert payday.stands() is OrderState.AGREED
    with pytest.raises(errors.AlreadyApproved):
        payday.confirm(Role.FINANCE)
    order = payday.order.id
    payday.second_finance(lambda tx: service.confirm(tx, order, revision=1))
    assert payday.stands() is OrderState.CONFIRMED


def test_of_two_confirmations_at_once_one_counts(either_payday: Payday) -> None:
    day = either_payday
    order = day.closed().compute().id
    day.agree(*SEATS)
    told = at_once(day, Role.FINANCE, lambda tx: service.confirm(tx, order, revision=1))
    assert told[0] == "done"
    assert told[1] in (errors.WrongStep.code, errors.AlreadyApproved.code)
    assert len(day.world.bodies("payout.confirmed")) == 1
    assert day.stands() is OrderState.CONFIRMED


def test_who_agrees_and_who_confirms_at_once_are_both_heard(either_payday: Payday) -> None:
    day = either_payday
    order = day.closed().compute().id
    day.agree(*SEATS[:-1])
    last = day.payout(SEATS[-1]).id
    keys = day.parts.keys
    turns = iter((True, False))

    def act(tx: object) -> None:
        if next(turns):
            agreeing.agree(tx, keys, last, gross=0, withheld=0)  # type: ignore[arg-type]
        else:
            service.confirm(tx, order, revision=1)  # type: ignore[arg-type]

    assert at_once(day, Role.FINANCE, act) == ["done", "done"]
    assert day.stands() is OrderState.CONFIRMED


def test_the_payer_is_warned_and_told_when_it_is_too_late(payday: Payday) -> None:
    order = payday.closed().compute()
    assert order.warn is not None
    assert order.due is not None
    payday.agree(*SEATS)
    payday.wait(seconds=(order.warn - payday.now).total_seconds())
    payday.work()
    payday.wait(seconds=(order.due - payday.now).total_seconds() + 1)
    payday.work()
    assert [body["overdue"] for body in payday.world.bodies("payout.due")] == [False, True]


def test_who_has_paid_is_told_nothing(payday: Payday) -> None:
    order = payday.closed().compute()
    assert order.due is not None
    with payday.transactions.begin("svc:test") as tx:
        tx.session.get_one(PaymentOrder, order.id).state = OrderState.RELEASED
        noted(tx, order)
    payday.wait(seconds=(order.due - payday.now).total_seconds() + timedelta(hours=1).total_seconds())
    payday.work()
    assert len(payday.world.bodies("payout.due")) == 1  # of `noted` above


def noted(tx: Transaction, order: PaymentOrder) -> None:
    """Something that changes rows is on record."""
    tx.record(PaymentDue(order=order.id, session=order.session_id, centre=order.centre_id, due="", overdue=True))
