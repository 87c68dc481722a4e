"""The outbox: work that a committed act promised, done at least once attempted and exactly once recorded.

A job is leased in a transaction of its own; its work and its done-mark commit together, so a worker that is killed
leaves a job that another takes over when the lease runs out. What a job does outside the database (a call, a message)
must bear repeating: it carries the job's id as its idempotency key.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError
from expertpool.core.faults import crash_point
from expertpool.core.ids import new_id
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.transaction import Transaction, Transactions

WORKER: Final = "svc:worker"
MAX_ATTEMPTS: Final = 12
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(hours=1)

Handler = Callable[[Transaction, "Job"], None]

_WAITS: Final = (
    OutboxJob.done_at.is_(None),
    OutboxJob.due <= bindparam("now"),
    OutboxJob.attempts < MAX_ATTEMPTS,
    OutboxJob.kind.in_(bindparam("kinds", expanding=True)),
    or_(OutboxJob.leased_until.is_(None), OutboxJob.leased_until <= bindparam("now")),
)
_ANY_DUE: Final = select(OutboxJob.id).where(*_WAITS).limit(1)
_DUE: Final = (
    select(OutboxJob)
    .where(*_WAITS)
    .order_by(OutboxJob.due, OutboxJob.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LOCKED: Final = select(OutboxJob).where(OutboxJob.id == bindparam("id")).with_for_update()

log = structlog.get_logger("outbox")


@dataclass(frozen=True, slots=True)
class Job:
    """A leased job, as its handler sees it. ``id`` never changes between attempts."""

    id: str
    kind: str
    args: Mapping[str, Any]
    attempt: int


class Outbox:
    """Leases due jobs and runs their handlers, one at a time, in the name of ``actor``."""

    def __init__(
        self, transactions: Transactions, handlers: Mapping[str, Handler], lease: timedelta, actor: str = WORKER
    ) -> None:
        self._transactions = transactions
        self._handlers = handlers
        self._lease = lease
        self._actor = actor

    def run_one(self) -> bool:
        """Run the next due job; returns False when there is none. A job that fails is tried again later."""
        return self.run(1) > 0

    def run(self, most: int) -> int:
        """Run the jobs that are due, at most so many; returns how many there were.

        They are leased together, which costs as much as leasing one, and done one after the other, each in a
        transaction of its own. Of a worker that is killed all that it had leased waits for the lease to run out.
        """
        leased = self._take(most)
        if leased:
            crash_point("outbox.leased")
        for job, token in leased:
            self._run(job, token)
        return len(leased)

    def _run(self, job: Job, token: str) -> None:
        try:
            with self._transactions.begin(self._actor) as tx:
                row = self._still_ours(tx.session, job, token)
                if row is None:
                    return
                self._handlers[job.kind](tx, job)
                crash_point("outbox.before-done")
                row.done_at = tx.now
                tx.session.flush()
                crash_point("outbox.after-done")
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises, the job must wait and be seen
            self._postpone(job, token, error)

    def _take(self, most: int) -> list[tuple[Job, str]]:
        """Lease the longest-due jobs of kinds that this worker knows; where there are none, no lock is taken."""
        now = self._transactions.clock.now()
        asked = {"now": now, "kinds": list(self._handlers), "most": most}
        with Session(self._transactions.engine.execution_options(**READ_ONLY)) as session:
            if session.scalar(_ANY_DUE, asked) is None:
                return []
        with Session(self._transactions.engine) as session, session.begin():
            leased = []
            for row in session.scalars(_DUE, asked).all():
                row.lease, row.leased_until, row.attempts = new_id("lse"), now + self._lease, row.attempts + 1
                leased.append((Job(row.id, row.kind, json.loads(row.args), row.attempts), row.lease))
            return leased

    def _still_ours(self, session: Session, job: Job, token: str) -> OutboxJob | None:
        """Lock the job; None when its lease ran out meanwhile and another worker took it."""
        row = session.scalars(_LOCKED, {"id": job.id}).one()
        return row if row.lease == token and row.done_at is None else None

    def _postpone(self, job: Job, token: str, error: Exception) -> None:
        """Put the job off, each time twice as long. The reason kept is a code or a class name, never a message."""
        reason = error.code if isinstance(error, ExpertpoolError) else type(error).__name__
        log.warning("outbox.failed", job=job.id, kind=job.kind, attempt=job.attempt, reason=reason)
        now = self._transactions.clock.now()
        pause = min(FIRST_PAUSE * 2 ** (job.attempt - 1), LONGEST_PAUSE)
        ours = (OutboxJob.id == job.id, OutboxJob.lease == token)
        with Session(self._transactions.engine) as session, session.begin():
            later = {"due": now + pause, "lease": None, "leased_until": None, "failure": reason}
            session.execute(update(OutboxJob).where(*ours).values(**later))


def stuck(session: Session) -> list[OutboxJob]:
    """Jobs that were given up: a person must look at them."""
    given_up = OutboxJob.attempts >= MAX_ATTEMPTS
    return list(session.scalars(select(OutboxJob).where(OutboxJob.done_at.is_(None), given_up).order_by(OutboxJob.id)))
