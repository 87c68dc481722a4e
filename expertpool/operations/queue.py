"""The queue as people see it: how many jobs of each kind wait, since when, and how many were given up.

Counts go by kind, arguments are not shown: nothing here says which draw or seat a job is for.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from expertpool.core.jobs import MAX_ATTEMPTS
from expertpool.core.jobs_table import OutboxJob


@dataclass(frozen=True, slots=True)
class Waiting:
    """The jobs of a kind that are not done. ``due``: when the first is; ``given_up`` are tried no more."""

    kind: str
    count: int
    tried: int
    given_up: int
    due: datetime


def waiting(session: Session) -> list[Waiting]:
    """What is not done, by kind."""
    tried = case((OutboxJob.failure.is_not(None), 1), else_=0)
    given_up = case((OutboxJob.attempts >= MAX_ATTEMPTS, 1), else_=0)
    counted = select(OutboxJob.kind, func.count(), func.sum(tried), func.sum(given_up), func.min(OutboxJob.due)).where(
        OutboxJob.done_at.is_(None)
    )
    rows = session.execute(counted.group_by(OutboxJob.kind).order_by(OutboxJob.kind)).all()
    return [Waiting(*row) for row in rows]
