"""A centre whose vault can pay, one for the tests of a module: each of them has orders of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.payouts.payday import Payday, opened_payday
from tests.payouts.ready import Ready, ready


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    """Names are not open to the payer."""
    folder = tmp_path_factory.mktemp("payouts")
    with ready(f"sqlite:///{folder / 'test.db'}", folder) as world:
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
