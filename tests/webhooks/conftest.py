"""A receiver, and a centre whose webhooks may go to this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from tests.projects.world import NOW, World
from tests.webhooks.receiver import Receiver, receiving
from tests.website import opened


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as served:
        yield served


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    clock = FixedClock(NOW)
    networks = {"WEBHOOKS__NETWORKS": "127.0.0.0/8", "LEDGER__ACK_TIMEOUT_S": "1"}
    with opened(sqlite_url, tmp_path / "var", clock=clock, **networks) as site, site.service.signing():
        yield World(site, clock)
