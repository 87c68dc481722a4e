"""A centre whose vault answers: on SQLite, with a small pool."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from tests.draws.world import ENROLLED, DrawWorld
from tests.sealing.world import World
from tests.vault.world import VaultWorld
from tests.website import opened


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[VaultWorld]:
    """One draw, called, and a vault that can be asked."""
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        draws = DrawWorld(World(site, clock)).prepare(experts=300)
        yield VaultWorld(draws)
