"""The file of an agent's memory, and the mark beside it by which an older copy is known.

Whoever restores a memory from a backup brings back an agent that has forgotten what it answered. So each answer and
each cosignature counts one up, in the memory and then in the mark: a memory that is behind its mark is not used. Where
both were restored, the centre still shows what the agent cosigned and contributed (``custodian.remembering``).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from expertpool.core.faults import crash_point
from expertpool.custodian.errors import MemoryLost
from expertpool.custodian.troubles import MemoryRestored
from ledger.durable import replace_file

_SCHEMA: Final = """
BEGIN;
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE heads (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note BLOB NOT NULL) STRICT;
CREATE TABLE entries (
    idx INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, data BLOB NOT NULL,
    not_before REAL NOT NULL, seen REAL NOT NULL
) STRICT;
CREATE INDEX entries_by_subject ON entries (kind, subject);
CREATE TABLE codes (code TEXT NOT NULL, intent INTEGER NOT NULL, PRIMARY KEY (code, intent)) STRICT;
CREATE TABLE lots (
    project TEXT NOT NULL, lot TEXT NOT NULL, intent INTEGER NOT NULL, PRIMARY KEY (project, lot, intent)
) STRICT;
CREATE TABLE answers (task TEXT PRIMARY KEY, intent INTEGER, answer TEXT NOT NULL, decided REAL NOT NULL) STRICT;
CREATE TABLE waiting (task TEXT PRIMARY KEY, code TEXT NOT NULL, entry INTEGER) STRICT;
CREATE TABLE approvals (entry INTEGER PRIMARY KEY, approved INTEGER NOT NULL, at REAL NOT NULL) STRICT;
CREATE TABLE openings (statement TEXT PRIMARY KEY, signature TEXT NOT NULL, told INTEGER NOT NULL) STRICT;
CREATE TABLE alarms (
    id TEXT PRIMARY KEY, alarm TEXT NOT NULL, raised REAL NOT NULL, lifted REAL, reason TEXT
) STRICT;
INSERT INTO facts VALUES ('size', x'30'), ('frontier', x''), ('counter', x'30');
COMMIT;
"""
_SECRET: Final = 0o600


class Store:
    """The database: facts by name, transactions, and those that count."""

    def __init__(self, path: Path) -> None:
        """Raises `MemoryLost` unless the file is there and whole, `MemoryRestored` when it is older than its mark."""
        if not path.is_file():
            raise MemoryLost(str(path))
        self._mark = path.with_suffix(".mark")
        marked = self._marked()  # first: whoever is writing writes the mark last
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            [check] = self._db.execute("PRAGMA quick_check").fetchone()
            if check != "ok" or self._fact("size") is None:
                raise MemoryLost(str(path))
            if marked is None or self._counter() < marked:
                raise MemoryRestored(str(path))
        except sqlite3.DatabaseError:
            raise MemoryLost(str(path)) from None

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make the empty memory of a new agent."""
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
        database.close()
        path.chmod(_SECRET)
        replace_file(path.with_suffix(".mark"), b"0\n", _SECRET)
        return cls(path)

    def close(self) -> None:
        self._db.close()

    def catch_up(self) -> None:
        """Bring the mark to where the memory is: a crash may have come between the two. For the one who writes."""
        if self._marked() != self._counter():
            replace_file(self._mark, b"%d\n" % self._counter(), _SECRET)

    def _counter(self) -> int:
        return int(self._fact("counter") or b"0")

    def _marked(self) -> int | None:
        """What the mark says; None where there is none that can be read."""
        try:
            return int(self._mark.read_text("ascii"))
        except (OSError, ValueError):
            return None

    def _fact(self, name: str) -> bytes | None:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def _set(self, name: str, value: bytes | str) -> None:
        raw = value.encode() if isinstance(value, str) else value
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, raw))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """A transaction that no older copy of the memory may lack: durable, mark included, on return."""
        with self._transaction():
            yield
            self._set("counter", str(self._counter() + 1))
        crash_point("custodian.counted")
        self.catch_up()
