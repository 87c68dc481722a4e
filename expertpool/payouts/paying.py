"""Handing payments to the provider, at most once each (ADR 34).

They are marked as unknown in one transaction, handed over with none open, and what the provider said is recorded in
another. Whoever finds a mark sends nothing: after a crash anywhere between, a payment stays unknown until a report, the
bank's statement or a person tells.
"""

from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.parts import VAULT
from expertpool.invitations.parts import Desk
from expertpool.payouts.accounts import Account, Movement
from expertpool.payouts.events import PaymentsAnswered, PaymentsLeft
from expertpool.payouts.instructions import Kept, kept
from expertpool.payouts.lifecycle import OrderState, OrderVerb, PayoutState, PayoutVerb
from expertpool.payouts.models import Instruction, PaymentBatch, PaymentOrder, Payout
from expertpool.payouts.posting import post, stands_on
from expertpool.payouts.provider import BatchForm, Outcome, Provider, ProviderFailed, ProviderRefused, Reason
from expertpool.payouts.settling import fail

_WAITING: Final = (
    select(PaymentBatch.id)
    .join(Instruction, Instruction.batch_id == PaymentBatch.id)
    .join(Payout, (Payout.id == Instruction.payout_id) & (Payout.attempt == Instruction.attempt))
    .where(PaymentBatch.form == BatchForm.PROVIDER, Payout.state == PayoutState.BATCHED, Instruction.outcome.is_(None))
    .order_by(PaymentBatch.made, PaymentBatch.id)
    .limit(1)
)

log = structlog.get_logger("payments")


class Answer(StrEnum):
    """What the provider said."""

    TAKEN = "taken"
    REFUSED = "refused"
    NOTHING = "nothing"


class Paying:
    """Hands over what is due, one batch at a time. Several may run."""

    def __init__(self, desk: Desk, provider: Provider) -> None:
        self._desk = desk
        self._parts = desk.parts
        self._provider = provider

    def step(self) -> bool:
        """Hand a batch over; returns whether there was one."""
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            batch = session.scalar(_WAITING)
        if batch is None:
            return False
        leaving = self._mark(batch)
        if leaving:
            crash_point("payout.leaving")
            self._record(batch, {each.row.id: self._hand_over(each) for each in leaving})
        return True

    def _mark(self, batch_id: str) -> list[Kept]:
        """Write down that these may have left, before they do; nobody else gets them."""
        with self._parts.transactions.begin(VAULT) as tx:
            batch, order = _locked(tx, batch_id)
            leaving = leave(tx, batch, order)
            crash_point("payout.marked")
            return [kept(self._parts.keys, row) for row in leaving]

    def _hand_over(self, each: Kept) -> Answer:
        """No log says of which payment the provider failed, nor that it refused one."""
        try:
            self._provider.pay(each.payment)
        except ProviderRefused:
            return Answer.REFUSED
        except Exception as error:  # noqa: BLE001 -- a provider may raise anything; whether it pays is unknown
            reason = error.code if isinstance(error, ProviderFailed) else type(error).__name__
            log.warning("payments.unknown", reason=reason)
            return Answer.NOTHING
        crash_point("payout.sent")
        return Answer.TAKEN

    def _record(self, batch_id: str, answers: dict[str, Answer]) -> None:
        """Note what the provider said, of payments of which nobody has said more meanwhile."""
        with self._parts.transactions.begin(VAULT) as tx:
            batch, order = _locked(tx, batch_id)
            for name, answer in answers.items():
                row = tx.session.get_one(Instruction, name, populate_existing=True)
                payout = tx.session.get_one(Payout, row.payout_id, populate_existing=True)
                if payout.state is not PayoutState.UNKNOWN or row.outcome is not None:
                    continue
                if answer is Answer.TAKEN:
                    payout.move(PayoutVerb.RELEASE, tx.now)
                elif answer is Answer.REFUSED:
                    row.outcome, row.reason = Outcome.FAILED, Reason.ACCOUNT
                    fail(tx, self._desk, order, payout, kept(self._parts.keys, row))
            tx.record(
                PaymentsAnswered(
                    order=order.id,
                    session=order.session_id,
                    centre=order.centre_id,
                    batch=batch.id,
                    answers={name: answer.value for name, answer in answers.items()},
                )
            )
            tx.session.flush()
            crash_point("payout.answered")


def leave(tx: Transaction, batch: PaymentBatch, order: PaymentOrder) -> list[Instruction]:
    """Mark the payments of a batch that wait as unknown, by this act; returns them: none where somebody else did."""
    waiting = tx.session.execute(
        select(Instruction, Payout)
        .join(Payout, (Payout.id == Instruction.payout_id) & (Payout.attempt == Instruction.attempt))
        .where(Instruction.batch_id == batch.id, Payout.state == PayoutState.BATCHED, Instruction.outcome.is_(None))
        .order_by(Instruction.id)
        .execution_options(populate_existing=True)
    ).all()
    if not waiting:
        return []
    for _, payout in waiting:
        payout.move(PayoutVerb.LEAVE, tx.now)
        if stands_on(tx.session, payout) is Account.PAYABLE:
            post(tx, payout, Movement.RELEASED)
    batch.released = batch.released or tx.now
    if order.state is OrderState.BATCHED:
        order.move(OrderVerb.RELEASE)
    tx.record(
        PaymentsLeft(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            batch=batch.id,
            payments=len(waiting),
        )
    )
    tx.session.flush()
    return [row for row, _ in waiting]


def _locked(tx: Transaction, batch_id: str) -> tuple[PaymentBatch, PaymentOrder]:
    """A batch and its order, which whoever acts on either locks."""
    batch = tx.session.get_one(PaymentBatch, batch_id)
    order = tx.session.get_one(PaymentOrder, batch.order_id, with_for_update=True, populate_existing=True)
    tx.session.refresh(batch)
    return batch, order
