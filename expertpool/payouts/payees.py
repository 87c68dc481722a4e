"""Keeps whom a committee's money goes to before the vault's working copies are destroyed (``draws.archiving``).

It is needed until the last payment is made and taxed: the law withholds by person, and experts open what is theirs.
"""

from typing import Final

from sqlalchemy import exists, or_, select

from expertpool.core.transaction import Transaction
from expertpool.draws.assigning import seated_experts
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.looking import Look
from expertpool.draws.models import Draw, TurnedAway, WorkingCopy
from expertpool.draws.parts import Parts
from expertpool.payouts.models import Payee
from expertpool.payouts.sealed import Payed, keep_payee
from expertpool.sessions.models import Key

_PENDING: Final = (
    select(Draw.id)
    .where(
        or_(Draw.state == DrawState.CLOSED, exists().where(TurnedAway.draw_id == Draw.id)),
        exists().where(WorkingCopy.draw_id == Draw.id),
        ~exists().where(Payee.draw_id == Draw.id),
    )
    .order_by(Draw.id)
)


class Payees(Look):
    """Keeps the payees of draws that are over, before anything is archived."""

    waiting = _PENDING

    def do(self, tx: Transaction, waiting: str) -> None:
        ensure(tx, self._parts, waiting)


def ensure(tx: Transaction, parts: Parts, draw_id: str) -> None:
    """Keep the payees of a draw, once. Where its working copies are gone, they are without answer codes."""
    tx.session.get_one(Draw, draw_id, with_for_update=True)
    if tx.session.scalars(select(Payee.seat).where(Payee.draw_id == draw_id).limit(1)).first() is not None:
        return
    codes = {at: each.answer_code for at, each in occupants(tx.session, parts.keys, draw_id).items()}
    for at, expert in sorted(seated_experts(tx.session, parts, draw_id).items()):
        keep_payee(tx, parts.keys, Key(draw_id, *at), Payed(expert, codes.get(at, "")))
