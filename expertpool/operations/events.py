"""What the ledger keeps of operators' acts."""

from expertpool.core.events import Event, clear


class JobRetried(Event):
    """A job that was given up was queued again by the system administrator."""

    kind = "job.retried"
    job: str = clear()
    work: str = clear()
