"""The fixtures of ``tests.website``, and one scene for all who send every request that there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from expertpool.core.checkpoints import NotYetSigned
from expertpool.core.clock import FixedClock
from tests.draws.world import ENROLLED, DrawWorld
from tests.sealing.world import World
from tests.vault.world import VaultWorld
from tests.web.scene import EXPERTS, Scene
from tests.website import either_site, opened, site

__all__ = ["either_site", "scene", "site"]


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Made once in a test process."""
    folder: Path = tmp_path_factory.mktemp("scene")
    file, clock = folder / "expertpool.db", FixedClock(ENROLLED)
    with opened(f"sqlite:///{file}", folder, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        world = VaultWorld(DrawWorld(World(site, clock)).prepare(experts=EXPERTS))
        world.accept()
        with world.listening():
            yield Scene(world, file)


@pytest.fixture
def scene(furnished: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """As it was furnished; nobody signs, and nobody waits for it."""
    monkeypatch.setattr("expertpool.web.acts.receipt_at", _not_yet)
    with capture_logs():  # thousands of refusals
        yield furnished


def _not_yet(_engine: object, index: int, _timeout_s: float) -> None:
    raise NotYetSigned(index)
