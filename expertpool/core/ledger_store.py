"""The ledger in the service's own database: appended inside the business transaction, read as tiles.

An append happens last in a transaction and begins by locking the one head row: indexes are contiguous and the lock is
held for a few statements only. On SQLite the transaction already holds the write lock (BEGIN IMMEDIATE); on PostgreSQL
``FOR UPDATE`` waits for the other writer and then reads what it left.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine, bindparam, insert, literal_column, select, update

from expertpool.core.database import READ_ONLY
from expertpool.core.driver_sql import DriverStatement
from expertpool.core.ledger_tables import LedgerCheckpoint, LedgerEntry, LedgerHead, LedgerTile
from ledger.entry import Draft, Entry, make_entry
from ledger.errors import Unreadable
from ledger.merkle import HASH_SIZE, Frontier, fold
from ledger.tiles import WIDTH, Tile, join_bundle

_HEAD = select(LedgerHead.size, LedgerHead.frontier, LedgerHead.last_hash).where(LedgerHead.id == 1)
_LOCK_HEAD = DriverStatement(
    select(LedgerHead.size, LedgerHead.frontier, LedgerHead.last_hash)
    .where(LedgerHead.id == literal_column("1"))
    .with_for_update()
)
_MOVE_HEAD = DriverStatement(
    update(LedgerHead).where(LedgerHead.id == literal_column("1")), ["size", "frontier", "last_hash"]
)
_ADD_ENTRIES = DriverStatement(insert(LedgerEntry), ["idx", "data", "hash", "sealed"])
_HASHES = (
    select(LedgerEntry.hash)
    .where(LedgerEntry.index >= bindparam("first"), LedgerEntry.index < bindparam("end"))
    .order_by(LedgerEntry.index)
)
_DATA = (
    select(LedgerEntry.data)
    .where(LedgerEntry.index >= bindparam("first"), LedgerEntry.index < bindparam("end"))
    .order_by(LedgerEntry.index)
)
_TILE = select(LedgerTile.hashes).where(LedgerTile.level == bindparam("at"), LedgerTile.index == bindparam("number"))
_LATEST = select(LedgerCheckpoint.note).order_by(LedgerCheckpoint.size.desc()).limit(1)


def create_ledger(connection: Connection) -> None:
    """Put the empty ledger's head in place. Once per database."""
    connection.execute(insert(LedgerHead).values(id=1, size=0, frontier=b"", last_hash=None))


class TransactionLog:
    """The Appender of one open transaction (see ``ledger.store``)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(
        self, drafts: Sequence[Draft], seal: Callable[[int], Sequence[bytes | None]] | None = None
    ) -> list[Entry]:
        """Append at the end; committed or rolled back with everything else in the transaction.

        ``seal`` is told the first index and returns what to keep beside each entry (sealed disclosures, or None).
        """
        [(size, frontier, previous)] = _LOCK_HEAD.run(self._connection)
        tree = _unpack(size, frontier)
        made: list[Entry] = []
        for index, draft in enumerate(drafts, size):
            made.append(make_entry(draft, index, previous))
            previous = made[-1].hash
            tree.append(previous)
        kept = [None] * len(made) if seal is None else seal(size)
        rows = [
            {"idx": entry.index, "data": entry.data, "hash": entry.hash, "sealed": sealed}
            for entry, sealed in zip(made, kept, strict=True)
        ]
        _ADD_ENTRIES.run(self._connection, *rows)
        head = {"size": tree.size, "frontier": b"".join(tree.nodes), "last_hash": previous}
        _MOVE_HEAD.run(self._connection, head)
        for number in range(size // WIDTH, tree.size // WIDTH):
            hashes = list(self._connection.scalars(_HASHES, {"first": number * WIDTH, "end": (number + 1) * WIDTH}))
            self._add_tile_hash(1, number, fold(hashes))
        return made

    def _add_tile_hash(self, level: int, number: int, node: bytes) -> None:
        """Add the hash of the full tile ``number`` one level down to its tile on ``level``, and so on upwards."""
        index, offset = divmod(number, WIDTH)
        if offset == 0:
            self._connection.execute(insert(LedgerTile).values(level=level, index=index, hashes=node))
            return
        hashes = self._connection.execute(_TILE, {"at": level, "number": index}).scalar_one() + node
        at = (LedgerTile.level == level, LedgerTile.index == index)
        self._connection.execute(update(LedgerTile).where(*at).values(hashes=hashes))
        if offset == WIDTH - 1:
            parts = [hashes[start : start + HASH_SIZE] for start in range(0, len(hashes), HASH_SIZE)]
            self._add_tile_hash(level + 1, index, fold(parts))


class SqlLog:
    """The Reader over the database (see ``ledger.store``). Each call reads in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    def head(self) -> Frontier:
        """The tree's right edge as committed."""
        with self._engine.connect() as connection:
            size, frontier, _ = connection.execute(_HEAD).one()
        return _unpack(size, frontier)

    def entries(self, first: int, end: int) -> list[bytes]:
        """The bytes of entries ``first`` up to ``end``, as far as they exist."""
        with self._engine.connect() as connection:
            return list(connection.scalars(_DATA, {"first": first, "end": end}))

    def checkpoint(self) -> bytes:
        """See ``ledger.store.Reader``."""
        with self._engine.connect() as connection:
            note = connection.execute(_LATEST).scalar()
        if note is None:
            raise Unreadable("store.missing", path="checkpoint")
        return bytes(note)

    def tile(self, tile: Tile) -> bytes:
        """See ``ledger.store.Reader``."""
        span = {"first": tile.index * WIDTH, "end": tile.index * WIDTH + tile.width}
        with self._engine.connect() as connection:
            if tile.is_bundle:
                found = list(connection.scalars(_DATA, span))
                data, width = join_bundle(found), len(found)
            elif tile.level == 0:
                found = list(connection.scalars(_HASHES, span))
                data, width = b"".join(found), len(found)
            else:
                stored = connection.execute(_TILE, {"at": tile.level, "number": tile.index}).scalar() or b""
                data = stored[: tile.width * HASH_SIZE]
                width = len(data) // HASH_SIZE
        if width != tile.width:
            raise Unreadable("store.missing", path=tile.path)
        return data


def _unpack(size: int, frontier: bytes) -> Frontier:
    return Frontier(size, [frontier[start : start + HASH_SIZE] for start in range(0, len(frontier), HASH_SIZE)])
