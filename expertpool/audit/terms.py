"""What a ledger entry can be found by: pure, and from the entry's public bytes alone.

An entry is found by its kind, its day in Beijing, its hash, and by the identifiers of *things* that stand in it in the
clear: a draw, a session, a key holder. By purpose not by who acted, nor by an account, nor by a time of day: that would
list what one person did all day, and lay acts on seats beside who was seen on the telephone at that minute. Mirrors can
do so, since entries are public; this service does not make it a click.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Final

from ledger.entry import Entry

BEIJING: Final = timezone(timedelta(hours=8))
THINGS: Final = (
    "draw",
    "project",
    "session",
    "holder",
    "recipient",
    "sender",
    "key",
    "sealed",
    "centre",
)
"""Fields in the clear that name a thing by its identifier."""
_LONGEST: Final = 64


def terms_of(entry: Entry) -> Iterator[bytes]:
    """Everything that finds the entry."""
    yield kind_term(entry.kind)
    yield day_term(day_of(entry))
    yield hash_term(entry.hash.hex())
    for name in THINGS:
        value = entry.body.get(name)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST:
            yield thing_term(value)


def day_of(entry: Entry) -> date:
    """The day in Beijing."""
    return moment_of(entry).astimezone(BEIJING).date()


def moment_of(entry: Entry) -> datetime:
    """When it was recorded, aware UTC."""
    return datetime.fromisoformat(entry.time)


def kind_term(kind: str) -> bytes:
    return b"kind=" + kind.encode()


def day_term(day: date) -> bytes:
    return b"day=" + day.isoformat().encode()


def hash_term(digits: str) -> bytes:
    """Of a hash in lower-case hex, or of its beginning."""
    return b"hash=" + digits.encode()


def thing_term(identifier: str) -> bytes:
    return b"id=" + identifier.encode()


def month_of(entry: Entry) -> str:
    """The month in Beijing, YYYY-MM."""
    return day_of(entry).isoformat()[:7]


def closed_term(month: str) -> bytes:
    """Of draws that closed in a month."""
    return b"closed=" + month.encode()


def vacancy_term(month: str) -> bytes:
    """Of vacancies in draws that closed in a month."""
    return b"vacancy=" + month.encode()


def recused_term(month: str) -> bytes:
    """Of seats that were lost when the list of bidders was opened, in draws that closed in a month."""
    return b"recused=" + month.encode()


def unfilled_term(month: str) -> bytes:
    """Of seats for which nobody was left, in draws that closed in a month."""
    return b"unfilled=" + month.encode()
