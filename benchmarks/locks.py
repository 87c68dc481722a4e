"""How long others must wait for a lock, and how much memory a run takes."""

import resource
import sys
from time import perf_counter

from sqlalchemy import Connection, Engine, event

from expertpool.core.database import READ_ONLY


def watch(engine: Engine) -> list[float]:
    """The length of every transaction that may write: on SQLite each of them keeps all other writers waiting."""
    holds: list[float] = []
    began: dict[Connection, float] = {}

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().keys() & READ_ONLY.keys():
            began[connection] = perf_counter()

    def end(connection: Connection) -> None:
        if connection in began:
            holds.append(perf_counter() - began.pop(connection))

    event.listen(engine, "begin", begin)  # after the engine's own listener, which waits for the lock
    event.listen(engine, "commit", end)
    event.listen(engine, "rollback", end)
    return holds


def peak_mib() -> float:
    """The most memory that this process ever had; Linux counts in KiB, macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
