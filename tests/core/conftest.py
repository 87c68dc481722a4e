"""Fixtures of the core's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.keyfiles import _derive_each_key_only_once, key_file, original_key_file
from tests.core.ledgered import Office, make_office
from tests.core.scratch import engine, sqlite_engine

__all__ = ["_derive_each_key_only_once", "engine", "key_file", "original_key_file", "sqlite_engine"]


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """A fresh installation, on SQLite and on PostgreSQL."""
    office = make_office(database_url, tmp_path)
    yield office
    office.engine.dispose()


@pytest.fixture
def sqlite_office(sqlite_url: str, tmp_path: Path) -> Iterator[Office]:
    """A fresh installation on SQLite, where the database cannot make a difference."""
    office = make_office(sqlite_url, tmp_path)
    yield office
    office.engine.dispose()
