"""kill -9 anywhere: what was acknowledged stays, rows and entries agree, and work goes on."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.faults import CRASH_POINTS
from expertpool.core.jobs_table import OutboxJob
from tests.core.ledgered import Room
from tests.faults import children
from tests.faults.installation import Installation, died, kill

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again

PROCESSES = 8
ACTS = 12


def _points(*families: str) -> list[str]:
    return [point for point in CRASH_POINTS if point.split(".")[0] in families]


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(database_url, tmp_path)
    yield installation
    installation.stop()


def test_eight_processes_append_at_once(installation: Installation) -> None:
    installation.start(children.sign)
    appenders = [installation.start(children.append, ACTS) for _ in range(PROCESSES)]
    for appender in appenders:
        appender.join(100)
        assert appender.exitcode == 0
    installation.stop()

    assert sorted(installation.check()) == list(range(PROCESSES * ACTS))


@pytest.mark.parametrize("point", _points("tx", "ack"))
def test_killed_while_appending(installation: Installation, point: str) -> None:
    installation.start(children.sign)
    assert died(installation.start(children.append, 10, point, 3))
    installation.stop()
    before = installation.check()
    assert len(before) >= 2

    installation.start(children.sign)
    installation.start(children.append, 2).join(60)
    installation.stop()

    assert len(installation.check()) == len(before) + 2


@pytest.mark.parametrize("point", _points("signer"))
def test_killed_while_signing(installation: Installation, point: str) -> None:
    appender = installation.start(children.append, 5)
    assert died(installation.start(children.sign, point, 2))
    installation.start(children.sign)

    appender.join(60)
    installation.stop()

    assert appender.exitcode == 0
    assert len(installation.check()) == 5


@pytest.mark.parametrize("point", _points("outbox"))
def test_killed_while_working(installation: Installation, point: str) -> None:
    with installation.office() as office:
        for number in range(4):
            office.act(lambda tx, number=number: tx.enqueue("test.open", {"name": f"queued {number}"}))  # type: ignore[misc]  # a lambda's default
    assert died(installation.start(children.work, point, 2))
    installation.check()

    installation.start(children.work).join(60)

    installation.check()
    with installation.office() as office, Session(office.engine) as session:
        assert sorted(session.scalars(select(Room.name))) == [f"queued {number}" for number in range(4)]
        assert all(job.done_at for job in session.scalars(select(OutboxJob)))


def _kill_at_random(installation: Installation, kills: int, seed: int) -> None:
    """Kill one of three appenders or the signer after a random while, again and again, and start it anew."""
    chance = random.Random(seed)
    tasks: list[tuple[Callable[..., None], tuple[int, ...]]] = [(children.sign, ())]
    tasks += [(children.append, (10_000,))] * 3
    began = time.monotonic()
    running = [installation.start(child, *args) for child, args in tasks]
    while not children.acknowledged(installation.directory):
        time.sleep(0.01)
    longest = max(0.2, time.monotonic() - began)  # as long as this machine needs to start one and hear of its first act
    for number in range(kills):
        time.sleep(chance.uniform(0.0, longest))  # the moment is the point: anywhere at all, not a wait for something
        victim = chance.randrange(len(tasks))
        kill(running[victim])
        if number % 25 == 24:
            for process in running:
                kill(process)
            installation.check()
            running = [installation.start(child, *args) for child, args in tasks]
        else:
            child, args = tasks[victim]
            running[victim] = installation.start(child, *args)
    installation.stop()
    assert len(installation.check()) > kills // 10, "too little was acknowledged for the test to show anything"


@pytest.mark.timeout(600)
def test_killed_at_random(installation: Installation) -> None:
    _kill_at_random(installation, kills=50, seed=20261121)


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_for_long(installation: Installation, seed: int) -> None:
    _kill_at_random(installation, kills=250, seed=seed)


def test_every_crash_point_is_exercised() -> None:
    """Here, in tests/custodian/test_crashes.py, in tests/draws/test_kill.py, or beside what they are points of."""
    processes = ("tx", "ack", "signer", "outbox", "custodian")
    capabilities = ("draw", "release", "invitation", "session", "assessment", "payout")
    assert set(CRASH_POINTS) == set(_points(*processes, *capabilities))
