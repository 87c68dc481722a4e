"""What every test may ask for: an empty database of either kind, and a machine without a network."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import network
from tests.postgres import NOT_INSTALLED, Cluster, find_binaries

settings.register_profile("dev", deadline=None)
# A shared machine is slow at times, and what fails there must fail again on a developer's.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=50,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


def nothing_may_be_left_out() -> bool:
    """Say whether a missing server fails the run instead of leaving tests out."""
    return os.environ.get("CI") == "true" or os.environ.get("EXPERTPOOL_REQUIRE_ALL") == "1"


@pytest.fixture(scope="session", autouse=True)
def _stay_on_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        network.block(monkeypatch)
        yield


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A cluster for this test process."""
    binaries = find_binaries()
    if binaries is None:
        if nothing_may_be_left_out():
            pytest.fail(NOT_INSTALLED)
        pytest.skip(NOT_INSTALLED)
    with Cluster(binaries) as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh, empty PostgreSQL database."""
    database = postgres_cluster.create_database()
    yield postgres_cluster.url(database)
    postgres_cluster.drop_database(database)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The SQLAlchemy URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'expertpool.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database; a test that asks for it runs on both kinds."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that were left out for want of a server: a green run must not hide them."""
    left_out = [
        report.nodeid for report in terminalreporter.stats.get("skipped", []) if NOT_INSTALLED in str(report.longrepr)
    ]
    if left_out:
        terminalreporter.section(f"{len(left_out)} TESTS LEFT OUT", red=True, bold=True)
        terminalreporter.line(f"{NOT_INSTALLED}:")
        for nodeid in left_out:
            terminalreporter.line(f"  {nodeid}")
