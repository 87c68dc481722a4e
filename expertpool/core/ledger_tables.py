"""The ledger's own tables. Their rows are what the ledger is made of, so no entry commits to them.

``ledger_head`` has one row, which every append locks last: size, right edge of the tree and the last entry's hash.
"""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.rows import OperationalRow


class LedgerHead(OperationalRow):
    """The tree head: ``frontier`` concatenates the hashes of the complete subtrees, largest first."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    size: Mapped[int]
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    last_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class LedgerEntry(OperationalRow):
    """An entry, verbatim, and its leaf hash. ``sealed`` holds the disclosures of its hidden fields, encrypted."""

    __tablename__ = "ledger_entries"

    index: Mapped[int] = mapped_column("idx", primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class LedgerTile(OperationalRow):
    """Hashes above the leaves (tile levels 1 and up); level 0 is the entries' hashes themselves."""

    __tablename__ = "ledger_tiles"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column("idx", primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerCheckpoint(OperationalRow):
    """A signed checkpoint, with whatever cosignatures have come in for it."""

    __tablename__ = "ledger_checkpoints"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime]


class LedgerImage(OperationalRow):
    """A row as an entry's transaction left it. ``data`` is NULL once erased; ``leaf`` keeps the root computable.

    ``entry`` is minus a batch's number for a row that was staged: its entry is that of the batch.
    """

    __tablename__ = "ledger_images"
    __table_args__ = ({"sqlite_with_rowid": False},)

    row_table: Mapped[str] = mapped_column(String(63), primary_key=True)
    row_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    entry: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[bytes | None] = mapped_column(LargeBinary)


class LedgerBatch(OperationalRow):
    """Rows that are staged ahead of the act that makes them visible; ``entry`` is that act's, None until then."""

    __tablename__ = "ledger_batches"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a number is never used again

    number: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[int | None] = mapped_column(unique=True)
    staged_at: Mapped[datetime]


class LedgerWitness(OperationalRow):
    """How far a witness that we ask has come, for whoever watches the service (see ``core.cosigning``).

    ``stated_at`` is the time in its cosignature, ``cosigned_at`` our own when it came; ``failure`` is a stable code.
    """

    __tablename__ = "ledger_witnesses"

    address: Mapped[str] = mapped_column(String(255), primary_key=True)
    size: Mapped[int | None]
    cosigned_at: Mapped[datetime | None]
    stated_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(64))
    failing_since: Mapped[datetime | None]
