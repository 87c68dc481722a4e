"""What a worker does once a day besides its jobs: to sweep up what interrupted work has left.

These are no jobs of the outbox: nobody promised them, they open transactions of their own, some hundred rows at a time,
and they bear repeating, so that several workers need neither a lease nor a record of who did it. A worker does them
when it starts and a day after it last did; what has to follow the ledger, every few seconds.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import structlog
from sqlalchemy import Engine

from expertpool.core.clock import Clock
from expertpool.core.errors import ExpertpoolError
from expertpool.core.staging import discard_abandoned

EVERY: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=10)
"""When a task that failed is tried again."""

Task = Callable[[Engine, datetime], None]

TASKS: Final[Mapping[str, Task]] = MappingProxyType({"staging.discard-abandoned": discard_abandoned})

log = structlog.get_logger("upkeep")


class Upkeep:
    """Does every task that is due; one that fails waits and holds up no other."""

    def __init__(
        self, engine: Engine, clock: Clock, tasks: Mapping[str, Task] = TASKS, every: timedelta = EVERY
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._tasks = tasks
        self._every = every
        self._due = dict.fromkeys(tasks, clock.now())

    def run_due(self) -> None:
        """Do what is due now."""
        for name, task in self._tasks.items():
            now = self._clock.now()
            if now < self._due[name]:
                continue
            try:
                task(self._engine, now)
            except Exception as error:  # noqa: BLE001 -- whatever a task raises, the worker's jobs go on
                reason = error.code if isinstance(error, ExpertpoolError) else type(error).__name__
                log.warning("upkeep.failed", task=name, reason=reason)
                self._due[name] = now + AGAIN
            else:
                self._due[name] = now + self._every
