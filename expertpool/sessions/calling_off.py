"""A session that is called off by rule: fewer than three bidders for every lot, or bids that were not opened.

招标投标法 28, 44; 财政部87号令 43. Names stay sealed; to whoever had accepted an allowance is due, see
`draws.turning_away`.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.models import BidderList, Draw, ListState
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import sitting_of
from expertpool.projects import acts as planning
from expertpool.projects.handover import NOT_OPENED, NOT_OPENED_REASON
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import DoorMessage, EvaluationSession
from expertpool.sessions.acts import end_void
from expertpool.sessions.models import SessionDay

TOO_FEW: Final = "投标人（供应商）不足三家，按规则取消"


def is_due(session: Session, _parts: Parts, draw: Draw) -> bool:
    """Whether a session that is to take place, or has begun, has nothing to evaluate."""
    scheduled = sitting_of(session, draw).state is SessionState.SCHEDULED
    return scheduled and _reason(session, draw) is not None


def call_off(parts: Parts, draw_id: str) -> bool:
    """Cancel the session of such a draw; returns whether it did. The draw follows it."""
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        sitting = tx.session.get_one(EvaluationSession, draw.session_id, with_for_update=True)
        reason = _reason(tx.session, draw)
        if sitting.state is not SessionState.SCHEDULED or reason is None:
            return False
        turn_away(tx, sitting, reason)
    return True


def turn_away(tx: Transaction, sitting: EvaluationSession, reason: str) -> None:
    """End the day of a session, where it has begun, and cancel its plan. Raises `WrongStep`, `StepNotAllowed`."""
    day = tx.session.get(SessionDay, sitting.id, with_for_update=True)
    if day is not None:
        end_void(tx, day, reason=reason)
    planning.cancel(tx, sitting, reason)


def _reason(session: Session, draw: Draw) -> str | None:
    noted = session.get(BidderList, draw.id)
    if noted is not None and noted.state is ListState.TOO_FEW:
        return TOO_FEW
    failed = select(DoorMessage.sequence).where(
        DoorMessage.session_id == draw.session_id, DoorMessage.kind == NOT_OPENED
    )
    return NOT_OPENED_REASON if session.scalar(failed.limit(1)) is not None else None
