"""Puts the exact figures of payouts into their rows as soon as the names of their draw may be known."""

from typing import Final

from sqlalchemy import exists, select

from expertpool.core.transaction import Transaction
from expertpool.draws.looking import Look
from expertpool.draws.models import Assignment
from expertpool.payouts.models import Payout
from expertpool.payouts.taxing import open_taxes

_PENDING: Final = (
    select(Payout.draw_id)
    .where(Payout.month.is_not(None), Payout.gross.is_(None))
    .where(exists().where(Assignment.draw_id == Payout.draw_id))
    .distinct()
    .order_by(Payout.draw_id)
)


class Revealing(Look):
    """Opens the taxes of assigned draws."""

    waiting = _PENDING

    def do(self, tx: Transaction, waiting: str) -> None:
        open_taxes(tx, self._parts.keys, waiting)
