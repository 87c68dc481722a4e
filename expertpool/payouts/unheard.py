"""Payments of which the provider has said nothing for too long: a person has to find out what became of them."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.draws.parts import VAULT, Parts
from expertpool.payouts.events import PaymentsUnheard
from expertpool.payouts.lifecycle import PayoutState, PayoutVerb
from expertpool.payouts.models import Instruction, PaymentBatch, PaymentOrder, Payout
from expertpool.payouts.provider import BatchForm

PATIENCE: Final = timedelta(days=3)
"""How long a provider may take to report: a product default, longer than the 24 hours for which it repeats a report."""
PAUSE: Final = timedelta(minutes=1)


class Unheard:
    """Looks now and then for payments that were taken and never reported, and says that their fate is unknown."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None

    def step(self) -> bool:
        """Note what is due; returns whether there was anything."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            found = session.execute(
                select(Payout.order_id, Payout.id)
                .join(Instruction, (Instruction.payout_id == Payout.id) & (Instruction.attempt == Payout.attempt))
                .join(PaymentBatch, PaymentBatch.id == Instruction.batch_id)
                .where(Payout.state == PayoutState.RELEASED, Payout.changed <= now - PATIENCE)
                .where(PaymentBatch.form == BatchForm.PROVIDER)
                .order_by(Payout.order_id, Payout.id)
            ).all()
        for order, rows in groupby(found, key=lambda row: row.order_id):
            self._note(order, [row.id for row in rows], now)
        return bool(found)

    def _note(self, order_id: str, payouts: list[str], now: datetime) -> None:
        with self._parts.transactions.begin(VAULT) as tx:
            order = tx.session.get_one(PaymentOrder, order_id, with_for_update=True)
            rows = [tx.session.get_one(Payout, name, populate_existing=True) for name in payouts]
            lost = [row for row in rows if row.state is PayoutState.RELEASED and row.changed <= now - PATIENCE]
            for row in lost:
                row.move(PayoutVerb.LOSE, tx.now)
            if lost:
                tx.record(
                    PaymentsUnheard(
                        order=order.id,
                        session=order.session_id,
                        centre=order.centre_id,
                        unheard=[row.id for row in lost],
                    )
                )
