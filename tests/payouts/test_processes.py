"""kill -9 of vault, web and provider while they pay: each is started again, and in the end the books agree."""

import random
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import func, select

from expertpool.core.jobs_table import OutboxJob
from expertpool.payouts.advancing import BATCH
from expertpool.payouts.lifecycle import PayoutState
from expertpool.payouts.reports import REPORTED
from expertpool.payouts.sandbox import Behaviour, Books
from tests.draws.world import MemoryVaultKeys
from tests.faults.installation import SPAWN
from tests.payouts import dying
from tests.payouts.dying import DIE, LEASE, PAUSE_S, STOP, Given, books_of
from tests.payouts.ready import Ready, ready
from tests.payouts.test_kill import Clumsy, Deaths, Payday, check

pytestmark = pytest.mark.no_cover  # measured in one process by tests/payouts/test_kill.py

LONGEST_S = 240
ENDS = {PayoutState.PAID, PayoutState.FAILED, PayoutState.UNKNOWN}
BEHAVIOUR = Behaviour(fail_every=6, lose_every=5, twice_every=3, return_every=8)
VAULT_DIES = (("payout.leaving", 1), ("payout.sent", 1), ("payout.learnt", 2))
"""One after the other, each time in a process that takes over from the last."""
MORE = (("payout.batched", 1), ("payout.marked", 1), *VAULT_DIES, ("payout.answered", 1), ("tx.after-commit", 3))
WEB_DIES = (("tx.before-commit", 3), ("tx.after-commit", 2))


class Town:
    """The processes of a payday, with a supervisor that starts web and provider again when they die."""

    def __init__(self, world: Ready) -> None:
        self.world = world
        self.ports = free_port(), free_port()
        self.web_dies = list(WEB_DIES)
        self.started: list[BaseProcess] = []
        self.books = Books(books_of(self.given), BEHAVIOUR, lambda: 0)
        self.day = Payday(world, Clumsy(self.books), Deaths(10**9), random.Random(0))
        self.web = self._start(self._web)
        self.provider = self._start(self._provider)

    @property
    def given(self) -> Given:
        service, keys = self.world.world.site.service, self.world.world.parts().keys
        assert isinstance(keys, MemoryVaultKeys)
        box = self.world.world.sealing.vault.private_bytes_raw()
        url, var = service.settings.database.url, service.settings.paths.var
        return Given(url, var, (service.keys.secret, keys.secret, box), self.world.world.clock.now())

    def vault(self, point: str | None = None, occurrence: int = 1) -> BaseProcess:
        """A vault that dies at a point."""
        return self._start(lambda: (dying.vault, (self.ports[1], point, occurrence)))

    def until(self, done: Callable[[], bool]) -> None:
        """Keep web and provider up until something is so."""
        deadline = time.monotonic() + LONGEST_S
        while not done():
            assert time.monotonic() < deadline
            if not self.web.is_alive():
                self.web = self._start(self._web)
            if not self.provider.is_alive():
                self.provider = self._start(self._provider)
            time.sleep(PAUSE_S)

    def is_quiet(self) -> bool:
        """Whether nothing is left that any of them could do by itself."""
        waits = (OutboxJob.done_at.is_(None), OutboxJob.kind.in_((BATCH, REPORTED)))
        with self.world.world.session() as session:
            jobs = session.scalar(select(func.count()).where(*waits))
        return not jobs and not self.books.waiting() and set(self.day.states().values()) <= ENDS

    def stop(self) -> None:
        """Tell them all to stop; whoever does not is killed."""
        (self.given.var / STOP).touch()
        for process in self.started:
            process.join(30)
            if process.is_alive():
                process.kill()
                process.join()
        self.books.close()

    def _web(self) -> tuple[Callable[..., None], tuple[object, ...]]:
        return dying.web, (self.ports[0], *(self.web_dies.pop(0) if self.web_dies else (None, 1)))

    def _provider(self) -> tuple[Callable[..., None], tuple[object, ...]]:
        return dying.provider, (self.ports[1], self.ports[0], BEHAVIOUR)

    def _start(self, child: Callable[[], tuple[Callable[..., None], tuple[object, ...]]]) -> BaseProcess:
        target, more = child()
        process = SPAWN.Process(target=target, args=(self.given, *more))
        process.start()
        self.started.append(process)
        return process


def free_port() -> int:
    with closing(socket.socket()) as probing:
        probing.bind(("127.0.0.1", 0))
        port: int = probing.getsockname()[1]
        return port


@pytest.fixture
def town(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    with ready(sqlite_url, tmp_path) as world:
        town = Town(world)
        yield town
        town.stop()


def worked_off(town: Town, deaths: Sequence[tuple[str, int]]) -> None:
    """A vault dies after the other, then the provider; the web process dies meanwhile."""
    town.world.confirm(orders=1 + len(deaths), seats=2)
    for point, occurrence in deaths:
        vault = town.vault(point, occurrence)
        town.until(lambda vault=vault: not vault.is_alive())  # type: ignore[misc]  # a lambda's default
        assert vault.exitcode == -signal.SIGKILL, point
        town.world.world.clock.advance(LEASE)
    town.vault()
    town.until(town.is_quiet)
    (town.given.var / DIE).touch()
    town.world.confirm(orders=1, seats=3)
    town.until(lambda: town.is_quiet() and not (town.given.var / DIE).exists())
    check(town.day)
    assert town.web_dies == [], "the web process did not die"
    assert town.day.unknown(), "no death left anything unknown"
    town.day.decide()
    town.until(lambda: town.is_quiet() and not town.day.unknown())
    check(town.day)
    assert {process.exitcode for process in town.started if process.exitcode} == {-signal.SIGKILL}


@pytest.mark.timeout(600)
def test_killed_again_and_again_they_pay_each_once_and_forget_nobody(town: Town) -> None:
    worked_off(town, VAULT_DIES)


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_killed_at_every_step(town: Town) -> None:
    worked_off(town, MORE)
