"""A draw whose members are called."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.draws.prepared import prepared
from tests.draws.world import DrawWorld
from tests.invitations.calls import EXPERTS, Called


@pytest.fixture
def nothing_breaks() -> Iterator[None]:
    """The vault goes on when something raises what nobody expects; in a test that is a failure."""
    with capture_logs() as logs:
        yield
    assert [log for log in logs if log["event"] in ("vault.broken", "outbox.failed")] == []


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, nothing_breaks: None) -> Iterator[DrawWorld]:
    with prepared(sqlite_url, tmp_path, EXPERTS) as world:
        yield world


@pytest.fixture
def called(world: DrawWorld) -> Called:
    return Called(world).drawn()
