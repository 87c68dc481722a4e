"""What identity has the worker do."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from expertpool.core.jobs import Handler, Job
from expertpool.core.transaction import Transaction
from expertpool.identity import trail


def _close_trail(tx: Transaction, job: Job) -> None:
    trail.close(tx, date.fromisoformat(job.args["day"]))


HANDLERS: Final[Mapping[str, Handler]] = {trail.CLOSE: _close_trail}
