"""A founded installation with a vault key and the keys of holders that do not run yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from tests.sealing.world import NOW, World
from tests.website import opened


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """On SQLite."""
    clock = FixedClock(NOW)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield World(site, clock)


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """The same on both databases."""
    clock = FixedClock(NOW)
    with opened(database_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield World(site, clock)
