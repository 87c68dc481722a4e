"""Payments to the provider: each at most once, whatever is lost, refused, repeated or out of order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.invitations.sending import Sender
from expertpool.payouts import resolving
from expertpool.payouts.errors import DifferenceOpen, WrongStep
from expertpool.payouts.lifecycle import OrderState, PayoutState
from expertpool.payouts.outcomes import DifferenceKind, Said
from expertpool.payouts.paying import Paying
from expertpool.payouts.provider import BatchForm, Outcome, Reason
from expertpool.payouts.settling import Source, Told, learn_of
from expertpool.payouts.unheard import PATIENCE, Unheard
from tests.draws.world import Phones
from tests.payouts.ready import AMOUNT, Ready
from tests.payouts.sandbox import Sandbox, serving


@contextmanager
def paid_by(ready: Ready, folder: Path, **behaviour: Any) -> Iterator[Sandbox]:
    """A sandbox provider that has the clock of the world."""
    with serving(folder, clock=ready.world.clock, **behaviour) as sandbox:
        yield sandbox


def pay(ready: Ready, sandbox: Sandbox, order: str) -> None:
    """Make a batch of an order and hand it over."""
    ready.batch(order, BatchForm.PROVIDER)
    step(ready, sandbox)


def step(ready: Ready, sandbox: Sandbox) -> None:
    while Paying(ready.desk, sandbox.provider()).step():
        pass


def report(ready: Ready, sandbox: Sandbox, *, backwards: bool = False) -> None:
    """Have the vault learn all that the provider reports, perhaps the last first."""
    found = sandbox.books.due(10_000)
    for event, body in reversed(found) if backwards else found:
        learn(ready, body)
        sandbox.books.reported(event)


def learn(ready: Ready, body: bytes) -> None:
    said = json.loads(body)
    told = Told(
        said["payment"],
        Said(Outcome(said["outcome"]), said["amount"], said["reference"]),
        said["reason"] and Reason(said["reason"]),
        Source.REPORT,
    )
    with ready.transactions.begin("svc:vault") as tx:
        learn_of(tx, ready.desk, told)
        tx.session.flush()


def by_finance(ready: Ready, verb: Any, *given: Any, **more: Any) -> Any:
    with ready.world.site.service.transactions.begin(ready.finance()) as tx:
        return verb(tx, *given, **more)


def test_an_order_is_paid_settled_and_in_the_books(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm()
    with paid_by(confirmed, tmp_path) as sandbox:
        pay(confirmed, sandbox, order)
        assert confirmed.states(order) == {PayoutState.RELEASED}
        assert confirmed.order(order).state is OrderState.RELEASED
        assert confirmed.balances(order) == {"fees": 5 * AMOUNT, "transit": -5 * AMOUNT}
        report(confirmed, sandbox)
        assert sandbox.books.paid() == {each.id: AMOUNT for each in confirmed.instructions(order)}
    assert confirmed.states(order) == {PayoutState.PAID}
    assert confirmed.order(order).state is OrderState.SETTLED
    assert confirmed.balances(order) == {"fees": 5 * AMOUNT, "bank": -5 * AMOUNT}
    assert reconcile(confirmed.world.site.service.engine) == []


def test_the_bank_gets_the_name_and_the_account_of_each(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm()
    with paid_by(confirmed, tmp_path) as sandbox:
        pay(confirmed, sandbox, order)
        rows = sandbox.books._file.execute("SELECT id, body FROM payments").fetchall()
    asked = {payment: json.loads(body)["account"] for payment, body in rows}
    assert asked == {each.id: confirmed.account_of(each) for each in confirmed.payouts(order)}


def test_reports_in_any_order_and_twice_come_to_the_same(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm(seats=6)
    with paid_by(confirmed, tmp_path, twice_every=1, return_every=3) as sandbox:
        pay(confirmed, sandbox, order)
        for backwards in (True, False):
            report(confirmed, sandbox, backwards=backwards)
        assert sandbox.books.waiting() == 0
        paid = sandbox.books.paid()
    states = {each.id: each.state for each in confirmed.payouts(order)}
    assert {name for name, state in states.items() if state is PayoutState.PAID} == set(paid)
    assert len(paid) == 4
    assert {state for name, state in states.items() if name not in paid} == {PayoutState.FAILED}
    assert confirmed.balances(order) == {"fees": 6 * AMOUNT, "payable": -2 * AMOUNT, "bank": -4 * AMOUNT}
    assert confirmed.differences(order) == []


def test_a_lost_answer_leaves_a_payment_unknown_and_nothing_is_sent_again(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm()
    with paid_by(confirmed, tmp_path, lose_every=1) as sandbox:
        pay(confirmed, sandbox, order)
        step(confirmed, sandbox)
        assert confirmed.states(order) == {PayoutState.UNKNOWN}
        assert len(sandbox.books.paid()) == 5
        report(confirmed, sandbox)
    assert confirmed.states(order) == {PayoutState.PAID}


def test_what_is_unknown_is_sent_again_by_a_person_under_its_id(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm(seats=1)
    with paid_by(confirmed, tmp_path, lose_every=1) as sandbox:
        pay(confirmed, sandbox, order)
        [payout] = confirmed.payouts(order)
        by_finance(confirmed, resolving.send_again, payout.id, note="已与支付机构核实")
        step(confirmed, sandbox)
        assert sandbox.books.paid() == {payout.id: AMOUNT}
    assert confirmed.states(order) == {PayoutState.RELEASED}
    assert confirmed.balances(order) == {"fees": AMOUNT, "transit": -AMOUNT}


def test_a_report_that_comes_before_a_second_try_leaves_prevents_it(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm(seats=1)
    with paid_by(confirmed, tmp_path, lose_every=1) as sandbox:
        pay(confirmed, sandbox, order)
        [payout] = confirmed.payouts(order)
        by_finance(confirmed, resolving.send_again, payout.id, note="未到账")
        report(confirmed, sandbox)
        step(confirmed, sandbox)
    assert confirmed.states(order) == {PayoutState.PAID}
    assert confirmed.balances(order) == {"fees": AMOUNT, "bank": -AMOUNT}


@pytest.mark.parametrize("paid", [True, False], ids=["paid", "unpaid"])
def test_a_person_states_what_became_of_it(confirmed: Ready, tmp_path: Path, *, paid: bool) -> None:
    [order] = confirmed.confirm(seats=1)
    with paid_by(confirmed, tmp_path, lose_every=1) as sandbox:
        pay(confirmed, sandbox, order)
        [payout] = confirmed.payouts(order)
        by_finance(confirmed, resolving.state_outcome, payout.id, paid=paid, note="电话核实")
        assert confirmed.states(order) == {PayoutState.PAID if paid else PayoutState.FAILED}
        report(confirmed, sandbox)
    differ = [each.kind for each in confirmed.differences(order)]
    assert differ == ([] if paid else [DifferenceKind.CONTRADICTED]), "the provider says that it was paid"
    with pytest.raises(WrongStep if paid else DifferenceOpen):
        by_finance(confirmed, resolving.send_again, payout.id, note="再付一次")


def test_what_the_provider_refuses_failed_and_the_expert_is_told(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm(seats=2)
    with paid_by(confirmed, tmp_path, refuse_every=2) as sandbox:
        pay(confirmed, sandbox, order)
    assert sorted(each.state for each in confirmed.payouts(order)) == [PayoutState.FAILED, PayoutState.RELEASED]
    assert confirmed.balances(order) == {"fees": 2 * AMOUNT, "payable": -AMOUNT, "transit": -AMOUNT}
    assert len(told(confirmed, order)) == 1


def test_what_failed_is_paid_again_to_another_account_only(confirmed: Ready, tmp_path: Path) -> None:
    [order] = confirmed.confirm(seats=1)
    with paid_by(confirmed, tmp_path, fail_every=1) as sandbox:
        pay(confirmed, sandbox, order)
        report(confirmed, sandbox)
        [payout] = confirmed.payouts(order)
        assert payout.state is PayoutState.FAILED
        by_finance(confirmed, resolving.send_again, payout.id, note="请重付")
        assert confirmed.batch(order, BatchForm.PROVIDER)
        assert confirmed.states(order) == {PayoutState.FAILED}, "it is still the account that the bank found wrong"
        confirmed.amend_account(payout, "6222021234567890128")
        by_finance(confirmed, resolving.send_again, payout.id, note="已更正")
        pay(confirmed, sandbox, order)
        second = confirmed.instructions(order)[-1]
        assert (second.id, second.attempt) == (f"{payout.id}-2", 2)
        assert confirmed.states(order) == {PayoutState.RELEASED}
    assert len(told(confirmed, order)) == 2


def test_what_was_taken_and_never_reported_is_unknown_after_three_days(confirmed: Ready, tmp_path: Path) -> None:
    [order], [in_file] = confirmed.confirm(seats=2), confirmed.confirm(seats=1)
    confirmed.batch(in_file)
    with paid_by(confirmed, tmp_path) as sandbox:
        pay(confirmed, sandbox, order)
        taken = confirmed.world.clock.now()
        confirmed.world.clock.advance(PATIENCE - timedelta(seconds=1))
        assert not Unheard(confirmed.world.parts()).step()
        confirmed.world.clock.advance(taken + PATIENCE - confirmed.world.clock.now())
        assert Unheard(confirmed.world.parts()).step()
        assert confirmed.states(order) == {PayoutState.UNKNOWN}
        assert confirmed.states(in_file) == {PayoutState.BATCHED}
        report(confirmed, sandbox)
    assert confirmed.states(order) == {PayoutState.PAID}, "a report that comes late is as good"


def told(ready: Ready, order: str) -> list[str]:
    """What the phones of those whom an order pays were sent about payments."""
    sender = Sender(ready.desk)
    while sender.step():
        pass
    phones = {ready.phone_of(payout) for payout in ready.payouts(order)}
    first = ready.world.phones[0]
    assert isinstance(first, Phones)
    return [each.text for each in first.sent.values() if each.to in phones and "劳务报酬" in each.text]
