"""What a ledger entry costs an act: the same transaction with and without it, and bare single-row commits beside."""

import multiprocessing
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter

import psycopg
from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from benchmarks.harness import Measurement, paired
from expertpool.core.checkpoints import acknowledge
from expertpool.core.clock import SystemClock
from expertpool.core.ids import new_id
from expertpool.core.rows import OperationalRow
from tests.core.ledgered import Office, make_office, open_room, reopen_office
from tests.postgres import Cluster, find_binaries

ACTS = 200  # in each timed round
ROUNDS = 9
ACKNOWLEDGED = 300


class PlainRoom(OperationalRow):
    """The same business row, in a table that the ledger does not cover."""

    __tablename__ = "bench_plain_rooms"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    seats: Mapped[int]
    opened: Mapped[datetime]


def append_commit(folder: Path) -> Iterator[Measurement]:
    """Time acts on SQLite (``synchronous=FULL``) and, where it is installed, PostgreSQL."""
    with tempfile.TemporaryDirectory(dir=folder) as directory:
        yield from _measure("", f"sqlite:///{directory}/expertpool.db", Path(directory))
    binaries = find_binaries()
    if binaries is not None:
        with Cluster(binaries) as cluster, tempfile.TemporaryDirectory(dir=folder) as directory:
            yield from _measure("_postgresql", cluster.url(cluster.create_database()), Path(directory))


def _measure(suffix: str, url: str, directory: Path) -> Iterator[Measurement]:
    office = make_office(url, directory, SystemClock())
    clock = SystemClock()

    def with_entry() -> None:
        for _ in range(ACTS):
            with office.transactions.begin("svc:bench") as tx:
                open_room(tx, "第一评标室")

    def without_entry() -> None:
        for _ in range(ACTS):
            with Session(office.engine, expire_on_commit=False) as session, session.begin():
                session.add(PlainRoom(id=new_id("room"), name="第一评标室", seats=5, opened=clock.now()))

    with_entry()  # warm caches and files
    without_entry()
    pair = paired(with_entry, without_entry, ROUNDS)
    with _bare_commits(office) as bare:
        beside = paired(with_entry, bare, ROUNDS)
    us = 1e6 / ACTS
    yield Measurement(f"append_commit{suffix}", round(pair.ours * us), "us", "same transaction, no entry", pair.ratio)
    yield Measurement(f"append_commit{suffix}_without_entry", round(pair.theirs * us), "us")
    yield Measurement(f"bare_commit{suffix}", round(beside.theirs * us), "us", "append_commit", 1 / beside.ratio)
    yield from _acknowledged(suffix, url, directory, office)
    office.engine.dispose()


def _acknowledged(suffix: str, url: str, directory: Path, office: Office) -> Iterator[Measurement]:
    """From before the transaction until the receipt is in hand, with the signer in its own process."""
    signer = multiprocessing.get_context("spawn").Process(target=_sign, args=(url, directory), daemon=True)
    signer.start()
    times = []
    for _ in range(ACKNOWLEDGED):
        start = perf_counter()
        with office.transactions.begin("svc:bench") as tx:
            open_room(tx, "第一评标室")
        acknowledge(office.engine, tx.entries[0], timeout_s=60)
        times.append(perf_counter() - start)
    signer.kill()
    signer.join()
    times = sorted(times[20:])
    yield Measurement(f"append_acknowledged{suffix}_p50", round(statistics.median(times) * 1e3, 2), "ms")
    yield Measurement(f"append_acknowledged{suffix}_p99", round(times[len(times) * 99 // 100] * 1e3, 2), "ms")


def _sign(url: str, directory: Path) -> None:
    reopen_office(url, directory, SystemClock()).signer().run(poll_ms=2, stopped=lambda: False)


@contextmanager
def _bare_commits(office: Office) -> Iterator[Callable[[], None]]:
    """One row, one commit, by the driver alone, as durable as the service's."""
    if office.engine.dialect.name == "postgresql":
        address = office.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as server:
            server.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, name text)")

            def insert_into_postgresql() -> None:
                for _ in range(ACTS):
                    server.execute("INSERT INTO bench_bare (name) VALUES ('x')")

            yield insert_into_postgresql
    else:
        path = str(office.engine.url.database)
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("PRAGMA synchronous=FULL")
            file.execute("CREATE TABLE bench_bare (id INTEGER PRIMARY KEY, name TEXT)")

            def insert_into_sqlite() -> None:
                for _ in range(ACTS):
                    file.execute("BEGIN IMMEDIATE")
                    file.execute("INSERT INTO bench_bare (name) VALUES ('x')")
                    file.execute("COMMIT")

            yield insert_into_sqlite
