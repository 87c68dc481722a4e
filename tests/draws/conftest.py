"""A centre that can draw, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from expertpool.core.clock import FixedClock
from tests.draws.world import ENROLLED, DrawWorld
from tests.sealing.world import World
from tests.website import opened


@pytest.fixture(autouse=True)
def nothing_breaks() -> Iterator[None]:
    """The vault goes on when a draw raises what nobody expects; in a test that is a failure."""
    with capture_logs() as logs:
        yield
    assert [log for log in logs if log["event"] == "vault.broken"] == []


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    """On SQLite."""
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock)).prepare()


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    """The same on both databases."""
    clock = FixedClock(ENROLLED)
    with opened(database_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock)).prepare()
