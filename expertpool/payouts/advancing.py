"""What follows by rule once somebody has agreed or confirmed: the order goes on when nothing stands against it."""

from typing import Final

from expertpool.core.transaction import Transaction
from expertpool.payouts.accounts import Movement
from expertpool.payouts.events import OrderConfirmed
from expertpool.payouts.lifecycle import OrderState, OrderVerb, PayoutState, PayoutVerb
from expertpool.payouts.models import PaymentOrder
from expertpool.payouts.posting import post
from expertpool.payouts.queries import approvals_of, payable_of, payouts_of

BATCH: Final = "payouts.batch"
"""The vault's job that takes a confirmed order up: ``{"order": id}``."""


def advance(tx: Transaction, order: PaymentOrder) -> None:
    """Let an order be agreed when every seat has, and confirmed when enough accounts have confirmed it as it stands.

    A payer may confirm before everybody has agreed; it counts when the last has, unless an amount changes before.
    """
    tx.session.flush()
    due = payouts_of(tx.session, order.id)
    if order.state is OrderState.COMPUTED and all(each.state is PayoutState.AGREED for each in due):
        order.move(OrderVerb.AGREE)
    if order.state is OrderState.AGREED and len(approvals_of(tx.session, order)) >= order.approvers:
        order.move(OrderVerb.CONFIRM)
        order.confirmed = tx.now
        for each in payable_of(tx.session, order.id):
            each.move(PayoutVerb.CONFIRM, tx.now)
            post(tx, each, Movement.CONFIRMED)
        tx.record(
            OrderConfirmed(
                order=order.id,
                session=order.session_id,
                centre=order.centre_id,
                revision=order.revision,
                totals=totals(order),
            )
        )
        tx.enqueue(BATCH, {"order": order.id})


def totals(order: PaymentOrder) -> dict[str, int]:
    """What an order comes to, in 分."""
    return {"amount": order.amount, "expenses": order.expenses, "tax": order.tax}
