"""The two databases, made to behave alike: one writer's transaction never loses what another wrote.

SQLite's driver begins a transaction only at the first write, so two writers can read the same row and both act
on it; here every transaction begins with an explicit BEGIN, a writing one with BEGIN IMMEDIATE. PostgreSQL runs
at READ COMMITTED; who needs more locks the rows that it depends on. Nothing rests on SERIALIZABLE.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar

import sqlalchemy
from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    Integer,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from expertpool.core.errors import ExpertpoolError, Invalid, Unavailable
from expertpool.core.settings import DatabaseSettings

READ_ONLY: Mapping[str, Any] = MappingProxyType({"expertpool_read": True, "postgresql_readonly": True})
"""Execution options of a transaction that only reads: it takes no write lock and any write in it fails.

Use ``engine.execution_options(**READ_ONLY)``, which shares the pool, or the same on one connection.
"""


class UnsupportedDatabase(Invalid):
    code = "database.unsupported-url"
    zh = "不支持的数据库地址：{reason_zh}。请使用 sqlite:///文件路径 或 postgresql+psycopg://用户@主机/库名。"
    en = "Unsupported database URL: {reason_en}. Use sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME."
    reason_zh: str
    reason_en: str


class DatabaseBusy(Unavailable):
    code = "database.busy"
    zh = "系统正忙，本次操作没有生效，请稍后重试。"
    en = "The system is busy and nothing was changed; please try again shortly."


class DatabaseDown(Unavailable):
    code = "database.down"
    zh = "数据库暂时无法使用（可能是连接中断或磁盘已满），请稍后重试；如持续出现请联系系统管理员。"
    en = "The database cannot be used at present (no connection or a full disk). If it persists, tell an administrator."


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, to the microsecond. Refuses naive values and gives back aware UTC, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a naive datetime names no moment; use an aware one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(kind: type[Enum]) -> sqlalchemy.Enum:
    """A column of an enumeration's words, so that a new word needs no migration."""
    return sqlalchemy.Enum(
        kind, native_enum=False, length=32, values_callable=lambda members: [member.value for member in members]
    )


class Base(DeclarativeBase):
    """Every mapped class of the service. Constraint names are fixed, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    # Integers hold 分 and ledger indexes: 64 bits on both (on SQLite INTEGER is 64 bits and can number rows).
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        int: BigInteger().with_variant(Integer, "sqlite"),
    }


def open_engine(settings: DatabaseSettings) -> Engine:
    """An engine for the configured database; connects at first use. Raises `UnsupportedDatabase`.

    Parameters of statements stay out of messages and logs: they may be names or telephone numbers.
    """
    url = parse_url(settings.url)
    options: dict[str, Any] = {
        "poolclass": _Pool,
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": settings.busy_timeout_ms / 1000,
        "hide_parameters": True,
    }
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, connect_args={"options": _postgres_session(settings)}, **options)
    else:
        engine = create_engine(url, connect_args={"timeout": settings.busy_timeout_ms / 1000}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        _Queue(engine, settings.busy_timeout_ms / 1000)
    event.listen(engine, "handle_error", _explain)
    return engine


def parse_url(text: str) -> URL:
    """The URL if it names one of the two databases that are supported. Raises `UnsupportedDatabase`."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise UnsupportedDatabase("无法解析", "it cannot be parsed") from None
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:" or url.query:
            raise UnsupportedDatabase("SQLite 需要文件且不带参数", "SQLite needs a file, no parameters")
    elif url.drivername == "postgresql+psycopg":
        if "options" in url.query:
            raise UnsupportedDatabase("不可自带 options 参数", "it may not bring its own options parameter")
    else:
        raise UnsupportedDatabase(f"驱动 {url.drivername}", f"driver {url.drivername}")
    return url


class _Pool(QueuePool):
    """Tells that no connection became free in time as what it is to whoever asked: the service is busy."""

    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except PoolTimeout:
            raise DatabaseBusy from None


_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_DOWN = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_POSTGRES_BUSY = {"55P03", "40P01"}  # lock_not_available, deadlock_detected
# Classes of SQLSTATE: connection exception, insufficient resources, operator intervention.
_POSTGRES_DOWN = {"08", "53", "57"}


def _postgres_session(settings: DatabaseSettings) -> str:
    return (
        "-c timezone=UTC -c synchronous_commit=on -c default_transaction_isolation=read\\ committed "
        # Whoever reads through a cursor here reads to the end, so the quickest first row is not what to plan for.
        f"-c lock_timeout={settings.busy_timeout_ms} -c cursor_tuple_fraction=1"
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_Queue` does
    _use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # Every commit flushes the log; carrying it over into the file every 16 MiB instead of 4 costs no durability.
    connection.execute("PRAGMA wal_autocheckpoint=4096")
    connection.execute("PRAGMA cache_size=-16384")  # KiB


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Ask until it is so: two processes that first open a new file at once would deadlock, and one gets BUSY."""
    for attempts_left in range(99, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _SQLITE_BUSY or not attempts_left:
                raise
            time.sleep(0.01)
        else:
            return


class _Queue:
    """The writers of this process, one at a time: whoever finds SQLite's one place taken would only sleep and ask.

    It is held from before BEGIN IMMEDIATE until after COMMIT or ROLLBACK. Writers of other processes meet at SQLite's.
    """

    def __init__(self, engine: Engine, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._place = threading.Lock()
        self._holder: object = None  # the driver's connection
        event.listen(engine, "begin", self._begin)
        dialect: Any = engine.dialect
        for end in ("do_commit", "do_rollback", "do_close"):
            setattr(dialect, end, self._leaving(getattr(dialect, end)))

    def _begin(self, connection: Connection) -> None:
        reads = connection.get_execution_options().get("expertpool_read", False)
        if connection.info.get("query_only", False) != reads:
            connection.exec_driver_sql(f"PRAGMA query_only={reads:d}")
            connection.info["query_only"] = reads
        if not reads:
            self._enter(connection.connection.dbapi_connection)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")  # rolled back, so left, when it fails

    def _enter(self, connection: object) -> None:
        if not self._place.acquire(timeout=self._timeout_s):
            raise DatabaseBusy
        self._holder = connection

    def _leaving(self, end: Callable[[Any], None]) -> Callable[[Any], None]:
        def ended(connection: Any) -> None:
            try:
                end(connection)
            finally:
                if self._holder is getattr(connection, "dbapi_connection", connection):
                    self._holder = None
                    self._place.release()

        return ended


def _explain(context: ExceptionContext) -> ExpertpoolError | None:
    if explained := explain(context.original_exception):
        return explained
    return DatabaseDown() if context.is_disconnect or context.connection is None else None


def explain(error: BaseException) -> ExpertpoolError | None:
    """What to raise instead of a driver's error when the machine's state, not the statement, is at fault."""
    if isinstance(error, sqlite3.Error):
        reason = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary result code
        busy, down = reason in _SQLITE_BUSY, reason in _SQLITE_DOWN
    else:
        state = getattr(error, "sqlstate", None) or ""
        busy, down = state in _POSTGRES_BUSY, state[:2] in _POSTGRES_DOWN
    if busy:
        return DatabaseBusy()
    return DatabaseDown() if down else None
