"""When key holders' agents last asked, and whether their clocks agree with ours: for the evening's preflight.

Agents ask every few seconds whatever is drawn. What is kept is rounded, and written once in `STEP` for each, so that it
tells that an agent runs and nothing of what it was asked.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.sealing.models import AgentContact

STEP: Final = timedelta(minutes=10)


def is_noted(session: Session, holder: str, now: datetime) -> bool:
    """Whether an agent's contact of the present step is kept already."""
    row = session.get(AgentContact, holder)
    return row is not None and row.seen >= rounded(now)


def note(tx: Transaction, holder: str, ahead: int) -> None:
    """Keep that an agent asked, and by how many seconds its clock was ahead of ours (negative: behind)."""
    row = tx.session.get(AgentContact, holder, with_for_update=True)
    if row is not None:
        row.seen, row.ahead = rounded(tx.now), ahead
        return
    try:
        with tx.session.begin_nested():
            tx.session.add(AgentContact(holder_id=holder, seen=rounded(tx.now), ahead=ahead))
    except IntegrityError:
        return  # two requests of a new agent at once: the other one's will do


def rounded(moment: datetime) -> datetime:
    """The beginning of the step that a moment lies in."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(STEP.total_seconds()), UTC)
