"""Keeps the index of the public ledger: the worker follows the entries, outside the acts that append them.

What the charts count of a draw is indexed when it closes, so that none can tell of one that still runs.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from expertpool.audit.models import LedgerTerm
from expertpool.audit.terms import (
    closed_term,
    kind_term,
    month_of,
    recused_term,
    terms_of,
    thing_term,
    unfilled_term,
    vacancy_term,
)
from expertpool.core.ledger_tables import LedgerEntry
from ledger.entry import Entry, parse_entry

READ: Final = b"read"
"""The term whose one row says how many entries have been read."""
CLOSED: Final = "draw.closed"
VACATED: Final = "draw.vacated"
LOST: Final = "draw.seat-lost"
UNFILLED: Final = frozenset({"draw.vacancy-exhausted", LOST})
OPENED: Final = "draw.bidders-opened"
BATCH: Final = 500
MOST_AT_ONCE: Final = 10
"""Batches in one turn: a worker has other things to do."""


def follow(engine: Engine, _now: datetime) -> None:
    """Read what has been appended, up to some thousand entries; two workers do not read the same."""
    for _ in range(MOST_AT_ONCE):
        with engine.begin() as connection:
            if read_next(connection) < BATCH:
                return


def read_next(connection: Connection) -> int:
    """Read the next batch; returns how many entries it had."""
    first = entries_read(connection, lock=True)
    wanted = select(LedgerEntry.data).where(LedgerEntry.index >= first, LedgerEntry.index < first + BATCH)
    entries = [parse_entry(data) for data in connection.scalars(wanted.order_by(LedgerEntry.index))]
    if not entries:
        return 0
    _add(connection, ((term, entry.index) for entry in entries for term in set(terms_of(entry))))
    for entry in entries:
        if entry.kind == CLOSED:
            _add(connection, _closing_terms(connection, entry))
    there = update(LedgerTerm).where(LedgerTerm.term == READ).values(entry=entries[-1].index + 1)
    if connection.execute(there).rowcount == 0:
        _add(connection, [(READ, entries[-1].index + 1)])
    return len(entries)


def entries_read(connection: Connection, *, lock: bool = False) -> int:
    """How many entries the index knows."""
    wanted = select(LedgerTerm.entry).where(LedgerTerm.term == READ)
    return connection.scalar(wanted.with_for_update() if lock else wanted) or 0


def _closing_terms(connection: Connection, closed: Entry) -> Iterator[tuple[bytes, int]]:
    """What the charts count: a draw in the month of its close, with what became of its seats."""
    month, draw = month_of(closed), str(closed.body.get("draw"))
    yield closed_term(month), closed.index
    lost = _own(connection, draw, {VACATED, LOST})
    for index in _own(connection, draw, {VACATED}):
        yield vacancy_term(month), index
    for index in _own(connection, draw, UNFILLED):
        yield unfilled_term(month), index
    for opened in _own(connection, draw, {OPENED}):
        for index in _behind(connection, opened, lost):
            yield recused_term(month), index


def _own(connection: Connection, draw: str, kinds: Collection[str]) -> list[int]:
    """A draw's entries of these kinds."""
    of_kind = select(LedgerTerm.entry).where(LedgerTerm.term.in_([kind_term(kind) for kind in sorted(kinds)]))
    own = select(LedgerTerm.entry).where(LedgerTerm.term == thing_term(draw), LedgerTerm.entry.in_(of_kind))
    return list(connection.scalars(own))


def _behind(connection: Connection, opened: int, lost: Collection[int]) -> Iterator[int]:
    """The vacancies of the act that opened the list, which ends with the entry that has the rows."""
    act = (LedgerEntry.index >= opened, LedgerEntry.index <= opened + len(lost))
    for entry in map(parse_entry, connection.scalars(select(LedgerEntry.data).where(*act).order_by(LedgerEntry.index))):
        if entry.index in lost and entry.kind == VACATED:
            yield entry.index
        if "rows" in entry.body:
            return


def _add(connection: Connection, found: Iterable[tuple[bytes, int]]) -> None:
    rows = [{"term": term, "entry": index} for term, index in found]
    if rows:
        connection.execute(insert(LedgerTerm), rows)
