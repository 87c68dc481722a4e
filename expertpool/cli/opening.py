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
    zh = "数据库结构的版本是 {found}，本程序需要 {needed}。请先备份，再运行 expertpool doctor 查看如何升级。"
    en = "The database is at revision {found}, this program needs {needed}. Back it up, then run expertpool doctor."
    found: str
    needed: str


def open_installation(settings: Settings) -> Engine:
    """The database of an installation that may be served.

    Raises `NotInitialised`, `NotMigrated`, `DatabaseDown`, and what `refuse_rollback` raises.
    """
    if any(not path.exists() for path in sqlite_file(settings)):  # opening it would make an empty one
        raise NotInitialised
    engine = open_engine(settings.database)
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
