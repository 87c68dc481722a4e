"""A bank's statement is imported once, compared in the vault, and what does not fit goes to a person."""

from collections.abc import Sequence
from typing import Any

import pytest

from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.payouts import resolving
from expertpool.payouts.errors import NoSuchDifference, StatementKnown
from expertpool.payouts.lifecycle import OrderState, PayoutState
from expertpool.payouts.models import BankStatement, Instruction
from expertpool.payouts.outcomes import DifferenceKind
from expertpool.payouts.provider import BatchForm, Outcome, Reason
from expertpool.payouts.reconciling import import_statement
from expertpool.payouts.statements import Statement, StatementLine
from tests.payouts.ready import AMOUNT, Ready


def released(ready: Ready, seats: int = 3) -> tuple[str, list[Instruction]]:
    """An order whose payments the provider has taken."""
    [order] = ready.confirm(seats=seats)
    ready.batch(order, BatchForm.PROVIDER)
    ready.left(order)
    return order, ready.instructions(order)


def line(ready: Ready, payment: str, row: int = 2, **changed: Any) -> StatementLine:
    given = {"outcome": Outcome.PAID, "amount": AMOUNT, "reference": f"T-{payment}", "reason": None, **changed}
    return StatementLine(row=row, payment=payment, at=ready.world.clock.now(), **given)


def imported(ready: Ready, lines: Sequence[StatementLine], content: bytes, role: Role = Role.FINANCE) -> BankStatement:
    """Import a statement, have the vault compare it, and read how it stands."""
    ready.world.site.token(role)
    service = ready.world.site.service
    with service.transactions.begin(ready.world.site.actors[role].id) as tx:
        statement = Statement(tuple(lines), others=7)
        row = import_statement(tx, service.keys, ready.draw.centre_id, content=content, statement=statement)
    vault = ready.world.vault()
    while vault.step():
        pass
    with ready.world.session() as session:
        return session.get_one(BankStatement, row.id)


def counts(row: BankStatement) -> tuple[int, int, int, int]:
    assert row.compared is not None
    return row.lines, row.matched, row.known, row.differences


def test_what_a_statement_shows_is_reconciled(confirmed: Ready) -> None:
    order, payments = released(confirmed)
    lines = [line(confirmed, each.id, row) for row, each in enumerate(payments, 2)]
    assert counts(imported(confirmed, lines, b"all")) == (3, 3, 0, 0)
    assert confirmed.states(order) == {PayoutState.RECONCILED}
    assert confirmed.order(order).state is OrderState.SETTLED
    assert confirmed.balances(order) == {"fees": 3 * AMOUNT, "bank": -3 * AMOUNT}


def test_the_same_file_again_is_recognised_and_the_same_lines_change_nothing(confirmed: Ready) -> None:
    order, payments = released(confirmed)
    lines = [line(confirmed, each.id) for each in payments]
    imported(confirmed, lines, b"once")
    with pytest.raises(StatementKnown):
        imported(confirmed, lines, b"once")
    assert counts(imported(confirmed, lines, b"once, and a line below")) == (3, 0, 3, 0)
    assert confirmed.states(order) == {PayoutState.RECONCILED}
    assert confirmed.balances(order) == {"fees": 3 * AMOUNT, "bank": -3 * AMOUNT}


def test_what_came_back_is_owed_again_and_the_order_is_open_again(confirmed: Ready) -> None:
    order, [payment] = released(confirmed, seats=1)
    imported(confirmed, [line(confirmed, payment.id)], b"paid")
    back = line(confirmed, payment.id, outcome=Outcome.RETURNED, reference="R-1", reason=Reason.ACCOUNT)
    assert counts(imported(confirmed, [back], b"back")) == (1, 1, 0, 0)
    assert confirmed.states(order) == {PayoutState.FAILED}
    assert confirmed.order(order).state is OrderState.RELEASED
    assert confirmed.balances(order) == {"fees": AMOUNT, "payable": -AMOUNT}


@pytest.fixture
def differing(confirmed: Ready) -> tuple[Ready, str, str]:
    """A payment that was paid, and what a statement says besides."""
    order, [payment] = released(confirmed, seats=1)
    imported(confirmed, [line(confirmed, payment.id)], payment.id.encode())
    return confirmed, order, payment.id


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"amount": AMOUNT + 1}, DifferenceKind.AMOUNT),
        ({"reference": "another"}, DifferenceKind.TWICE),
        ({"outcome": Outcome.FAILED, "reason": Reason.OTHER}, DifferenceKind.CONTRADICTED),
    ],
    ids=["amount", "twice", "failed"],
)
def test_a_difference_goes_to_a_person_with_its_line(
    differing: tuple[Ready, str, str], said: dict[str, Any], kind: DifferenceKind
) -> None:
    ready, order, payment = differing
    row = imported(ready, [line(ready, payment, 17, **said)], kind.value.encode())
    assert counts(row) == (1, 0, 0, 1)
    [found] = ready.differences(order)
    assert (found.kind, found.payout_id, found.statement_id, found.line) == (kind, payment, row.id, 17)
    assert ready.states(order) == {PayoutState.RECONCILED}, "nothing was changed"
    assert counts(imported(ready, [line(ready, payment, 3, **said)], kind.value.encode() * 2))[2] == 1
    assert len(ready.differences(order)) == 1, "said again it is known"


def test_a_person_deals_with_a_difference_once(differing: tuple[Ready, str, str]) -> None:
    ready, order, payment = differing
    imported(ready, [line(ready, payment, amount=1)], payment.encode() + b"x")
    [found] = ready.differences(order)
    service = ready.world.site.service
    ready.world.site.token(Role.CENTRE_STAFF)
    with (
        pytest.raises(NotPermitted),
        service.transactions.begin(ready.world.site.actors[Role.CENTRE_STAFF].id) as tx,
    ):
        resolving.settle_difference(tx, found.id, note="x")
    with service.transactions.begin(ready.finance()) as tx:
        resolving.settle_difference(tx, found.id, note="银行更正了回单")
    [settled] = ready.differences(order)
    assert (settled.note, settled.settled_by) == ("银行更正了回单", ready.finance())
    with pytest.raises(NoSuchDifference), service.transactions.begin(ready.finance()) as tx:
        resolving.settle_difference(tx, found.id, note="再来")


def test_a_payment_of_nobody_is_shown_once(confirmed: Ready) -> None:
    stranger = line(confirmed, "pay_0123456789abcdefghjkmnpqrs")
    assert counts(imported(confirmed, [stranger], b"stranger")) == (1, 0, 0, 1)
    assert counts(imported(confirmed, [stranger], b"stranger again")) == (1, 0, 1, 0)
    [found] = confirmed.differences()
    assert found.kind is DifferenceKind.STRANGER


def test_only_finance_imports(confirmed: Ready) -> None:
    for role in (Role.CENTRE_STAFF, Role.INITIATOR, Role.SUPERVISOR):
        with pytest.raises(NotPermitted):
            imported(confirmed, [], b"nobody's", role)
