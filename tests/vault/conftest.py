"""A centre whose vault answers, with a small pool."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.draws.prepared import prepared
from tests.vault.world import VaultWorld


def opened_world(database_url: str, var: Path) -> Iterator[VaultWorld]:
    with prepared(database_url, var, experts=300) as world:
        yield VaultWorld(world)


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[VaultWorld]:
    """One draw, called, and a vault that can be asked; on SQLite."""
    yield from opened_world(sqlite_url, tmp_path)


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[VaultWorld]:
    """The same on both databases."""
    yield from opened_world(database_url, tmp_path)
