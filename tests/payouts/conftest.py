"""Orders that are confirmed, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.payouts.payday import Payday, opened_payday
from tests.payouts.ready import Ready, ready


@pytest.fixture
def confirmed(sqlite_url: str, tmp_path: Path) -> Iterator[Ready]:
    """No order yet; on SQLite."""
    with ready(sqlite_url, tmp_path) as world:
        yield world


@pytest.fixture
def payday(sqlite_url: str, tmp_path: Path) -> Iterator[Payday]:
    """The morning of a session whose seats known people have accepted; on SQLite."""
    with opened_payday(sqlite_url, tmp_path) as day:
        yield day


@pytest.fixture
def either_payday(database_url: str, tmp_path: Path) -> Iterator[Payday]:
    """The same on both databases."""
    with opened_payday(database_url, tmp_path) as day:
        yield day
