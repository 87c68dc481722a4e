"""A business table, two events and everything around a transaction, for tests of the core."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from expertpool.core.clock import Clock, FixedClock
from expertpool.core.database import Base, open_engine
from expertpool.core.events import Event, clear
from expertpool.core.ids import new_id
from expertpool.core.ledger_store import SqlLog, create_ledger
from expertpool.core.mark import create_mark
from expertpool.core.rows import LedgeredRow
from expertpool.core.settings import DatabaseSettings
from expertpool.core.signer import Signer
from expertpool.core.transaction import Transaction, Transactions
from ledger.note import NoteSigner, VerifierKey, generate_key, parse_signer_key

ORIGIN = "test.example/ledger"
START = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


class Room(LedgeredRow):
    """A stand-in for business state."""

    __tablename__ = "test_rooms"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    seats: Mapped[int]
    opened: Mapped[datetime]
    chairs: Mapped[list["Chair"]] = relationship(cascade="all, delete-orphan")


class Chair(LedgeredRow):
    """A part of a room, which goes with it or when it is taken out."""

    __tablename__ = "test_chairs"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("test_rooms.id"))


class RoomOpened(Event):
    """A room was opened."""

    kind = "test.room-opened"
    room: str = clear()
    name: str


class RoomClosed(Event):
    """A room was closed."""

    kind = "test.room-closed"
    room: str = clear()


class TestSealer:
    """Seals like a key store, with a key that lives as long as the test."""

    __test__ = False

    def __init__(self) -> None:
        self._key = AESGCM(bytes(32))

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._key.encrypt(nonce, plaintext, name.encode() + associated)

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        return self._key.decrypt(sealed[:12], sealed[12:], name.encode() + associated)


@dataclass
class Office:
    """One installation: database, clock, transactions, signer's key and mark."""

    engine: Engine
    transactions: Transactions
    clock: Clock
    mark: Path
    signer_key: NoteSigner

    @property
    def log(self) -> SqlLog:
        return SqlLog(self.engine)

    @property
    def vkey(self) -> VerifierKey:
        return self.signer_key.key

    def signer(self) -> Signer:
        return Signer(self.engine, self.clock, self.signer_key, self.mark)

    def open_room(self, name: str = "第一评标室", seats: int = 5) -> str:
        with self.transactions.begin("svc:test") as tx:
            return open_room(tx, name, seats)

    def act(self, verb: Callable[[Transaction], object]) -> Transaction:
        with self.transactions.begin("svc:test") as tx:
            verb(tx)
        return tx


def open_room(tx: Transaction, name: str, seats: int = 5) -> str:
    room = Room(id=new_id("room"), name=name, seats=seats, opened=tx.now)
    tx.session.add(room)
    tx.record(RoomOpened(room=room.id, name=name))
    return room.id


def make_office(url: str, directory: Path, clock: Clock | None = None) -> Office:
    """A fresh installation on an empty database."""
    engine = open_engine(DatabaseSettings(url=url))
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        create_ledger(connection)
    engine.dispose()
    create_mark(directory / "signer" / "mark")
    skey, _ = generate_key(ORIGIN)
    (directory / "signer" / "key").write_text(skey)
    return reopen_office(url, directory, clock or FixedClock(START))


def reopen_office(url: str, directory: Path, clock: Clock) -> Office:
    """The same installation again, as another process of it would open it."""
    engine = open_engine(DatabaseSettings(url=url, busy_timeout_ms=60_000))
    signer_key = parse_signer_key((directory / "signer" / "key").read_text())
    mark = directory / "signer" / "mark"
    return Office(engine, Transactions(engine, clock, TestSealer()), clock, mark, signer_key)
