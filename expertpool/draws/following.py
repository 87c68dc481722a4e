"""A committee follows its session: put off with it, called again for its new time, given up with it (DESIGN 3).

It is always the same committee: nothing is drawn anew because a session moves. Each look takes one step, so whatever
happened meanwhile, a draw that was not looked at takes the same steps one after the other.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.drawing import have_called
from expertpool.draws.events import DrawPostponed, DrawResumed
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Calling, Draw, SeatState
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import fixed_intent, request_of, seats_of, sitting_of
from expertpool.draws.supplementing import STANDING
from expertpool.draws.turning_away import cancelled
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from ledger.entry import format_time

SITS: Final = frozenset({DrawState.FILLING, DrawState.FILLED})
FOLLOWS: Final = SITS | {
    DrawState.DRAWN,
    DrawState.POSTPONED,
    DrawState.SUSPENDED,
    DrawState.RECONVENED,
    DrawState.EXHAUSTED,
}
CANCELLED: Final = "场次已取消"
_LAST_CALLING: Final = (
    select(Calling.starts).where(Calling.draw_id == bindparam("draw")).order_by(Calling.number.desc()).limit(1)
)


def is_asked_for(session: Session, _parts: Parts, draw: Draw) -> bool:
    """Whether a draw's session asks for a step."""
    return _verb(session, draw, sitting_of(session, draw)) is not None


def follow(parts: Parts, draw_id: str) -> bool:
    """Take the step that a draw's session asks for; returns whether there was one."""
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        sitting = sitting_of(tx.session, draw)
        verb = _verb(tx.session, draw, sitting)
        if verb is None:
            return False
        intent = fixed_intent(tx.session, draw_id).entry.index
        draw.move(verb)
        _STEPS[verb](tx, draw, sitting, {"draw": draw_id, "intent": intent})
        tx.session.flush()
        crash_point("draw.followed")
    return True


def called_for(session: Session, draw: Draw) -> datetime:
    """For when the committee of a draw is called: its request's time, or that of the last calling."""
    return session.scalar(_LAST_CALLING, {"draw": draw.id}) or request_of(draw).starts


def _verb(session: Session, draw: Draw, sitting: EvaluationSession) -> DrawVerb | None:
    if draw.state not in FOLLOWS:
        return None
    if sitting.state is SessionState.CANCELLED:
        return DrawVerb.CANCEL
    moved = sitting.state is SessionState.POSTPONED or sitting.starts != called_for(session, draw)
    if draw.state in SITS and moved:
        return DrawVerb.POSTPONE
    if draw.state is DrawState.POSTPONED and sitting.state is SessionState.SCHEDULED:
        return DrawVerb.RESUME
    return None


def _postpone(tx: Transaction, draw: Draw, sitting: EvaluationSession, where: Mapping[str, Any]) -> None:
    draw.reason = sitting.reason
    not_before = None if sitting.not_before is None else format_time(sitting.not_before)
    tx.record(DrawPostponed(**where, not_before=not_before))


def _resume(tx: Transaction, draw: Draw, sitting: EvaluationSession, where: Mapping[str, Any]) -> None:
    """Whoever sits is asked anew whether they come: they said yes to another time."""
    earlier = tx.session.scalars(select(Calling).where(Calling.draw_id == draw.id)).all()
    tx.session.add(Calling(draw_id=draw.id, number=len(earlier) + 1, starts=sitting.starts))
    seats = [seat for seat in seats_of(tx.session, draw.id) if seat.state in STANDING]
    for seat in seats:
        seat.state = SeatState.CALLED
    have_called(tx, draw.id, [(seat.code, seat.vacancy) for seat in seats], len(earlier) + 1)
    tx.record(DrawResumed(**where, starts=format_time(sitting.starts)))


def _cancel(tx: Transaction, draw: Draw, _sitting: EvaluationSession, _where: Mapping[str, Any]) -> None:
    cancelled(tx, draw, CANCELLED)


_STEPS: Final = {DrawVerb.POSTPONE: _postpone, DrawVerb.RESUME: _resume, DrawVerb.CANCEL: _cancel}
