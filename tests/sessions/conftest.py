"""The day of a committee, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sessions.days import Day, opened_day


@pytest.fixture
def day(sqlite_url: str, tmp_path: Path) -> Iterator[Day]:
    """On SQLite."""
    with opened_day(sqlite_url, tmp_path) as day:
        yield day


@pytest.fixture
def served_day(sqlite_url: str, tmp_path: Path) -> Iterator[Day]:
    """On SQLite, with the application, and a signer that is not late."""
    with opened_day(sqlite_url, tmp_path, served=True) as day, day.world.site.service.signing():
        yield day


@pytest.fixture
def either_day(database_url: str, tmp_path: Path) -> Iterator[Day]:
    """The same on both databases."""
    with opened_day(database_url, tmp_path) as day:
        yield day


@pytest.fixture
def day_with_pages(sqlite_url: str, tmp_path: Path) -> Iterator[Day]:
    """On SQLite, with the application; nobody signs."""
    with opened_day(sqlite_url, tmp_path, served=True) as day:
        yield day
