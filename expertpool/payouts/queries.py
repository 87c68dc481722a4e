"""Named reads of payouts. Nothing here opens what is sealed, and nothing here knows a name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.identity.permissions import Caller, may
from expertpool.payouts.errors import NoSuchOrder, NoSuchPayout
from expertpool.payouts.lifecycle import OrderState, PayoutState
from expertpool.payouts.models import Approval, PaymentOrder, Payout, Posting
from expertpool.projects.models import Project
from expertpool.projects.queries import target_of_project

SEE: Final = "payout.see"
UNPAID: Final = (OrderState.COMPUTED, OrderState.AGREED, OrderState.CONFIRMED, OrderState.BATCHED)
"""In these no money has left."""


def order_of(session: Session, subject: str) -> PaymentOrder | None:
    """The order of a session, or of a cancelled draw; None before there is one."""
    return session.scalars(select(PaymentOrder).where(PaymentOrder.subject == subject)).one_or_none()


def orders_of_session(session: Session, session_id: str) -> Sequence[PaymentOrder]:
    """Every order of a session, the oldest first."""
    found = select(PaymentOrder).where(PaymentOrder.session_id == session_id)
    return session.scalars(found.order_by(PaymentOrder.computed, PaymentOrder.id)).all()


def visible_orders(session: Session, caller: Caller, states: Sequence[OrderState] = ()) -> list[PaymentOrder]:
    """The orders that the caller may see, those due first; of these states, where any are given."""
    found = select(PaymentOrder).order_by(PaymentOrder.due, PaymentOrder.computed, PaymentOrder.id)
    if states:
        found = found.where(PaymentOrder.state.in_(states))
    return [order for order in session.scalars(found) if may_see(session, caller, order)]


def visible_order(session: Session, caller: Caller, order_id: str) -> PaymentOrder:
    """An order that the caller may see. Raises `NoSuchOrder`."""
    return _visible(session, caller, session.get(PaymentOrder, order_id))


def order_by_token(session: Session, caller: Caller, token: str) -> PaymentOrder:
    """The order whose QR code the caller scanned. Raises `NoSuchOrder`."""
    return _visible(session, caller, session.scalars(select(PaymentOrder).where(PaymentOrder.token == token)).first())


def may_see(session: Session, caller: Caller, order: PaymentOrder, verb: str = SEE) -> bool:
    """Whether the caller may do this to an order."""
    return may(caller, verb, target_of_project(session, session.get_one(Project, order.project_id)))


def payouts_of(session: Session, order_id: str) -> Sequence[Payout]:
    """The payouts of an order, by seat."""
    found = select(Payout).where(Payout.order_id == order_id)
    return session.scalars(found.order_by(Payout.draw_id, Payout.seat, Payout.vacancy)).all()


def payable_of(session: Session, order_id: str) -> list[Payout]:
    """Those by which money moves: a seat that forfeited its fee has a payout of nothing."""
    return [each for each in payouts_of(session, order_id) if each.amount > 0]


def visible_payout(session: Session, caller: Caller, payout_id: str) -> Payout:
    """A payout of an order that the caller may see. Raises `NoSuchPayout`."""
    payout = session.get(Payout, payout_id)
    if payout is None or not may_see(session, caller, session.get_one(PaymentOrder, payout.order_id)):
        raise NoSuchPayout
    return payout


def approvals_of(session: Session, order: PaymentOrder) -> Sequence[Approval]:
    """Who has confirmed the order as it stands, the first before the second."""
    found = select(Approval).where(Approval.order_id == order.id, Approval.revision == order.revision)
    return session.scalars(found.order_by(Approval.at, Approval.actor_id)).all()


def postings_of(session: Session, order_id: str) -> Sequence[Posting]:
    """The movements of an order's money, in time."""
    found = select(Posting).where(Posting.order_id == order_id)
    return session.scalars(found.order_by(Posting.at, Posting.payout_id, Posting.movement)).all()


def is_overdue(order: PaymentOrder, now: datetime) -> bool:
    """Whether an order should have been paid by now."""
    return order.state in UNPAID and order.due is not None and order.due < now


def is_due_soon(order: PaymentOrder, now: datetime) -> bool:
    """Whether its last day for paying comes near, by the rulebook."""
    return order.state in UNPAID and order.warn is not None and order.warn <= now and not is_overdue(order, now)


def in_trouble(session: Session, order_id: str) -> list[Payout]:
    """The payouts of an order that wait for a person: objected to, failed, or unknown."""
    states = (PayoutState.OBJECTED, PayoutState.FAILED, PayoutState.UNKNOWN)
    return [each for each in payouts_of(session, order_id) if each.state in states]


def _visible(session: Session, caller: Caller, order: PaymentOrder | None) -> PaymentOrder:
    if order is None or not may_see(session, caller, order):
        raise NoSuchOrder
    return order
