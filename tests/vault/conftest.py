"""A centre whose vault answers, with a small pool."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from tests.draws.world import ENROLLED, DrawWorld
from tests.sealing.world import World
from tests.vault.world import VaultWorld
from tests.website import opened


def opened_world(database_url: str, var: Path) -> Iterator[VaultWorld]:
    clock = FixedClock(ENROLLED)
    with opened(database_url, var, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield VaultWorld(DrawWorld(World(site, clock)).prepare(experts=300))


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[VaultWorld]:
    """One draw, called, and a vault that can be asked; on SQLite."""
    yield from opened_world(sqlite_url, tmp_path)


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[VaultWorld]:
    """The same on both databases."""
    yield from opened_world(database_url, tmp_path)
