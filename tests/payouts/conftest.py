"""Orders that are confirmed, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.payouts.ready import Ready, ready


@pytest.fixture
def confirmed(sqlite_url: str, tmp_path: Path) -> Iterator[Ready]:
    """No order yet; on SQLite."""
    with ready(sqlite_url, tmp_path) as world:
        yield world
