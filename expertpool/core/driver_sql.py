"""Statements that every act runs: rendered once for each database, then handed to its driver as they are.

SQLAlchemy's work on a statement (cache key, binding, result types) costs several times what SQLite needs to run it;
the four statements by which an act enters the ledger skip that. They stay expressions of the models, so names and
dialects are right by construction.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.elements import ClauseElement

from expertpool.core.database import explain

# With these placeholder styles both drivers take parameters by name.
_DIALECTS: dict[str, Dialect] = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="named"),
    "postgresql": PGDialect_psycopg(paramstyle="pyformat"),  # type: ignore[no-untyped-call]  # SQLAlchemy left it so
}


class DriverStatement:
    """A statement whose parameters are integers, texts and bytes; ``columns`` are those that it sets, if it writes."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] = ()) -> None:
        self._statement = statement
        self._columns = tuple(columns)

    def run(self, connection: Connection, *params: dict[str, Any]) -> list[Any]:
        """Execute with one set of parameters, or several (an INSERT of several rows); returns the rows found.

        Raises `DatabaseBusy`, `DatabaseDown`, or the driver's own error for a fault of the statement.
        """
        cursor = connection.connection.cursor()
        text = _render(self, connection.dialect.name)
        try:
            if len(params) > 1:
                cursor.executemany(text, params)
            else:
                cursor.execute(text, *params)
            return list(cursor.fetchall()) if cursor.description else []
        except connection.dialect.loaded_dbapi.Error as error:
            raise explain(error) or error from None
        finally:
            cursor.close()

    def text(self, dialect: str) -> str:
        """The statement as the driver of ``dialect`` gets it."""
        return str(self._statement.compile(dialect=_DIALECTS[dialect], column_keys=self._columns or None))


@cache
def _render(statement: DriverStatement, dialect: str) -> str:
    return statement.text(dialect)
