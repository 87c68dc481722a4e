"""Notices within microseconds that the ledger may have grown, so that the signer can look every few milliseconds."""

from contextlib import closing

from sqlalchemy import Engine, PoolProxiedConnection

from expertpool.core.database import DatabaseDown

# SQLite tells whether any other connection has committed, without reading a page; PostgreSQL is asked for the size.
_PROBES = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT size FROM ledger_head"}


class LedgerWatch:
    """Holds one connection of its own, below SQLAlchemy, whose bookkeeping would cost several times the question."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._probe = _PROBES[engine.dialect.name]
        self._connection: PoolProxiedConnection | None = None
        self._seen: object = None

    def moved(self) -> bool:
        """Whether something was committed since the last call; true at first. Raises `DatabaseDown`."""
        if self._connection is None:
            self._connection = self._connect()
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(self._probe)
                [value] = cursor.fetchone() or [None]
        except self._engine.dialect.loaded_dbapi.Error:
            self.close()
            raise DatabaseDown from None
        before, self._seen = self._seen, value
        return bool(value != before)

    def close(self) -> None:
        """Give up the connection; the next call opens another, and counts as a move."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._seen = None, None

    def _connect(self) -> PoolProxiedConnection:
        self._engine.connect().close()  # raises DatabaseDown in words when there is no database
        connection = self._engine.raw_connection()
        if self._engine.dialect.name == "postgresql":
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]  # a psycopg connection
        connection.detach()  # never back to the pool
        return connection
