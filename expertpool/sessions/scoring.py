"""The members' scores: sealed to the vault until the report is signed, then rows by seat code and bidder.

They are for statistics later; nothing of the evaluation depends on them. What cannot be used is noted and stays sealed.
"""

from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.keystore import SealBroken
from expertpool.core.transaction import Transaction
from expertpool.draws.looking import Look
from expertpool.draws.parts import Parts
from expertpool.draws.queries import seats_of
from expertpool.identity.models import Centre
from expertpool.projects.door_errors import ScoresMalformed
from expertpool.projects.envelope import sealed_info
from expertpool.projects.models import EvaluationSession, Milestone, SealedDelivery
from expertpool.projects.queries import sealed_data
from expertpool.projects.terms import MilestoneKind, SealedKind
from expertpool.sessions.events import ScoresOpened
from expertpool.sessions.models import Key, Score, ScoreSheet
from expertpool.sessions.queries import draws_seating
from expertpool.sessions.scores import Scored, read_scores

_PENDING: Final = (
    select(SealedDelivery.id)
    .where(SealedDelivery.kind == SealedKind.SCORES)
    .where(
        exists().where(Milestone.subject == SealedDelivery.session_id, Milestone.kind == MilestoneKind.REPORT_SIGNED)
    )
    .where(~exists().where(ScoreSheet.session_id == SealedDelivery.session_id))
    .order_by(SealedDelivery.received, SealedDelivery.id)
)


class Scores(Look):
    """Opens the scores of sessions whose report is signed."""

    waiting = _PENDING

    def do(self, tx: Transaction, waiting: str) -> None:
        open_scores(tx, self._parts, waiting)


def open_scores(tx: Transaction, parts: Parts, delivery_id: str) -> None:
    """Open the scores of a session, once. Raises `ListAltered`: the duty officer is told."""
    delivery = tx.session.get_one(SealedDelivery, delivery_id)
    sitting = tx.session.get_one(EvaluationSession, delivery.session_id, with_for_update=True)
    if tx.session.get(ScoreSheet, sitting.id) is not None:
        return
    seats = _seats(tx.session, sitting.id)
    try:
        read = _read(tx.session, parts, sitting, delivery, seats)
    except (ScoresMalformed, SealBroken):
        read = None
    tx.session.add(ScoreSheet(session_id=sitting.id, digest=delivery.digest, usable=read is not None))
    tx.session.flush()
    lots = {each.lot.code: each.lot_id for each in sitting.session_lots}
    for scored in read or ():
        tx.session.add(_row(sitting.id, lots[scored.lot], seats[scored.seat], scored))
    tx.record(
        ScoresOpened(
            session=sitting.id,
            centre=sitting.centre_id,
            digest=delivery.digest,
            usable=read is not None,
            scores=len(read or ()),
        )
    )


def _seats(session: Session, session_id: str) -> dict[str, Key]:
    """Who sits on each of the session's seats; a code that two of its draws have is nobody's."""
    found = [
        Key(draw.id, seat.code, seat.vacancy)
        for draw in draws_seating(session, session_id)
        for seat in seats_of(session, draw.id)
    ]
    codes = [each.seat for each in found]
    return {each.seat: each for each in found if codes.count(each.seat) == 1}


def _read(
    session: Session, parts: Parts, sitting: EvaluationSession, delivery: SealedDelivery, seats: dict[str, Key]
) -> list[Scored]:
    centre = session.get_one(Centre, sitting.centre_id).code
    info = sealed_info(SealedKind.SCORES, centre=centre, project=sitting.project.code, session=sitting.code)
    plaintext = parts.keys.open_hpke(VAULT_BOX, sealed_data(session, delivery), info)
    return read_scores(plaintext, {each.lot.code for each in sitting.session_lots}, seats.keys())


def _row(session_id: str, lot_id: str, who: Key, scored: Scored) -> Score:
    return Score(
        session_id=session_id,
        lot_id=lot_id,
        bidder=scored.bidder,
        draw_id=who.draw,
        seat=who.seat,
        vacancy=who.vacancy,
        hundredths=scored.hundredths,
    )
