"""Trouble with the database is told as busy or down; what is at fault in a statement stays what it is."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from expertpool.core.database import DatabaseBusy, DatabaseDown
from tests.core.scratch import fill, opened, read, sqlite_path, write


def test_a_row_lock_that_is_waited_for_too_long_is_busy(postgres_url: str) -> None:
    with opened(postgres_url, busy_timeout_ms=50) as engine:
        fill(engine)
        with engine.connect() as first, engine.connect() as second:
            write(first, 1)
            with pytest.raises(DatabaseBusy):
                write(second, 2)
            second.rollback()
            first.commit()
            write(second, 2)
            second.commit()
            assert read(second) == 2


def test_a_connection_that_does_not_become_free_in_time_is_busy(database_url: str) -> None:
    with opened(database_url, pool_size=1, busy_timeout_ms=50) as engine:
        fill(engine)
        with engine.connect() as held:
            assert read(held) == 0
            with pytest.raises(DatabaseBusy):
                engine.connect()
        with engine.connect() as freed:
            assert read(freed) == 0


def no_folder(path: Path) -> str:
    return f"sqlite:///{path / 'absent' / 'x.db'}"


def no_database_file(path: Path) -> str:
    (path / "x.db").write_bytes(b"not a database at all, but long enough to be read as one" * 20)
    return f"sqlite:///{path / 'x.db'}"


def no_server(path: Path) -> str:
    return f"postgresql+psycopg://nobody:geheim@/none?host={path}"


@pytest.mark.parametrize("broken", [no_folder, no_database_file, no_server])
def test_a_database_that_cannot_be_opened_is_down(broken: Callable[[Path], str], tmp_path: Path) -> None:
    with (
        opened(broken(tmp_path)) as engine,
        pytest.raises(DatabaseDown) as failed,
        engine.connect() as connection,
    ):
        connection.scalar(text("SELECT 1"))
    assert "geheim" not in str(failed.value)


def test_a_full_disk_is_down_and_loses_only_the_transaction(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 20"))
        write(connection, 1)
        connection.commit()
        with pytest.raises(DatabaseDown):
            connection.execute(text("CREATE TABLE big AS SELECT zeroblob(1000000) AS filling"))
        connection.rollback()
        assert read(connection) == 1


def test_a_server_that_goes_away_is_down_and_the_next_transaction_works(postgres_url: str) -> None:
    with opened(postgres_url) as engine, opened(postgres_url) as other:
        fill(engine)
        with engine.connect() as connection:
            backend = connection.scalar(text("SELECT pg_backend_pid()"))
            with other.connect() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
            with pytest.raises(DatabaseDown):
                read(connection)
        with engine.connect() as connection:
            assert read(connection) == 0


def test_other_errors_stay_as_they_are(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError, match="nowhere"):
        connection.execute(text("SELECT * FROM nowhere"))


def test_a_foreign_process_that_holds_the_file_makes_it_busy(sqlite_engine: Engine) -> None:
    with closing(sqlite3.connect(sqlite_path(sqlite_engine), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy), sqlite_engine.begin():
            pass
        other.execute("ROLLBACK")
    with sqlite_engine.begin() as connection:
        write(connection, 1)


def test_a_url_is_not_changed_by_opening_it(database_url: str) -> None:
    with opened(database_url) as engine:
        assert engine.url == make_url(database_url)
