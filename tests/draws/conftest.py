"""A centre that can draw, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.draws.prepared import prepared
from tests.draws.world import DrawWorld


@pytest.fixture(autouse=True)
def nothing_breaks() -> Iterator[None]:
    """The vault goes on when a draw raises what nobody expects; in a test that is a failure."""
    with capture_logs() as logs:
        yield
    assert [log for log in logs if log["event"] == "vault.broken"] == []


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    """On SQLite."""
    with prepared(sqlite_url, tmp_path) as world:
        yield world


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    """The same on both databases."""
    with prepared(database_url, tmp_path) as world:
        yield world
