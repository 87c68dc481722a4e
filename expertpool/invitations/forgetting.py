"""What is left of calls once the vault's working copies are gone: evidence stays, numbers, texts and codes go."""

from dataclasses import replace
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.keystore import SealBroken
from expertpool.core.transaction import Transaction
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, WorkingCopy
from expertpool.draws.parts import VAULT
from expertpool.invitations.altered import tell_altered
from expertpool.invitations.models import NoticeGiven, OutgoingMessage
from expertpool.invitations.parts import Desk
from expertpool.invitations.stored import errands_of, invitations_of, keep_errand, keep_invited

FORGOTTEN: Final = "forgotten"
_DONE: Final = exists().where(NoticeGiven.draw_id == Draw.id, NoticeGiven.notice == FORGOTTEN)
_REMEMBERED: Final = (
    select(Draw.id)
    .where(Draw.state == DrawState.CLOSED, exists().where(OutgoingMessage.draw_id == Draw.id))
    .where(~exists().where(WorkingCopy.draw_id == Draw.id), ~_DONE)
    .order_by(Draw.id)
)


class Forgetting:
    """Looks which closed draws have lost their working copies, and empties what is sealed of their calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def step(self) -> bool:
        """Forget what is to be forgotten; returns whether there was anything."""
        with Session(self._desk.parts.engine.execution_options(**READ_ONLY)) as session:
            found = session.scalars(_REMEMBERED).all()
        return sum(self._forgot(draw) for draw in found) > 0

    def _forgot(self, draw: str) -> bool:
        """Empty the rows of one draw; one whose rows were altered holds up no other."""
        try:
            with self._desk.parts.transactions.begin(VAULT) as tx:
                _forget(tx, self._desk, draw)
        except SealBroken:
            tell_altered(draw)
            return False
        return True


def _forget(tx: Transaction, desk: Desk, draw: str) -> None:
    tx.session.get_one(Draw, draw, with_for_update=True)
    if tx.session.get(NoticeGiven, (draw, FORGOTTEN)) is not None:
        return
    tx.session.add(NoticeGiven(draw_id=draw, notice=FORGOTTEN))
    for kept in errands_of(tx.session, desk.parts.keys, draw):
        kept.row.due = None
        keep_errand(desk.parts.keys, kept.row, replace(kept.errand, to="", text="", code=None))
    for at, known in invitations_of(tx.session, desk.parts.keys, draw).items():
        keep_invited(tx.session, desk.parts.keys, at, replace(known, code=None))
