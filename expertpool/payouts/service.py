"""The verbs of payouts for accounts: the payer confirms once, the centre answers objections."""

from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Caller, may
from expertpool.identity.roles import Role
from expertpool.identity.service import caller_of
from expertpool.payouts import errors
from expertpool.payouts.advancing import advance, totals
from expertpool.payouts.events import ObjectionAnswered, OrderApproved
from expertpool.payouts.lifecycle import OrderState, OrderVerb, PayoutState, PayoutVerb
from expertpool.payouts.models import Approval, PaymentOrder, Payout
from expertpool.projects.models import Project
from expertpool.projects.queries import target_of_project

OPEN = (OrderState.COMPUTED, OrderState.AGREED)


def confirm(tx: Transaction, order_id: str, *, revision: int) -> PaymentOrder:
    """Confirm an order for its payer, at the revision that the account has seen.

    It is confirmed when everybody has agreed and enough accounts have confirmed it. Raises `NotPermitted`, `WrongStep`,
    `AmountMoved`, `AlreadyApproved`, `CentrePays`.
    """
    order, caller = _allowed(tx, OrderVerb.CONFIRM.permission, order_id)
    if order.revision != revision:
        raise errors.AmountMoved(field="revision")
    if order.state not in OPEN:
        raise errors.WrongStep(order.state.value, OrderVerb.CONFIRM.value)
    if order.by_centre and caller.role is not Role.FINANCE:
        raise errors.CentrePays
    if tx.session.get(Approval, (order.id, tx.actor, revision)) is not None:
        raise errors.AlreadyApproved
    tx.session.add(Approval(order_id=order.id, actor_id=tx.actor, revision=revision, at=tx.now))
    tx.record(
        OrderApproved(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            revision=revision,
            totals=totals(order),
        )
    )
    advance(tx, order)
    return order


def answer_objection(tx: Transaction, payout_id: str, *, answer: str) -> Payout:
    """Answer an objection: the amount stays, and the expert reads why.

    Where the objection is right, the times of the day are corrected instead, and the amount follows. Raises
    `NotPermitted`, `NoObjection`.
    """
    found = tx.session.get(Payout, payout_id)
    order, _ = _allowed(tx, PayoutVerb.DISMISS.permission, None if found is None else found.order_id)
    payout = tx.session.get_one(Payout, payout_id, populate_existing=True)
    if payout.state is not PayoutState.OBJECTED:
        raise errors.NoObjection
    payout.move(PayoutVerb.DISMISS, tx.now)
    payout.answer, payout.agreed = answer, tx.now
    tx.record(
        ObjectionAnswered(
            order=order.id, session=order.session_id, centre=order.centre_id, seat=payout.seat, answer=answer
        )
    )
    advance(tx, order)
    return payout


def locked(tx: Transaction, order_id: str) -> PaymentOrder | None:
    """An order, locked: whoever changes one of its payouts holds it."""
    return tx.session.get(PaymentOrder, order_id, with_for_update=True, populate_existing=True)


def _allowed(tx: Transaction, verb: str, order_id: str | None) -> tuple[PaymentOrder, Caller]:
    """The order, locked, and whoever acts, if they may do this. Raises `NotPermitted`, also for one that is not."""
    caller = caller_of(tx)
    order = None if order_id is None else locked(tx, order_id)
    if caller is None or order is None:
        raise NotPermitted(verb)
    if not may(caller, verb, target_of_project(tx.session, tx.session.get_one(Project, order.project_id))):
        raise NotPermitted(verb)
    return order, caller
