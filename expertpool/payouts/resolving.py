"""What a person decides about payments: of which it is unknown what became, that failed, or of which something differs.

Whoever decides says on what ground; nothing here sends anything, the vault does.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.payouts.advancing import BATCH
from expertpool.payouts.errors import DifferenceOpen, NoSuchDifference, NoSuchPayout, NotByProvider, WrongStep
from expertpool.payouts.events import DifferenceSettled, PaymentSentAgain, PaymentStated
from expertpool.payouts.lifecycle import PayoutState, PayoutVerb
from expertpool.payouts.models import Difference, Instruction, PaymentBatch, PaymentOrder, Payout
from expertpool.payouts.provider import BatchForm, Outcome, Reason
from expertpool.payouts.settling import arrive, come_to_nothing

RESOLVE: Final = "payout.resolve"
OPEN_ENDED: Final = (PayoutState.UNKNOWN, PayoutState.RELEASED)
"""In these it may be that nobody ever says what became of a payment."""


def send_again(tx: Transaction, payout_id: str, *, note: str) -> Payout:
    """Have the vault pay again: what is unknown under the same id, what failed as a new attempt with an id of its own.

    Raises `NotPermitted`, `NoSuchPayout`, `WrongStep`, `NotByProvider`, `DifferenceOpen`.
    """
    order, payout, last = _locked(tx, payout_id)
    if payout.state not in (PayoutState.UNKNOWN, PayoutState.FAILED):
        raise WrongStep(payout.state.value, PayoutVerb.AGAIN.value)
    if open_differences(tx.session, payout.id):
        raise DifferenceOpen
    if payout.state is PayoutState.UNKNOWN:
        if last is None or tx.session.get_one(PaymentBatch, last.batch_id).form is not BatchForm.PROVIDER:
            raise NotByProvider
    else:
        tx.enqueue(BATCH, {"order": order.id})
    payout.move(PayoutVerb.AGAIN, tx.now)
    tx.record(
        PaymentSentAgain(order=order.id, session=order.session_id, centre=order.centre_id, payment=payout.id, note=note)
    )
    return payout


def state_outcome(tx: Transaction, payout_id: str, *, paid: bool, note: str) -> Payout:
    """State, on the bank's word, that a payment arrived, or that it was not made and will not be.

    Raises `NotPermitted`, `NoSuchPayout`, `WrongStep`.
    """
    order, payout, last = _locked(tx, payout_id)
    verb = PayoutVerb.PAY if paid else PayoutVerb.FAIL
    if payout.state not in OPEN_ENDED or last is None:
        raise WrongStep(payout.state.value, verb.value)
    last.outcome = Outcome.PAID if paid else Outcome.FAILED
    last.reason = None if paid else Reason.OTHER
    if paid:
        arrive(tx, order, payout)
    else:
        come_to_nothing(tx, order, payout)
    tx.record(
        PaymentStated(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            payment=last.id,
            outcome=last.outcome.value,
            note=note,
        )
    )
    return payout


def settle_difference(tx: Transaction, difference_id: str, *, note: str) -> Difference:
    """Put a difference aside, saying how it was dealt with. Raises `NotPermitted`, `NoSuchDifference`."""
    row = tx.session.get(Difference, difference_id, with_for_update=True, populate_existing=True)
    require(tx, RESOLVE, Target() if row is None else target_of(tx.session, tx.session.get_one(Centre, row.centre_id)))
    if row is None or row.settled is not None:
        raise NoSuchDifference
    row.settled, row.settled_by, row.note = tx.now, tx.actor, note
    tx.record(DifferenceSettled(centre=row.centre_id, difference=row.id, note=note))
    return row


def visible_differences(session: Session, caller: Caller, *, settled: bool = False) -> list[Difference]:
    """What does not fit and waits for the caller, the oldest first; or what was dealt with."""
    found = select(Difference).where(Difference.settled.is_not(None) if settled else Difference.settled.is_(None))
    rows = session.scalars(found.order_by(Difference.found, Difference.id))
    return [row for row in rows if may(caller, RESOLVE, target_of(session, session.get_one(Centre, row.centre_id)))]


def open_differences(session: Session, payout_id: str) -> list[Difference]:
    """What does not fit about a payout; while there is any, it is not paid again."""
    found = select(Difference).where(Difference.payout_id == payout_id, Difference.settled.is_(None))
    return list(session.scalars(found.order_by(Difference.found, Difference.id)))


def last_instruction(session: Session, payout_id: str) -> Instruction | None:
    """The latest attempt at a payout."""
    found = select(Instruction).where(Instruction.payout_id == payout_id)
    return session.scalars(found.order_by(Instruction.attempt.desc()).limit(1)).first()


def batches_of(session: Session, order_id: str) -> list[PaymentBatch]:
    """The batches of an order, in their order."""
    found = select(PaymentBatch).where(PaymentBatch.order_id == order_id)
    return list(session.scalars(found.order_by(PaymentBatch.number)))


def _locked(tx: Transaction, payout_id: str) -> tuple[PaymentOrder, Payout, Instruction | None]:
    """A payout that the actor may decide about, its order locked. Raises `NotPermitted`, `NoSuchPayout`."""
    payout = tx.session.get(Payout, payout_id)
    centre = None if payout is None else tx.session.get_one(Centre, payout.centre_id)
    require(tx, RESOLVE, Target() if centre is None else target_of(tx.session, centre))
    if payout is None:
        raise NoSuchPayout
    order = tx.session.get_one(PaymentOrder, payout.order_id, with_for_update=True, populate_existing=True)
    tx.session.refresh(payout)
    return order, payout, last_instruction(tx.session, payout.id)
