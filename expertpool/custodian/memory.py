"""What an agent remembers: the tree that it followed, what it learned from entries, what it answered.

One SQLite file, every commit flushed (``synchronous=FULL``). Nothing is answered or cosigned before it is in here, so
an agent that is killed between any two steps goes on where it was, and one whose memory is gone does not go on at all.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from expertpool.custodian.errors import ClockWentBack, MemoryLost
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.entry import Entry, parse_entry
from ledger.merkle import HASH_SIZE, Frontier

KEPT: Final = ("draw.", "holder.", "milestone.", "recipient.", "supervisor-key.", "vault.")
"""Kinds of entries that are kept, by how they begin."""

STEP_BACK: Final = 5.0  # seconds by which a clock may be set back without further ado

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
CREATE TABLE waiting (task TEXT PRIMARY KEY, code TEXT NOT NULL) STRICT;
CREATE TABLE approvals (intent INTEGER PRIMARY KEY, approved REAL NOT NULL) STRICT;
CREATE TABLE openings (statement TEXT PRIMARY KEY, signature TEXT NOT NULL, told INTEGER NOT NULL) STRICT;
INSERT INTO facts VALUES ('size', x'30'), ('frontier', x'');
COMMIT;
"""
HEADS_KEPT: Final = 1000
"""How many sizes of the tree are remembered with their roots."""
_FORGET_HEADS: Final = "DELETE FROM heads WHERE size NOT IN (SELECT size FROM heads ORDER BY size DESC LIMIT ?)"


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry, and between which two moments of the agent's own clock it was appended (POSIX seconds).

    At ``not_before`` the agent knew a tree without it, at ``seen`` one with it: so an entry cannot pretend to be older
    or younger than the agent itself knows.
    """

    entry: Entry
    not_before: float
    seen: float

    @property
    def earliest(self) -> float:
        """The earliest that it can have been appended, if its own time is true where nobody knows better."""
        return max(_seconds(self.entry.time), self.not_before)

    @property
    def latest(self) -> float:
        """The latest that it can have been appended."""
        return min(_seconds(self.entry.time), self.seen)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the owner opened without the centre: the statement, its signature (base64), whether the centre has it."""

    statement: str
    signature: str
    told: bool


class Memory:
    """The file. One process at a time writes (``custodian.directory`` sees to that); others may read."""

    def __init__(self, path: Path) -> None:
        """Raises `MemoryLost` unless the file is there and whole."""
        if not path.is_file():
            raise MemoryLost(str(path))
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            [check] = self._db.execute("PRAGMA quick_check").fetchone()
            if check != "ok" or self._fact("size") is None:
                raise MemoryLost(str(path))
        except sqlite3.DatabaseError:
            raise MemoryLost(str(path)) from None

    @classmethod
    def create(cls, path: Path) -> "Memory":
        """Make the empty memory of a new agent."""
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
        database.close()
        path.chmod(0o600)
        return cls(path)

    def close(self) -> None:
        self._db.close()

    # The clock

    def notice(self, now: datetime) -> None:
        """Take note of the time. Raises `ClockWentBack`."""
        last, seconds = float(self._fact("clock") or b"0"), now.timestamp()
        if seconds < last - STEP_BACK:
            raise ClockWentBack(int(last - seconds))
        with self._transaction():
            self._set("clock", repr(max(last, seconds)))

    # The tree

    def frontier(self) -> Frontier:
        """The right edge of the tree that was followed."""
        nodes = self._fact("frontier") or b""
        parts = [nodes[start : start + HASH_SIZE] for start in range(0, len(nodes), HASH_SIZE)]
        return Frontier(int(self._fact("size") or b"0"), parts)

    def last_hash(self) -> bytes | None:
        """The leaf hash of the last entry that was followed."""
        return self._fact("last-hash") or None

    def head(self, size: int) -> bytes | None:
        """The root that the tree had at this size, one of the last `HEADS_KEPT` that were followed."""
        row = self._db.execute("SELECT root FROM heads WHERE size = ?", (size,)).fetchone()
        return None if row is None else bytes(row[0])

    def last_checkpoint(self) -> SignedCheckpoint | None:
        """The largest checkpoint that was followed."""
        row = self._db.execute("SELECT note FROM heads ORDER BY size DESC LIMIT 1").fetchone()
        return None if row is None else parse_signed_checkpoint(row[0])

    def advance(
        self,
        signed: SignedCheckpoint,
        frontier: Frontier,
        entries: Sequence[Entry],
        last: bytes,
        *,
        seen: datetime,
        heads: Iterable[tuple[int, bytes]] = (),
    ) -> None:
        """Take in a checkpoint that was followed, with the entries worth keeping; durable on return.

        ``heads``: the sizes that the tree had on the way, with their roots.
        """
        with self._transaction():
            for entry in entries:
                self._keep(entry, self.current_at(), seen.timestamp())
            self._set("size", str(frontier.size))
            self._set("frontier", b"".join(frontier.nodes))
            self._set("last-hash", last)
            rows = [*((size, root, b"") for size, root in heads), (signed.size, signed.root, signed.to_bytes())]
            self._db.executemany("INSERT OR REPLACE INTO heads VALUES (?, ?, ?)", rows)
            self._db.execute(_FORGET_HEADS, (HEADS_KEPT,))

    def current_at(self) -> float:
        """When the log was last known to be as it was followed: what comes after was appended after that."""
        return float(self._fact("current") or b"0")

    def note_current(self, asked: datetime) -> None:
        """Note that whoever asked at this moment was shown the log as it was followed."""
        with self._transaction():
            self._set("current", repr(asked.timestamp()))

    def witnessed(self) -> int:
        """The size of the largest followed checkpoint of which a quorum is known."""
        return int(self._fact("witnessed") or b"0")

    def note_quorum(self, size: int) -> None:
        """Remember that a quorum cosigned the followed checkpoint of this size."""
        if size > self.witnessed():
            with self._transaction():
                self._set("witnessed", str(size))

    def cosigned(self) -> int:
        """The size of the last checkpoint whose cosignature the centre has."""
        return int(self._fact("cosigned") or b"0")

    def note_cosigned(self, size: int) -> None:
        with self._transaction():
            self._set("cosigned", str(size))

    # What entries told

    def entry(self, index: int) -> Kept | None:
        """A kept entry."""
        return next(self._found("idx = ?", index), None)

    def entries(self, kind: str, subject: str | None = None) -> list[Kept]:
        """The kept entries of a kind, of one draw or holder or of all, in the order of the log."""
        if subject is None:
            return list(self._found("kind = ?", kind))
        return list(self._found("kind = ? AND subject = ?", kind, subject))

    def intents_sharing(self, codes: Iterable[str]) -> set[int]:
        """The intents in the log that show one of these lot codes."""
        return {
            row[0] for code in codes for row in self._db.execute("SELECT intent FROM codes WHERE code = ?", (code,))
        }

    # What was answered

    def intents_answered(self, project: str, lots: Iterable[str]) -> set[int]:
        """The intents to which something was contributed for one of these lots."""
        asked = "SELECT intent FROM lots WHERE project = ? AND lot = ?"
        return {row[0] for lot in lots for row in self._db.execute(asked, (project, lot))}

    def answer(self, task: str) -> dict[str, Any] | None:
        """What was decided on this task."""
        row = self._db.execute("SELECT answer FROM answers WHERE task = ?", (task,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def decide(
        self,
        task: str,
        answer: Mapping[str, Any],
        *,
        intent: int | None = None,
        project: str = "",
        lots: Sequence[str] = (),
    ) -> None:
        """Fix the answer to a task, and for a contribution to which intent it goes; durable on return."""
        with self._transaction():
            for lot in lots:
                self._db.execute("INSERT OR IGNORE INTO lots VALUES (?, ?, ?)", (project, lot, intent))
            decided = float(self._fact("clock") or b"0")
            self._db.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?)", (task, intent, json.dumps(dict(answer)), decided)
            )
            self._db.execute("DELETE FROM waiting WHERE task = ?", (task,))

    def wait(self, task: str, code: str) -> None:
        """Note why a task is not answered yet, for the owner to see."""
        if self.waiting().get(task) == code:
            return
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?)", (task, code))

    def waiting(self) -> dict[str, str]:
        """The tasks that were not answered yet, and what each waits for."""
        return dict(self._db.execute("SELECT task, code FROM waiting ORDER BY task").fetchall())

    def refusals(self) -> list[dict[str, Any]]:
        """What was refused, the latest first: ``refused``, ``entry``, ``task``, ``decided``."""
        rows = self._db.execute("SELECT task, answer, decided FROM answers ORDER BY decided DESC").fetchall()
        found = [{**json.loads(answer), "task": task, "decided": decided} for task, answer, decided in rows]
        return [each for each in found if "refused" in each]

    def contributions(self) -> int:
        """To how many intents something was contributed."""
        [count] = self._db.execute("SELECT count(DISTINCT intent) FROM lots").fetchone()
        return int(count)

    def approve(self, intent: int, now: datetime) -> None:
        """Note that the agent's owner approves contributing to this intent."""
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO approvals VALUES (?, ?)", (intent, now.timestamp()))

    def is_approved(self, intent: int) -> bool:
        """Whether the owner approved contributing to this intent."""
        return self._db.execute("SELECT 1 FROM approvals WHERE intent = ?", (intent,)).fetchone() is not None

    # What the owner opened without the centre

    def note_opening(self, statement: str, signature: str) -> None:
        """Remember an opening without the centre, signed, before anything of it is handed on; durable on return."""
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO openings VALUES (?, ?, 0)", (statement, signature))

    def openings(self) -> "list[Opening]":
        """The openings without the centre, in the order of their making."""
        found = self._db.execute("SELECT statement, signature, told FROM openings ORDER BY rowid")
        return [Opening(statement, signature, bool(told)) for statement, signature, told in found]

    def note_told(self, statement: str) -> None:
        """Note that the centre has recorded this opening."""
        with self._transaction():
            self._db.execute("UPDATE openings SET told = 1 WHERE statement = ?", (statement,))

    # Alarms

    def alarm(self) -> dict[str, Any] | None:
        """What stopped the agent."""
        stored = self._fact("alarm")
        return None if stored is None else dict(json.loads(stored))

    def raise_alarm(self, alarm: Mapping[str, Any]) -> None:
        """Stop for good; the first alarm stays."""
        if self.alarm() is None:
            with self._transaction():
                self._set("alarm", json.dumps(dict(alarm), ensure_ascii=False))

    def _keep(self, entry: Entry, not_before: float, seen: float) -> None:
        subject = str(entry.body.get("draw") or entry.body.get("holder") or "")
        row = (entry.index, entry.kind, subject, entry.data, not_before, seen)
        self._db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
        codes = entry.body.get("lots") if entry.kind == "draw.intended" else None
        for code in codes if isinstance(codes, list) else ():
            self._db.execute("INSERT OR IGNORE INTO codes VALUES (?, ?)", (str(code), entry.index))

    def _found(self, where: str, *values: object) -> Iterator[Kept]:
        query = f"SELECT data, not_before, seen FROM entries WHERE {where} ORDER BY idx"  # noqa: S608 -- ours
        for data, not_before, seen in self._db.execute(query, values):
            yield Kept(parse_entry(data), not_before, seen)

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


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
