"""The database's history, by Alembic. `upgrade` brings a database to what this version of the service needs.

For developers: ``alembic revision --autogenerate -m "Say what changes"`` (settings as for the service) proposes the
next step; ``tests/migrations`` holds models and migrations equal on both databases.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData

from expertpool.core import heartbeat, jobs_table, ledger_tables
from expertpool.core.database import READ_ONLY, Base
from expertpool.core.rooms import load_rooms

_CORE_TABLES = (heartbeat, jobs_table, ledger_tables)  # importing a module is what adds its tables to the metadata
_TABLE_ROOMS = ("models", "idempotency")


def product_metadata() -> MetaData:
    """Every table of the product; imports all models."""
    for room in _TABLE_ROOMS:
        load_rooms(room)
    return Base.metadata


def alembic_config() -> Config:
    """Alembic's configuration; ``attributes["connection"]`` is what to work on."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def newest_revision() -> str:
    """The revision that this version of the service needs."""
    revision = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if revision is None:
        raise LookupError("there are no migrations")
    return revision


def revision_of(engine: Engine) -> str | None:
    """The revision that a database is at; None when it was never migrated. Raises `DatabaseDown`."""
    with engine.execution_options(**READ_ONLY).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision, in one transaction: all of it or nothing.

    SQLite alters a table by copying it, and dropping the old one would count as deleting its rows; so foreign keys
    are not enforced meanwhile and all are checked at the end.
    """
    with engine.connect() as connection:
        _enforce_foreign_keys(connection, "OFF")
        try:
            with connection.begin():
                config = alembic_config()
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
                if connection.dialect.name == "sqlite":
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise RuntimeError(f"migration to {revision} breaks {len(broken)} references")
        finally:
            _enforce_foreign_keys(connection, "ON")


def _enforce_foreign_keys(connection: Connection, state: str) -> None:
    """SQLite ignores this inside a transaction, so it goes to the driver, which begins none."""
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute(f"PRAGMA foreign_keys={state}")
