"""Both databases: no update is lost, reads never write, moments come back as they went in, trouble is explained."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Engine,
    create_engine,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from expertpool.core.database import (
    READ_ONLY,
    DatabaseBusy,
    UnsupportedDatabase,
    open_engine,
)
from expertpool.core.settings import DatabaseSettings
from tests.core.scratch import Scratch, fill, opened, read, write

# No lost update


def test_the_drivers_own_deferred_begin_loses_an_update(sqlite_engine: Engine) -> None:
    """The control: without our BEGIN two writers read 0, both write 1, and one increment is gone."""
    careless = create_engine(sqlite_engine.url)
    with careless.connect() as first, careless.connect() as second:
        seen_by_first, seen_by_second = read(first), read(second)
        write(first, seen_by_first + 1)
        first.commit()
        write(second, seen_by_second + 1)
        second.commit()
        assert read(second) == 1
    careless.dispose()


def test_a_second_writer_does_not_read_while_the_first_writes(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as first, sqlite_engine.connect() as second:
        write(first, read(first) + 1)
        with pytest.raises(DatabaseBusy):
            read(second)
        first.commit()
        write(second, read(second) + 1)
        second.commit()
        assert read(second) == 2


def test_a_writer_that_has_only_read_so_far_excludes_others(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as first, sqlite_engine.connect() as second:
        read(first)
        with pytest.raises(DatabaseBusy):
            read(second)


def test_many_concurrent_writers_lose_nothing(database_url: str) -> None:
    with opened(database_url, pool_size=4) as engine:
        fill(engine)

        def increment(_: int) -> None:
            with engine.begin() as connection:
                write(connection, read(connection) + 1)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(increment, range(60)))
        with engine.connect() as connection:
            assert read(connection) == 60


@pytest.mark.parametrize("end", ["commit", "rollback", "close", "invalidate"])
def test_however_a_writer_ends_the_next_one_has_its_turn(sqlite_engine: Engine, end: str) -> None:
    with sqlite_engine.connect() as first, sqlite_engine.connect() as second:
        write(first, 1)
        with pytest.raises(DatabaseBusy):
            write(second, 2)
        getattr(first, end)()
        write(second, 3)
        second.commit()
    with sqlite_engine.connect() as third:
        assert read(third) == 3


def test_a_writer_who_waits_gets_the_turn_when_it_is_free(sqlite_url: str) -> None:
    with opened(sqlite_url, busy_timeout_ms=60_000) as engine, ThreadPoolExecutor(1) as other:
        fill(engine)
        began = threading.Event()

        def add_one() -> None:
            with engine.connect() as connection:
                began.set()
                write(connection, read(connection) + 1)
                connection.commit()

        with engine.connect() as first:
            write(first, 10)
            waiting = other.submit(add_one)
            assert began.wait(60)
            first.commit()
            waiting.result(60)
            assert read(first) == 11


def test_a_session_begins_in_the_same_way(sqlite_engine: Engine) -> None:
    with Session(sqlite_engine) as first, sqlite_engine.connect() as second:
        first.get_one(Scratch, 1)
        with pytest.raises(DatabaseBusy):
            read(second)


def test_what_is_rolled_back_is_gone_with_its_savepoint_and_its_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        write(connection, 5)
        with connection.begin_nested():
            write(connection, 6)
        connection.execute(text("CREATE TABLE passing (a INTEGER)"))
        connection.rollback()
        assert read(connection) == 0
    assert not inspect(engine).has_table("passing")


# Reading transactions


def test_a_reader_is_not_stopped_by_a_writer_and_sees_one_moment(sqlite_engine: Engine) -> None:
    with (
        sqlite_engine.connect() as writer,
        sqlite_engine.connect().execution_options(**READ_ONLY) as reader,
    ):
        write(writer, 1)
        assert read(reader) == 0
        writer.commit()
        assert read(reader) == 0
        reader.rollback()
        assert read(reader) == 1


def test_a_write_in_a_reading_transaction_fails(engine: Engine) -> None:
    with (
        engine.execution_options(**READ_ONLY).connect() as reader,
        pytest.raises(DBAPIError, match=r"(?i)read-?\s?only"),
    ):
        write(reader, 1)


def test_a_connection_that_read_may_write_when_it_is_taken_again(database_url: str) -> None:
    with opened(database_url, pool_size=1) as engine:
        fill(engine)
        for amount in (1, 2):
            with engine.execution_options(**READ_ONLY).connect() as reader:
                reader.execute(select(Scratch.amount))
            with engine.begin() as writer:
                write(writer, amount)
        with engine.connect() as connection:
            assert read(connection) == 2


# How connections are set up


def test_sqlite_is_set_up_for_durability(sqlite_engine: Engine) -> None:
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 50}
    with sqlite_engine.connect() as connection:
        assert {name: connection.scalar(text(f"PRAGMA {name}")) for name in pragmas} == pragmas
        assert connection.connection.dbapi_connection
        assert connection.connection.dbapi_connection.isolation_level is None


def test_postgres_is_set_up_for_durability(postgres_url: str) -> None:
    expected = {
        "timezone": "UTC",
        "synchronous_commit": "on",
        "transaction_isolation": "read committed",
        "lock_timeout": "50ms",
    }
    with opened(postgres_url, busy_timeout_ms=50) as engine, engine.connect() as connection:
        assert {name: connection.scalar(text(f"SHOW {name}")) for name in expected} == expected


def test_many_processes_may_create_the_file_at_the_same_time(sqlite_url: str) -> None:
    start = threading.Barrier(8)

    def create(number: int) -> None:
        start.wait()
        with opened(sqlite_url) as engine, engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE t{number} (a INTEGER)"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(create, range(8)))
    with opened(sqlite_url) as engine:
        assert len(inspect(engine).get_table_names()) == 8


def test_a_transaction_costs_no_pragma(sqlite_engine: Engine) -> None:
    statements: list[str] = []
    with sqlite_engine.connect() as connection:
        assert connection.connection.dbapi_connection
        connection.connection.dbapi_connection.set_trace_callback(statements.append)
        for amount in (1, 2):
            write(connection, amount)
            connection.commit()
    assert [statement.split()[0] for statement in statements] == ["BEGIN", "UPDATE", "COMMIT"] * 2
    assert "BEGIN IMMEDIATE" in statements


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////tmp/x.db?mode=ro",
        "sqlite+aiosqlite:////tmp/x.db",
        "mysql://user:geheim@host/name",
        "postgresql://user:geheim@host/name",
        "postgresql+psycopg2://user:geheim@host/name",
        "postgresql+psycopg://user:geheim@host/name?options=-c%20synchronous_commit=off",
    ],
)
def test_only_the_two_databases_are_accepted(url: str) -> None:
    with pytest.raises(UnsupportedDatabase) as refused:
        open_engine(DatabaseSettings(url=url))
    assert "geheim" not in refused.value.message("zh") + refused.value.message("en")


# Moments

AWARE = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.timezones() | st.just(UTC) | st.just(timezone(timedelta(hours=8))),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moment=AWARE)
def test_a_moment_comes_back_in_utc_to_the_microsecond(engine: Engine, moment: datetime) -> None:
    with Session(engine) as session:
        row = session.get_one(Scratch, 1)
        row.moment = moment
        session.flush()
        session.expire(row)
        assert row.moment == moment.astimezone(UTC)
        assert row.moment.tzinfo is UTC
        assert session.scalar(select(Scratch.key).where(Scratch.moment == moment)) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=AWARE, second=AWARE)
def test_moments_are_ordered_by_the_database_as_in_time(engine: Engine, first: datetime, second: datetime) -> None:
    with Session(engine) as session:
        session.get_one(Scratch, 1).moment = first
        session.flush()
        earlier = session.scalar(select(Scratch.key).where(Scratch.moment < second)) == 1
        assert earlier == (first.astimezone(UTC) < second.astimezone(UTC))


def test_a_naive_moment_is_refused(engine: Engine) -> None:
    with Session(engine) as session:
        session.get_one(Scratch, 1).moment = datetime(2026, 11, 21)  # noqa: DTZ001
        with pytest.raises(StatementError, match="naive"):
            session.flush()


def test_no_moment_is_none(engine: Engine) -> None:
    with Session(engine) as session:
        assert session.get_one(Scratch, 1).moment is None


# Columns and constraints


@pytest.mark.parametrize("number", [2**31, 2**63 - 1])
def test_integers_have_64_bits(engine: Engine, number: int) -> None:
    with engine.begin() as connection:
        write(connection, number)
    with engine.connect() as connection:
        assert read(connection) == number


def test_constraints_have_stable_names(engine: Engine) -> None:
    schema = inspect(engine)
    assert schema.get_pk_constraint("scratch")["name"] == "pk_scratch"
    assert schema.get_unique_constraints("scratch")[0]["name"] == "uq_scratch_name"
    assert schema.get_check_constraints("scratch")[0]["name"] == "ck_scratch_amount_not_negative"
    assert schema.get_foreign_keys("scratch")[0]["name"] == "fk_scratch_parent_scratch"
    assert "ix_scratch_parent" in {index["name"] for index in schema.get_indexes("scratch")}


@pytest.mark.parametrize("change", [{"parent": 99}, {"amount": -1}])
def test_foreign_keys_and_checks_are_enforced(engine: Engine, change: dict[str, int]) -> None:
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(update(Scratch).values(**change))


def test_the_values_of_a_failed_statement_are_in_no_message(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Scratch(key=1, name="王小明 13800000000", amount=0))
        with pytest.raises(IntegrityError) as failed:
            session.flush()
    assert "王小明" not in str(failed.value)
