"""Puts the exact figures of payouts into their rows as soon as the names of their draw may be known."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.draws.models import Assignment
from expertpool.draws.parts import VAULT, Parts
from expertpool.payouts.models import Payout
from expertpool.payouts.taxing import open_taxes

PAUSE: Final = timedelta(seconds=1)
_PENDING: Final = (
    select(Payout.draw_id)
    .where(Payout.month.is_not(None), Payout.gross.is_(None))
    .where(exists().where(Assignment.draw_id == Payout.draw_id))
    .distinct()
    .order_by(Payout.draw_id)
)


class Revealing:
    """Opens the taxes of assigned draws. Looked for at most once a second."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None

    def step(self) -> bool:
        """Open what may be; returns whether anything was."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            waiting = session.scalars(_PENDING).all()
        for draw_id in waiting:
            with self._parts.transactions.begin(VAULT) as tx:
                open_taxes(tx, self._parts.keys, draw_id)
        return bool(waiting)
