"""Opens the database of an installation, for a process that is about to serve it."""

from pathlib import Path

from sqlalchemy import Engine

from expertpool import migrations
from expertpool.core.database import open_engine
from expertpool.core.errors import Unavailable
from expertpool.core.settings import Settings
from expertpool.core.startup import NotInitialised, refuse_rollback


class NotMigrated(Unavailable):
    code = "startup.not-migrated"
    zh = "数据库结构的版本是 {found}，本程序需要 {needed}。请先备份，再运行 expertpool upgrade。"
    en = "The database is at revision {found}, this program needs {needed}. Back it up, then run expertpool upgrade."
    found: str
    needed: str


def open_database(settings: Settings) -> Engine:
    """The database, whatever state it is in. Raises `NotInitialised` when there is none."""
    if any(not path.exists() for path in sqlite_file(settings)):  # opening it would make an empty one
        raise NotInitialised
    return open_engine(settings.database)


def open_installation(settings: Settings) -> Engine:
    """The database of an installation that may be served.

    Raises `NotInitialised`, `NotMigrated`, `DatabaseDown`, and what `refuse_rollback` raises.
    """
    engine = open_database(settings)
    refuse_rollback(engine, settings.ledger.signer_mark, settings.ledger.cosigned)
    refuse_other_revision(engine)
    return engine


def refuse_other_revision(engine: Engine) -> None:
    """Raises `NotMigrated` unless the database has the tables that this program needs."""
    at, needed = migrations.revision_of(engine), migrations.newest_revision()
    if at != needed:
        raise NotMigrated(at or "-", needed)


def sqlite_file(settings: Settings) -> list[Path]:
    """The database as a file; none when it is a server."""
    name = settings.database.url.removeprefix("sqlite:///")
    return [] if name == settings.database.url else [Path(name)]
