"""An assessment that is open, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assessments.consequent import Consequent
from tests.assessments.evaluated import Evaluated, evaluated


@pytest.fixture
def assessed(sqlite_url: str, tmp_path: Path) -> Iterator[Evaluated]:
    """On SQLite."""
    with evaluated(sqlite_url, tmp_path) as session:
        yield session.close().open()


@pytest.fixture
def either_assessed(database_url: str, tmp_path: Path) -> Iterator[Evaluated]:
    """The same on both databases."""
    with evaluated(database_url, tmp_path) as session:
        yield session.close().open()


@pytest.fixture
def served_assessed(sqlite_url: str, tmp_path: Path) -> Iterator[Evaluated]:
    """On SQLite, with the application, and a signer that is not late."""
    with evaluated(sqlite_url, tmp_path, served=True) as session, session.world.site.service.signing():
        yield session.close().open()


@pytest.fixture
def consequent(sqlite_url: str, tmp_path: Path) -> Iterator[Consequent]:
    """On SQLite, and the vault knows who sat."""
    with evaluated(sqlite_url, tmp_path, served=True) as session:
        yield Consequent(session.close().open())
