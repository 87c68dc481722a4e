"""The verb of operations: to have a job tried again that was given up."""

from sqlalchemy import select

from expertpool.core.jobs import MAX_ATTEMPTS
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Target
from expertpool.identity.service import require
from expertpool.operations.errors import NotGivenUp
from expertpool.operations.events import JobRetried

RETRY = "job.retry"


def retry(tx: Transaction, job_id: str) -> OutboxJob:
    """Queue a job anew; that it is done once only is its own doing, as with every attempt.

    The queue belongs to no centre, so it takes an administrator of one that has none above. Raises `NotPermitted`,
    `NotGivenUp`.
    """
    roots = tx.session.scalars(select(Centre.id).where(Centre.parent_id.is_(None))).all()
    require(tx, RETRY, Target(tuple(roots)))
    job = tx.session.get(OutboxJob, job_id, with_for_update=True, populate_existing=True)
    if job is None:
        raise NotPermitted(RETRY)
    if job.done_at is not None or job.attempts < MAX_ATTEMPTS:
        raise NotGivenUp
    job.attempts, job.due, job.lease, job.leased_until = 0, tx.now, None, None
    tx.record(JobRetried(job=job.id, work=job.kind))
    return job
