"""A pool on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.experts.desk import Desk, desk_at
from tests.experts.pool import PoolOffice, make_pool


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[PoolOffice]:
    """A pool; a test that asks for it runs on both databases."""
    office = make_pool(database_url, tmp_path)
    yield office
    office.engine.dispose()


@pytest.fixture
def sqlite_office(sqlite_url: str, tmp_path: Path) -> Iterator[PoolOffice]:
    """A pool on SQLite, for what does not depend on the database."""
    office = make_pool(sqlite_url, tmp_path)
    yield office
    office.engine.dispose()


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    with desk_at(sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
def either_desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The same on both databases."""
    with desk_at(database_url, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all tests that change nothing, with an expert."""
    folder = tmp_path_factory.mktemp("desk")
    with desk_at(f"sqlite:///{folder / 'expertpool.db'}", folder) as made:
        made.apply(1)
        yield made
