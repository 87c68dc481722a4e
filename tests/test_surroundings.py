"""The tests' own surroundings: the databases are fresh and durable, and no test leaves this machine."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests import conftest
from tests.network import NetworkBlocked, is_local
from tests.postgres import NOT_INSTALLED, Cluster, find_binaries

pytest_plugins = ["pytester"]


@pytest.mark.parametrize("run", ["first", "second"])
def test_each_test_gets_an_empty_database(database_url: str, run: str) -> None:
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (run VARCHAR)"))
        connection.execute(text("INSERT INTO left_behind VALUES (:run)"), {"run": run})
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT run FROM left_behind")).all() == [run]


def test_postgres_is_as_durable_as_a_real_one(postgres_url: str) -> None:
    with create_engine(postgres_url, poolclass=NullPool).connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.scalar(text(f"SHOW {setting}")) == "on"


def test_a_database_can_be_copied_from_a_prepared_one(postgres_cluster: Cluster) -> None:
    prepared = postgres_cluster.create_database()
    with create_engine(postgres_cluster.url(prepared), poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE prepared AS SELECT 7 AS answer"))
    copy = postgres_cluster.create_database(template=prepared)
    with create_engine(postgres_cluster.url(copy), poolclass=NullPool).connect() as connection:
        assert connection.scalar(text("SELECT answer FROM prepared")) == 7
    for database in (copy, prepared):
        postgres_cluster.drop_database(database)


def test_a_cluster_takes_its_files_with_it() -> None:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(NOT_INSTALLED)
    with Cluster(binaries) as cluster:
        home = cluster._home
        assert (home / "data" / "postmaster.pid").exists()
    assert not home.exists()


def test_a_cluster_goes_with_a_killed_test_run() -> None:
    if find_binaries() is None:
        pytest.skip(NOT_INSTALLED)
    killed = """
import os, signal
from tests.postgres import Cluster, find_binaries
with Cluster(find_binaries()) as cluster:
    print(cluster._home, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    # The keeper shares standard error, so this returns only when it is done as well.
    run = subprocess.run([sys.executable, "-c", killed], capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    assert run.stdout.startswith("/")
    assert not Path(run.stdout.strip()).exists()


def test_without_the_server_tests_are_left_out_loudly(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("EXPERTPOOL_REQUIRE_ALL", raising=False)
    outcome = run_without_server(pytester, monkeypatch)
    outcome.assert_outcomes(skipped=1)
    outcome.stdout.fnmatch_lines(["*1 TESTS LEFT OUT*", f"*{NOT_INSTALLED[:30]}*", "*test_needs_it*"])


@pytest.mark.parametrize(("variable", "value"), [("CI", "true"), ("EXPERTPOOL_REQUIRE_ALL", "1")])
def test_where_everything_is_required_a_missing_server_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(variable, value)
    run_without_server(pytester, monkeypatch).assert_outcomes(errors=1)


def run_without_server(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.RunResult:
    monkeypatch.setattr(conftest, "find_binaries", lambda: None)
    pytester.makepyfile("def test_needs_it(postgres_url): pass")
    return pytester.runpytest_inprocess("-p", "tests.conftest")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost", b"127.9.9.9"])
def test_this_machine_may_be_reached(host: str | bytes) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "example.org", "localhost.example.org"])
def test_other_machines_may_not(host: str) -> None:
    assert not is_local(host)
    with pytest.raises(NetworkBlocked):
        socket.create_connection((host, 80), timeout=1)


def test_datagrams_stay_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(NetworkBlocked):
        sock.sendto(b"x", ("192.0.2.1", 9))
    with socket.socket() as sock, pytest.raises(NetworkBlocked):
        sock.connect_ex(("192.0.2.1", 80))


def test_loopback_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"x")
        assert accepted.recv(1) == b"x"
