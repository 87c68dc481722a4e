"""A process says that it is there, whatever becomes of its database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.clock import FixedClock
from expertpool.core.database import Base, open_engine
from expertpool.core.heartbeat import Heart, ProcessSign, beating
from expertpool.core.settings import DatabaseSettings

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def test_a_process_is_one_row_that_moves(tmp_path: Path) -> None:
    engine = open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/x.db"))
    Base.metadata.create_all(engine, [Base.metadata.tables[ProcessSign.__tablename__]])
    clock = FixedClock(NOW)
    heart = Heart(engine, clock, "signer")
    heart.beat()
    clock.advance(timedelta(minutes=1))
    heart.beat()
    with beating(engine, clock, "vault"):
        pass
    with Session(engine) as session:
        found = session.scalars(select(ProcessSign).order_by(ProcessSign.process)).all()
    assert [(one.process, one.started - NOW, one.seen - NOW) for one in found] == [
        ("signer", timedelta(0), timedelta(minutes=1)),
        ("vault", timedelta(minutes=1), timedelta(minutes=1)),
    ]
    engine.dispose()


def test_a_database_that_cannot_take_it_stops_nobody(tmp_path: Path) -> None:
    engine = open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/no/folder/x.db"))
    Heart(engine, FixedClock(NOW), "signer").beat()
    engine.dispose()
