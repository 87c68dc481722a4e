"""What an agent remembers: the tree that it followed, what it learned from entries, what it answered.

Nothing is answered or cosigned before it is in here, durably, so an agent that is killed between any two steps goes on
where it was, and one whose memory is gone, or older than it was, does not go on at all (``custodian.store``).
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from expertpool.custodian.errors import ClockWentBack
from expertpool.custodian.store import Store
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.entry import Entry, parse_entry
from ledger.merkle import HASH_SIZE, Frontier

KEPT: Final = ("draw.", "holder.", "milestone.", "recipient.", "supervisor-key.", "vault.")
"""Kinds of entries that are kept, by how they begin."""

STEP_BACK: Final = 5.0  # seconds by which a clock may be set back without further ado

OWNER_MUST_APPROVE: Final = "owner-must-approve"
"""What a task waits for that its owner has to say yes or no to."""

HEADS_KEPT: Final = 1000
"""How many sizes of the tree are remembered with their roots."""
_FORGET_HEADS: Final = "DELETE FROM heads WHERE size NOT IN (SELECT size FROM heads ORDER BY size DESC LIMIT ?)"
_FORGET_ANSWERS: Final = """
DELETE FROM answers WHERE decided < ? AND (intent IS NULL OR EXISTS (
    SELECT 1 FROM entries AS asked JOIN entries AS ended ON ended.subject = asked.subject
    WHERE asked.idx = answers.intent AND ended.kind IN ('draw.closed', 'draw.aborted', 'draw.cancelled')
))
"""


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


class Memory(Store):
    """What is in the file. One process at a time writes (``custodian.directory`` sees to that); others may read."""

    # The clock

    def noted(self) -> float:
        """The last moment that was noted (POSIX seconds); 0 before the first."""
        return float(self._fact("clock") or b"0")

    def refuse_the_past(self, now: datetime) -> None:
        """Raises `ClockWentBack` if this is before the last moment that was noted."""
        behind = self.noted() - now.timestamp()
        if behind > STEP_BACK:
            raise ClockWentBack(int(behind))

    def notice(self, now: datetime) -> None:
        """Take note of the time. Raises `ClockWentBack`."""
        self.refuse_the_past(now)
        with self._transaction():
            self._set("clock", repr(max(self.noted(), now.timestamp())))

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
        time: str = "",
    ) -> None:
        """Take in a checkpoint that was followed, with the entries worth keeping; durable on return.

        ``heads``: the sizes that the tree had on the way, with their roots. ``time``: the last entry's.
        """
        with self._transaction():
            for entry in entries:
                self._keep(entry, self.current_at(), seen.timestamp())
            self._set("size", str(frontier.size))
            self._set("frontier", b"".join(frontier.nodes))
            self._set("last-hash", last)
            self._set("log-time", time)
            rows = [*((size, root, b"") for size, root in heads), (signed.size, signed.root, signed.to_bytes())]
            self._db.executemany("INSERT OR REPLACE INTO heads VALUES (?, ?, ?)", rows)
            self._db.execute(_FORGET_HEADS, (HEADS_KEPT,))

    def log_time(self) -> datetime | None:
        """The time that the last followed entry claims."""
        stored = self._fact("log-time")
        return datetime.fromisoformat(stored.decode()).astimezone(UTC) if stored else None

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
            self._set("cosigned-at", self._fact("clock") or b"0")

    def cosigned_at(self) -> float | None:
        """When that was (POSIX seconds)."""
        stored = self._fact("cosigned-at")
        return None if stored is None else float(stored)

    def cosigning(self) -> int:
        """The size of the largest checkpoint for which a cosignature may have left the agent."""
        return int(self._fact("cosigning") or b"0")

    def begin_cosigning(self, size: int) -> None:
        """Note that a cosignature is about to leave; durable on return."""
        if size > self.cosigning():
            with self._counted():
                self._set("cosigning", str(size))

    # What entries told

    def entry(self, index: int) -> Kept | None:
        """A kept entry."""
        return next(self._found("idx = ?", index), None)

    def entries(self, kind: str, subject: str | None = None) -> list[Kept]:
        """The kept entries of a kind, of one draw or holder or of all, in the order of the log."""
        if subject is None:
            return list(self._found("kind = ?", kind))
        return list(self._found("kind = ? AND subject = ?", kind, subject))

    def entries_since(self, kind: str, index: int) -> list[Kept]:
        """The kept entries of a kind from this index on."""
        return list(self._found("kind = ? AND idx >= ?", kind, index))

    def looked_at(self) -> int:
        """Up to which size the log was looked through for the agent's own acts."""
        return int(self._fact("looked-at") or b"0")

    def look_at(self, size: int) -> None:
        if size > self.looked_at():
            with self._transaction():
                self._set("looked-at", str(size))

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
        with self._counted():
            for lot in lots:
                self._db.execute("INSERT OR IGNORE INTO lots VALUES (?, ?, ?)", (project, lot, intent))
            row = (task, intent, json.dumps(dict(answer)), self.noted())
            self._db.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", row)
            self._db.execute("DELETE FROM waiting WHERE task = ?", (task,))

    def has_contributed(self, intent: int) -> bool:
        """Whether something was contributed to this intent; that is never forgotten."""
        return self._db.execute("SELECT 1 FROM lots WHERE intent = ?", (intent,)).fetchone() is not None

    def forget_answers(self, now: datetime, keep: timedelta) -> None:
        """Delete what was answered longer ago than ``keep``, for a contribution also only after its draw was closed.

        The centre is done with such tasks; for which lots something was contributed stays.
        """
        with self._transaction():
            self._db.execute(_FORGET_ANSWERS, ((now - keep).timestamp(),))

    def wait(self, task: str, code: str, entry: int | None = None) -> None:
        """Note why a task is not answered yet, for the owner to see, and which entry it is about."""
        row = (task, code, entry)
        if self._db.execute("SELECT 1 FROM waiting WHERE task = ? AND code = ? AND entry IS ?", row).fetchone() is None:
            with self._transaction():
                self._db.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?)", row)

    def wait_only_for(self, tasks: Collection[str]) -> None:
        """Forget those that are not among what the centre asks any more."""
        gone = [(task,) for task in self.waiting() if task not in tasks]
        if gone:
            with self._transaction():
                self._db.executemany("DELETE FROM waiting WHERE task = ?", gone)

    def waiting(self) -> dict[str, str]:
        """The tasks that were not answered yet, and what each waits for."""
        return dict(self._db.execute("SELECT task, code FROM waiting ORDER BY task").fetchall())

    def to_approve(self) -> list[int]:
        """The entries that wait for the owner's approval."""
        asked = "SELECT DISTINCT entry FROM waiting WHERE code = ? AND entry IS NOT NULL ORDER BY entry"
        return [row[0] for row in self._db.execute(asked, (OWNER_MUST_APPROVE,))]

    def refusals(self) -> list[dict[str, Any]]:
        """What was refused, the latest first: ``refused``, ``entry``, ``task``, ``decided``."""
        rows = self._db.execute("SELECT task, answer, decided FROM answers ORDER BY decided DESC").fetchall()
        found = [{**json.loads(answer), "task": task, "decided": decided} for task, answer, decided in rows]
        return [each for each in found if "refused" in each]

    def contributions(self) -> int:
        """To how many intents something was contributed."""
        [count] = self._db.execute("SELECT count(DISTINCT intent) FROM lots").fetchone()
        return int(count)

    def contributed_to(self) -> list[dict[str, Any]]:
        """To what something was contributed, the latest first: ``project``, ``lots``, ``intent``."""
        rows = "SELECT intent, project, group_concat(lot, ' ') FROM lots GROUP BY intent, project ORDER BY intent DESC"
        found = self._db.execute(rows).fetchall()
        return [{"intent": intent, "project": project, "lots": lots.split()} for intent, project, lots in found]

    def approve(self, entry: int, now: datetime, *, approved: bool = True) -> None:
        """Note what the owner says to an entry: to an intent, a release, breaking the glass. The first counts."""
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO approvals VALUES (?, ?, ?)", (entry, approved, now.timestamp()))

    def approval(self, entry: int) -> bool | None:
        """What the owner said to this entry; None before that."""
        row = self._db.execute("SELECT approved FROM approvals WHERE entry = ?", (entry,)).fetchone()
        return None if row is None else bool(row[0])

    def is_approved(self, entry: int) -> bool:
        """Whether the owner approved this entry."""
        return self.approval(entry) is True

    # What the owner opened without the centre

    def note_opening(self, statement: str, signature: str) -> None:
        """Remember an opening without the centre, signed, before anything of it is handed on; durable on return."""
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO openings VALUES (?, ?, 0)", (statement, signature))

    def openings(self) -> list[Opening]:
        """The openings without the centre, in the order of their making."""
        found = self._db.execute("SELECT statement, signature, told FROM openings ORDER BY rowid")
        return [Opening(statement, signature, bool(told)) for statement, signature, told in found]

    def note_told(self, statement: str) -> None:
        """Note that the centre has recorded this opening."""
        with self._transaction():
            self._db.execute("UPDATE openings SET told = 1 WHERE statement = ?", (statement,))

    # Alarms

    def alarm(self) -> dict[str, Any] | None:
        """What stopped the agent, with its ``id`` and when it was ``raised``; None after the owner lifted it."""
        row = self._db.execute("SELECT id, alarm, raised FROM alarms WHERE lifted IS NULL").fetchone()
        return None if row is None else {**json.loads(row[1]), "id": row[0], "raised": row[2]}

    def raise_alarm(self, alarm: Mapping[str, Any]) -> None:
        """Stop until the owner decides; the first alarm stays."""
        if self.alarm() is None:
            text = json.dumps(dict(alarm), ensure_ascii=False)
            with self._transaction():
                [number] = self._db.execute("SELECT count(*) + 1 FROM alarms").fetchone()
                self._db.execute("INSERT INTO alarms VALUES (?, ?, ?, NULL, NULL)", (f"A{number}", text, self.noted()))

    def lift_alarm(self, alarm: str, reason: str, now: datetime) -> None:
        """Note the owner's decision to go on."""
        with self._transaction():
            row = (now.timestamp(), reason, alarm)
            self._db.execute("UPDATE alarms SET lifted = ?, reason = ? WHERE id = ? AND lifted IS NULL", row)

    def alarms(self) -> list[dict[str, Any]]:
        """All alarms, the latest first, with ``lifted`` and ``reason`` where the owner decided."""
        found = self._db.execute("SELECT id, alarm, raised, lifted, reason FROM alarms ORDER BY rowid DESC").fetchall()
        return [
            {**json.loads(alarm), "id": number, "raised": raised, "lifted": lifted, "reason": reason}
            for number, alarm, raised, lifted, reason in found
        ]

    # Facts for its owner

    def note_fact(self, name: str, value: str) -> None:
        """Note something that only status shows."""
        if self.shown(name) != value:
            with self._transaction():
                self._set(f"shown-{name}", value)

    def shown(self, name: str) -> str | None:
        stored = self._fact(f"shown-{name}")
        return None if stored is None else stored.decode()

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


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
