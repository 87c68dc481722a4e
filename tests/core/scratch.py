"""One table that is not the product's, on either database, for the tests of the database module."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import CheckConstraint, Connection, Engine, ForeignKey, MetaData, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from expertpool.core.database import Base, open_engine
from expertpool.core.settings import DatabaseSettings


class ScratchBase(Base):
    """As `Base`, without adding this test's table to the product's."""

    __abstract__ = True
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


class Scratch(ScratchBase):
    __tablename__ = "scratch"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"),)

    key: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    amount: Mapped[int]
    moment: Mapped[datetime | None]
    parent: Mapped[int | None] = mapped_column(ForeignKey("scratch.key"), index=True)


@contextmanager
def opened(url: str, *, pool_size: int = 5, busy_timeout_ms: int = 5000) -> Iterator[Engine]:
    engine = open_engine(DatabaseSettings(url=url, pool_size=pool_size, busy_timeout_ms=busy_timeout_ms))
    yield engine
    engine.dispose()


def fill(engine: Engine) -> None:
    ScratchBase.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(Scratch(key=1, name="one", amount=0))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Either database with one row; whoever waits for a lock gives up at once."""
    with opened(database_url, busy_timeout_ms=50) as engine:
        fill(engine)
        yield engine


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    with opened(sqlite_url, busy_timeout_ms=50) as engine:
        fill(engine)
        yield engine


def read(connection: Connection) -> int:
    return connection.scalars(select(Scratch.amount).where(Scratch.key == 1).with_for_update()).one()


def write(connection: Connection, amount: int) -> None:
    connection.execute(update(Scratch).where(Scratch.key == 1).values(amount=amount))


def sqlite_path(engine: Engine) -> str:
    assert engine.url.database
    return engine.url.database
