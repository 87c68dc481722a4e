"""What identity has the worker do."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from expertpool.core.jobs import Handler, Job
from expertpool.core.transaction import Transaction
from expertpool.core.upkeep import Task
from expertpool.identity import browsers, challenges, lockout, trail


def _close_trail(tx: Transaction, job: Job) -> None:
    trail.close(tx, date.fromisoformat(job.args["day"]))


HANDLERS: Final[Mapping[str, Handler]] = {trail.CLOSE: _close_trail}

UPKEEP: Final[Mapping[str, Task]] = {
    "sign-in.forget-challenges": challenges.sweep,
    "sign-in.forget-limits": lockout.sweep,
    "sign-in.forget-sessions": browsers.sweep,
}
