"""What happens to payouts when time passes: silence becomes an agreement, and a payment falls due."""

from collections.abc import Mapping
from typing import Final

from expertpool.core.jobs import Handler, Job
from expertpool.core.transaction import Transaction
from expertpool.payouts.advancing import advance
from expertpool.payouts.events import PaymentDue, PayoutAgreed
from expertpool.payouts.lifecycle import PayoutState, PayoutVerb
from expertpool.payouts.models import PaymentOrder
from expertpool.payouts.queries import UNPAID, payouts_of
from expertpool.payouts.service import locked
from ledger.entry import format_time

SILENCE: Final = "payouts.silence"
"""``{"order": id}``: whoever has not objected in time has agreed."""
DUE: Final = "payouts.due"
"""``{"order": id, "overdue": bool}``: its last day for paying comes near, or has passed."""


def plan_silence(tx: Transaction, order: PaymentOrder) -> None:
    """Have silence become an agreement when the time for objections is over."""
    tx.enqueue(SILENCE, {"order": order.id}, not_before=order.agree_until)


def plan_deadlines(tx: Transaction, order: PaymentOrder) -> None:
    """Have the payer warned, and told when it is too late."""
    if order.warn is not None:
        tx.enqueue(DUE, {"order": order.id, "overdue": False}, not_before=order.warn)
    if order.due is not None:
        tx.enqueue(DUE, {"order": order.id, "overdue": True}, not_before=order.due)


def silence(tx: Transaction, job: Job) -> None:
    """Take the silence of those who had their time; who was asked again later has theirs yet."""
    order = locked(tx, job.args["order"])
    if order is None:
        return
    silent = [
        each
        for each in payouts_of(tx.session, order.id)
        if each.state is PayoutState.COMPUTED and each.agree_until <= tx.now
    ]
    if not silent:
        return
    for payout in silent:
        payout.move(PayoutVerb.AGREE, tx.now)
        payout.agreed = tx.now
    tx.record(
        PayoutAgreed(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            seats=[each.seat for each in silent],
            silent=True,
        )
    )
    advance(tx, order)


def due(tx: Transaction, job: Job) -> None:
    """Put on record that a payment comes due or is overdue, if it has not been made; webhooks tell it."""
    order = locked(tx, job.args["order"])
    if order is None or order.due is None or order.state not in UNPAID:
        return
    tx.record(
        PaymentDue(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            due=format_time(order.due),
            overdue=bool(job.args["overdue"]),
        )
    )


HANDLERS: Final[Mapping[str, Handler]] = {SILENCE: silence, DUE: due}
