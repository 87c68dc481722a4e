"""Puts an agent together from its directory, and runs it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from expertpool.core.clock import Clock
from expertpool.core.errors import ExpertpoolError
from expertpool.custodian.agent import Agent, Round
from expertpool.custodian.client import Centre
from expertpool.custodian.directory import Directory
from expertpool.custodian.following import Follower
from expertpool.custodian.timekeeping import Stopwatch, Timekeeper
from ledger.errors import LedgerError
from ledger.sources import HttpSource

LONGEST_PAUSE_S: Final = 60.0
LOG_PATH: Final = "/ledger"

Trouble = ExpertpoolError | LedgerError
Tell = Callable[[Round | Trouble], None]


@contextmanager
def opened(
    directory: Directory, passphrase: bytes, clock: Clock, *, passed: Stopwatch | None = None, clock_ok: bool = False
) -> Iterator[Agent]:
    """The agent of a directory, which this process alone holds meanwhile.

    ``passed`` is a clock that nobody can set, by default ``clock`` itself; ``clock_ok``: the owner says that the clock
    is right. Raises `NotSetUp`, `ConfigDamaged`, `MemoryLost`, `MemoryRestored`, Unreadable when it runs already, and
    what `FileKeyStore` raises.
    """
    config, policy = directory.config(), directory.policy()
    with directory.held(), directory.keys(passphrase) as keys:
        memory = directory.memory()
        memory.catch_up()
        try:
            source = HttpSource(config.url.rstrip("/") + LOG_PATH)
            centre = Centre(config.url, lambda: int(clock.now().timestamp()))
            follower = Follower(memory, source, config.verifier(), directory.evidence, clock)
            yield Agent(
                config,
                policy,
                keys,
                memory,
                centre=centre,
                log=source,
                follower=follower,
                clock=clock,
                time=Timekeeper(memory, clock, passed or (lambda: clock.now().timestamp()), confirmed=clock_ok),
                committees=directory.committees,
            )
        finally:
            memory.close()


def run(agent: Agent, pause_s: float, stop: threading.Event, tell: Tell) -> None:
    """One round after the other until told to stop; longer pauses while there is trouble, which is told once."""
    agent.note_keys()
    agent.note_trouble(None)
    pause, last = pause_s, ""
    while not stop.is_set():
        try:
            done = agent.round()
        except (ExpertpoolError, LedgerError) as trouble:
            pause = min(2 * pause, LONGEST_PAUSE_S)
            if last != trouble.code:
                tell(trouble)
                agent.note_trouble(trouble)
            last = trouble.code
        else:
            pause = pause_s
            if done.cosigned or done.answered or last != (done.stopped or ""):
                tell(done)
                agent.note_trouble(None)
            last = done.stopped or ""
            if done.answered:
                continue  # more may wait than the centre tells at once
        stop.wait(pause)
