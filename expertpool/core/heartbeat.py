"""A process's sign of life: a row that says when it was last there, for the system administrator's desk.

It is written by the clock alone, whatever the process has to do, so it tells nothing of what is drawn. A process that
is there and does not get on shows elsewhere: entries that wait for the signer, jobs that are overdue.
"""

import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final

import structlog
from sqlalchemy import Engine, String
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from expertpool.core.clock import Clock
from expertpool.core.errors import ExpertpoolError
from expertpool.core.rows import OperationalRow

EVERY: Final = timedelta(seconds=15)

log = structlog.get_logger("heartbeat")


class ProcessSign(OperationalRow):
    """When a process of this name was last there on a machine, its version, and since when it runs."""

    __tablename__ = "process_signs"

    process: Mapped[str] = mapped_column(String(16), primary_key=True)
    host: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(32))
    started: Mapped[datetime]
    seen: Mapped[datetime]


class Heart:
    """Writes the sign of one process."""

    def __init__(self, engine: Engine, clock: Clock, process: str) -> None:
        self._engine = engine
        self._clock = clock
        self._process = process
        self._started = clock.now()

    def beat(self) -> None:
        """Write it now. A database that cannot take it is no reason to stop anything."""
        sign = ProcessSign(
            process=self._process,
            host=platform.node()[:64],
            version=version("expertpool"),
            started=self._started,
            seen=self._clock.now(),
        )
        try:
            with Session(self._engine) as session, session.begin():
                session.merge(sign)
        except (ExpertpoolError, SQLAlchemyError) as error:
            log.info("heartbeat.missed", reason=getattr(error, "code", type(error).__name__))


@contextmanager
def beating(engine: Engine, clock: Clock, process: str) -> Iterator[None]:
    """Write the sign of this process every `EVERY`, in a thread of its own, until the block is left."""
    heart, over = Heart(engine, clock, process), threading.Event()

    def go_on() -> None:
        heart.beat()
        while not over.wait(EVERY.total_seconds()):
            heart.beat()

    thread = threading.Thread(target=go_on, name="heartbeat")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
