"""A draw whose members are called."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from expertpool.core.clock import FixedClock
from tests.draws.world import ENROLLED, DrawWorld
from tests.invitations.calls import EXPERTS, Called
from tests.sealing.world import World
from tests.website import opened


@pytest.fixture
def nothing_breaks() -> Iterator[None]:
    """The vault goes on when something raises what nobody expects; in a test that is a failure."""
    with capture_logs() as logs:
        yield
    assert [log for log in logs if log["event"] in ("vault.broken", "outbox.failed")] == []


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, nothing_breaks: None) -> Iterator[DrawWorld]:
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock)).prepare(experts=EXPERTS)


@pytest.fixture
def called(world: DrawWorld) -> Called:
    return Called(world).drawn()
