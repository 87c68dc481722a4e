"""A village of one centre and three key holders: the centre's own and two outside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from tests.core.keyfiles import _derive_each_key_only_once
from tests.custodian.scene import Scene
from tests.custodian.village import DAY, Village, founded
from tests.sealing.world import NOW, World
from tests.website import opened

__all__ = ["_derive_each_key_only_once"]


@pytest.fixture
def founding(sqlite_url: str, tmp_path: Path, _derive_each_key_only_once: None) -> Iterator[Village]:
    """Nobody is registered yet."""
    clock = FixedClock(NOW)
    with (
        opened(sqlite_url, tmp_path / "var", clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site,
        founded(World(site, clock), tmp_path) as village,
    ):
        yield village


@pytest.fixture
def village(founding: Village) -> Village:
    """All holders are approved, for longer than keys have to settle."""
    founding.approve_all()
    founding.round()
    founding.world.clock.advance(8 * DAY)
    return founding


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A log and a memory that follows it, without network."""
    scene = Scene(tmp_path)
    yield scene
    scene.memory.close()
