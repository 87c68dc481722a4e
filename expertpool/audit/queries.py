"""Reads the public ledger for its pages: never beyond the newest checkpoint, never more than bounded many entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from expertpool.audit.indexing import entries_read
from expertpool.audit.models import LedgerTerm
from expertpool.audit.terms import (
    closed_term,
    kind_term,
    recused_term,
    terms_of,
    thing_term,
    unfilled_term,
    vacancy_term,
)
from expertpool.core.ids import is_id
from expertpool.core.ledger_tables import LedgerEntry
from ledger.entry import Entry, parse_entry

TAIL: Final = 1000
"""Entries that are not indexed yet and are looked through one by one: at most so many, the newest."""
MOST_OF_A_DRAW: Final = 400
_AFTER_HEX: Final = b"g"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: entries that have all ``terms`` and, when given, one that begins with ``prefix``."""

    terms: tuple[bytes, ...] = ()
    prefix: bytes | None = None

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is looked for."""
        own = set(terms_of(entry))
        begins = self.prefix is None or any(term.startswith(self.prefix) for term in own)
        return begins and own.issuperset(self.terms)

    def indexes(self) -> Select[int]:
        """The same of the index."""
        columns = [LedgerTerm.term == term for term in self.terms]
        if self.prefix is not None:
            columns.append((LedgerTerm.term >= self.prefix) & (LedgerTerm.term < self.prefix + _AFTER_HEX))
        first, *others = columns
        found = select(LedgerTerm.entry).where(first)
        for other in others:
            found = found.where(LedgerTerm.entry.in_(select(LedgerTerm.entry).where(other)))
        return found


class Month(NamedTuple):
    """Draws that closed in a month, and what became of their seats; ``recused`` ones are among the vacancies.

    How often somebody declined, did not answer or took leave is not in the ledger, on purpose: it is all of the other
    vacancies together.
    """

    draws: int
    vacancies: int
    recused: int
    unfilled: int

    @property
    def declined(self) -> int:
        """Vacancies that were not made by opening the list of bidders."""
        return max(0, self.vacancies - self.recused)


class Chain:
    """The first ``size`` entries, as one state of the database has them."""

    def __init__(self, session: Session, size: int) -> None:
        self._session = session
        self.size = size
        self._read = min(entries_read(session.connection()), size)
        self._tail: Sequence[Entry] | None = None

    @property
    def gap(self) -> range:
        """Entries that are neither indexed nor looked through: the worker is behind."""
        return range(self._read, max(self._read, self.size - TAIL))

    def span(self, first: int, end: int) -> list[Entry]:
        """Entries ``first`` up to ``end``, as far as they exist."""
        within = (LedgerEntry.index >= max(first, 0), LedgerEntry.index < min(end, self.size))
        data = select(LedgerEntry.data).where(*within).order_by(LedgerEntry.index)
        return [parse_entry(each) for each in self._session.scalars(data)]

    def find(self, wanted: Wanted, *, below: int | None = None, limit: int) -> list[Entry]:
        """The newest ``limit`` entries that are looked for, before entry ``below``, the newest first."""
        below = self.size if below is None else min(below, self.size)
        found = [entry for entry in reversed(self._newest()) if entry.index < below and wanted.fits(entry)][:limit]
        if len(found) < limit:
            indexes = wanted.indexes().where(LedgerTerm.entry < min(below, self._read))
            indexes = indexes.order_by(LedgerTerm.entry.desc()).limit(limit - len(found))
            found += self._named(list(self._session.scalars(indexes)))
        return found

    def of_draw(self, draw: str) -> list[Entry]:
        """The entries of a draw in their order; none when there is no such draw."""
        found = self.find(Wanted((thing_term(draw),)), limit=MOST_OF_A_DRAW)
        return [entry for entry in reversed(found) if entry.body.get("draw") == draw]

    def holders_named(self, entries: Iterable[Entry]) -> dict[str, str]:
        """The names of the key holders in these entries, as their registrations state them, by identifier."""
        wished = {value for entry in entries for value in _holders_in(entry)}
        known = kind_term("holder.registered")
        indexes = select(LedgerTerm.entry).where(
            LedgerTerm.term.in_([thing_term(each) for each in sorted(wished)]),
            LedgerTerm.entry.in_(select(LedgerTerm.entry).where(LedgerTerm.term == known)),
            LedgerTerm.entry < self._read,
        )
        stored = self._named(list(self._session.scalars(indexes))) if wished else []
        late = (entry for entry in self._newest() if entry.kind == "holder.registered")
        named = ((entry.body.get("holder"), entry.body.get("name")) for entry in (*stored, *late))
        return {str(holder): str(name) for holder, name in named if name and holder in wished}

    def months(self, months: Sequence[str]) -> dict[str, Month]:
        """What the charts show of these months. Draws that closed just now are counted once they are indexed."""
        makers = (closed_term, vacancy_term, recused_term, unfilled_term)
        terms = [make(month) for month in months for make in makers]
        counted = select(LedgerTerm.term, func.count()).where(LedgerTerm.term.in_(terms), LedgerTerm.entry < self._read)
        numbers = dict(self._session.execute(counted.group_by(LedgerTerm.term)).all())
        return {month: Month(*(numbers.get(make(month), 0) for make in makers)) for month in months}

    def _newest(self) -> Sequence[Entry]:
        if self._tail is None:
            self._tail = self.span(max(self._read, self.size - TAIL), self.size)
        return self._tail

    def _named(self, indexes: Sequence[int]) -> list[Entry]:
        data = select(LedgerEntry.data).where(LedgerEntry.index.in_(indexes)).order_by(LedgerEntry.index.desc())
        return [parse_entry(each) for each in self._session.scalars(data)] if indexes else []


def _holders_in(entry: Entry) -> set[str]:
    """The identifiers of key holders anywhere in an entry."""
    left: list[object] = [entry.body]
    found: set[str] = set()
    while left:
        value = left.pop()
        if isinstance(value, str) and is_id("khd", value):
            found.add(value)
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
    return found
