"""Keeps the index of the public ledger: the worker follows the entries, outside the acts that append them.

What closed draws had of vacancies is indexed when the draw closes, so that no chart can tell of one that still runs.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from expertpool.audit.models import LedgerTerm
from expertpool.audit.terms import closed_term, kind_term, month_of, terms_of, thing_term, vacancy_term
from expertpool.core.ledger_tables import LedgerEntry
from ledger.entry import Entry, parse_entry

READ: Final = b"read"
"""The term whose one row says how many entries have been read."""
CLOSED: Final = "draw.closed"
VACATED: Final = "draw.vacated"
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
            _add(connection, closing_terms(entry, _vacancies(connection, entry)))
    there = update(LedgerTerm).where(LedgerTerm.term == READ).values(entry=entries[-1].index + 1)
    if connection.execute(there).rowcount == 0:
        _add(connection, [(READ, entries[-1].index + 1)])
    return len(entries)


def entries_read(connection: Connection, *, lock: bool = False) -> int:
    """How many entries the index knows."""
    wanted = select(LedgerTerm.entry).where(LedgerTerm.term == READ)
    return connection.scalar(wanted.with_for_update() if lock else wanted) or 0


def closing_terms(closed: Entry, vacancies: Iterable[int]) -> Iterator[tuple[bytes, int]]:
    """What the charts count: a draw in the month of its close, with its vacancies."""
    month = month_of(closed)
    yield closed_term(month), closed.index
    for index in vacancies:
        yield vacancy_term(month), index


def _vacancies(connection: Connection, closed: Entry) -> list[int]:
    vacated = select(LedgerTerm.entry).where(LedgerTerm.term == kind_term(VACATED))
    own = LedgerTerm.term == thing_term(str(closed.body.get("draw")))
    return list(connection.scalars(select(LedgerTerm.entry).where(own, LedgerTerm.entry.in_(vacated))))


def _add(connection: Connection, found: Iterable[tuple[bytes, int]]) -> None:
    rows = [{"term": term, "entry": index} for term, index in found]
    if rows:
        connection.execute(insert(LedgerTerm), rows)
