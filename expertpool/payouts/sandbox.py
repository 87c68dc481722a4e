"""The books of the sandbox provider: what it was asked to pay, what it paid, and what it still has to report.

It keeps the protocol of docs/spec/payment-provider.md as a good provider does, and misbehaves on demand only in what
that protocol allows for: it answers late or not at all, reports late, twice or out of order, refuses, fails, and has
money come back. It moves no money. Its books survive being killed at any moment.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from expertpool.payouts.provider import Outcome, Reason
from ledger.canonical import canonical

MEMBERS: Final = {"account", "amount", "id", "name", "remark"}
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS payments (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, body BLOB NOT NULL, outcome TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS reports (
    event TEXT PRIMARY KEY, body TEXT NOT NULL, due REAL NOT NULL, left INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What goes wrong: with every so-manieth payment in the order of arrival, never where it is 0.

    ``delay_s``: how long it waits before it reports, in seconds. ``lose_every``: it takes the payment, and its answer
    does not arrive. ``twice_every``: it reports twice. ``return_every``: what it paid comes back, and that is reported
    first.
    """

    delay_s: float = 0
    refuse_every: int = 0
    fail_every: int = 0
    return_every: int = 0
    lose_every: int = 0
    twice_every: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to a payment; ``lost``: the connection breaks before it arrives, the first time."""

    status: int
    said: dict[str, Any]
    lost: bool = False


class Books:
    """What the sandbox knows, in a file. Thread-safe."""

    def __init__(self, path: Path, behaviour: Behaviour, now: Callable[[], float]) -> None:
        self._behaviour = behaviour
        self._now = now
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.executescript(_TABLES)

    def close(self) -> None:
        self._file.close()

    def take(self, key: str, body: bytes) -> Answer:
        """Pay once under an id: the same body again is answered as the first time, another one is refused."""
        try:
            asked = json.loads(body)
            asked = asked if asked.keys() == MEMBERS and canonical(asked) == body and asked["id"] == key else None
        except (ValueError, AttributeError):
            asked = None
        if asked is None or type(asked["amount"]) is not int or asked["amount"] <= 0:
            return Answer(400, {})
        with self._writing():
            known = self._file.execute("SELECT number, body, outcome FROM payments WHERE id = ?", (key,)).fetchone()
            number, earlier, outcome = known or self._book(asked, body)
        if earlier != body:
            return Answer(409, {})
        if outcome == "refused":
            return Answer(422, {})
        return Answer(202, {"id": key}, lost=known is None and _falls_on(self._behaviour.lose_every, number))

    def due(self, most: int = 50) -> list[tuple[str, bytes]]:
        """Reports that are to be sent now: their events and bodies."""
        with self._lock:
            rows = self._file.execute(
                "SELECT event, body FROM reports WHERE left > 0 AND due <= ? ORDER BY due, rowid LIMIT ?",
                (self._now(), most),
            )
            return [(event, text.encode()) for event, text in rows.fetchall()]

    def reported(self, event: str) -> None:
        """Note that a report was taken, once."""
        with self._writing():
            self._file.execute("UPDATE reports SET left = left - 1 WHERE event = ?", (event,))

    def later(self, event: str, pause_s: float) -> None:
        """Put a report off that nobody took."""
        with self._writing():
            self._file.execute("UPDATE reports SET due = ? WHERE event = ?", (self._now() + pause_s, event))

    def paid(self) -> dict[str, int]:
        """What was paid and did not come back, in 分 by payment."""
        with self._lock:
            rows = self._file.execute("SELECT id, body FROM payments WHERE outcome = 'paid'").fetchall()
        return {payment: json.loads(body)["amount"] for payment, body in rows}

    def waiting(self) -> int:
        """How many reports were not taken yet."""
        with self._lock:
            left: int = self._file.execute("SELECT COALESCE(SUM(left), 0) FROM reports").fetchone()[0]
        return left

    def _book(self, asked: dict[str, Any], body: bytes) -> tuple[int, bytes, str]:
        number = 1 + self._file.execute("SELECT COALESCE(MAX(number), 0) FROM payments").fetchone()[0]
        outcome = self._outcome(number)
        self._file.execute("INSERT INTO payments (id, body, outcome) VALUES (?, ?, ?)", (asked["id"], body, outcome))
        copies = 2 if _falls_on(self._behaviour.twice_every, number) else 1
        for place, what in enumerate(_REPORTS[outcome]):
            said = {
                "amount": asked["amount"],
                "at": int(self._now()),
                "event": secrets.token_hex(16),
                "outcome": what.value,
                "payment": asked["id"],
                "reason": None if what is Outcome.PAID else Reason.ACCOUNT.value,
                "reference": f"SANDBOX{number:09d}",
            }
            due = self._now() + self._behaviour.delay_s * (1 + place)
            row = (said["event"], canonical(said).decode(), due, copies)
            self._file.execute("INSERT INTO reports (event, body, due, left) VALUES (?, ?, ?, ?)", row)
        return number, body, outcome

    def _outcome(self, number: int) -> str:
        every = self._behaviour
        if _falls_on(every.refuse_every, number):
            return "refused"
        if _falls_on(every.fail_every, number):
            return "failed"
        return "returned" if _falls_on(every.return_every, number) else "paid"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")


_REPORTS: Final[dict[str, tuple[Outcome, ...]]] = {
    "refused": (),
    "failed": (Outcome.FAILED,),
    "paid": (Outcome.PAID,),
    "returned": (Outcome.RETURNED, Outcome.PAID),
}
"""What is reported of each outcome, in this order: what came back, before that it had been paid."""


def _falls_on(every: int, number: int) -> bool:
    return every > 0 and number % every == 0
