"""Keeps whom a committee's money goes to before the vault's working copies are destroyed (``draws.archiving``).

It is needed until the last payment is made and taxed: the law withholds by person, and experts open what is theirs.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transaction
from expertpool.draws.assigning import seated_experts
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, TurnedAway, WorkingCopy
from expertpool.draws.parts import VAULT, Parts
from expertpool.payouts.models import Payee
from expertpool.payouts.sealed import Payed, keep_payee
from expertpool.sessions.models import Key

PAUSE: Final = timedelta(seconds=1)
_PENDING: Final = (
    select(Draw.id)
    .where(
        or_(Draw.state == DrawState.CLOSED, exists().where(TurnedAway.draw_id == Draw.id)),
        exists().where(WorkingCopy.draw_id == Draw.id),
        ~exists().where(Payee.draw_id == Draw.id),
    )
    .order_by(Draw.id)
)


class Payees:
    """Keeps the payees of draws that are over. Looked for at most once a second, before anything is archived."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None

    def step(self) -> bool:
        """Keep what is missing; returns whether anything was."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            waiting = session.scalars(_PENDING).all()
        for draw_id in waiting:
            with self._parts.transactions.begin(VAULT) as tx:
                ensure(tx, self._parts, draw_id)
        return bool(waiting)


def ensure(tx: Transaction, parts: Parts, draw_id: str) -> None:
    """Keep the payees of a draw, once. Where its working copies are gone, they are without answer codes."""
    tx.session.get_one(Draw, draw_id, with_for_update=True)
    if tx.session.scalars(select(Payee.seat).where(Payee.draw_id == draw_id).limit(1)).first() is not None:
        return
    codes = {at: each.answer_code for at, each in occupants(tx.session, parts.keys, draw_id).items()}
    for at, expert in sorted(seated_experts(tx.session, parts, draw_id).items()):
        keep_payee(tx, parts.keys, Key(draw_id, *at), Payed(expert, codes.get(at, "")))
