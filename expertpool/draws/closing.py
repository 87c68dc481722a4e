"""The end of a draw: once the report is signed, contributions and openings may be known, and the bundle is made."""

from sqlalchemy.orm import Session

from expertpool.draws.events import DrawClosed
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Draw
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import intended
from expertpool.projects.queries import milestone
from expertpool.projects.terms import MilestoneKind

SAT = (DrawState.FILLED, DrawState.RECONVENED, DrawState.EXHAUSTED)


def is_over(session: Session, _parts: Parts, draw: Draw) -> bool:
    """Whether a registered sender stated that the report is signed."""
    return milestone(session, MilestoneKind.REPORT_SIGNED, draw.session_id) is not None


def close(parts: Parts, draw_id: str) -> bool:
    """Close a draw whose committee sat, once its session is over.

    Returns whether it did. An exhausted draw is closed with the supplementary one that completed it.
    """
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        fixed = intended(tx.session, draw_id)
        if draw.state not in SAT or fixed is None or not is_over(tx.session, parts, draw):
            return False
        draw.move(DrawVerb.CLOSE)
        tx.record(DrawClosed(draw=draw.id, intent=fixed.entry.index))
    return True
