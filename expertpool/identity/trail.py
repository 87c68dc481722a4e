"""The trail of sign-ins: every one, every refusal and lockout, every confirmation, for the audit administrator.

Lines about people are not written to the ledger one by one. A day's lines are closed by one entry with their count and
Merkle root, so that none can be altered, left out or put in afterwards. Where somebody came from is a keyed hash.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.events import TrailClosed
from expertpool.identity.models import Actor, Centre, TrailDay, TrailKind, TrailRow, Way
from ledger.canonical import canonical
from ledger.entry import format_time
from ledger.memory import Tree

BEIJING: Final = timezone(timedelta(hours=8))
CLOSE: Final = "trail.close"
SALT_BYTES: Final = 16
_GRACE: Final = timedelta(minutes=10)  # for transactions that began before midnight


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the audit administrator reads it; ``account`` is a code, None where there is no such account."""

    id: str
    at: datetime
    kind: TrailKind
    centre_id: str
    account: str | None
    source: str
    cause: str | None
    way: Way | None


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day that was closed; ``whole``: whether its lines are still those that the ledger has the root of."""

    day: date
    count: int
    root: str
    whole: bool


def note(
    tx: Transaction,
    kind: TrailKind,
    *,
    actor: Actor | None,
    source: bytes,
    cause: str | None = None,
    way: Way | None = None,
) -> None:
    """Write a line. Nobody's attempts belong to the first centre. The day's first line has the day closed."""
    centre = actor.centre_id if actor else tx.session.scalars(select(Centre.id).where(Centre.parent_id.is_(None))).one()
    day = tx.now.astimezone(BEIJING).date()
    if tx.session.scalar(select(TrailRow.id).where(*_within(day)).limit(1)) is None:
        tx.enqueue(CLOSE, {"day": day.isoformat()}, _ends(day) + _GRACE)
    tx.session.add(
        TrailRow(
            at=tx.now,
            kind=kind,
            centre_id=centre,
            actor_id=actor.id if actor else None,
            source=source[:16].hex(),
            cause=cause,
            way=way,
            salt=secrets.token_bytes(SALT_BYTES),
        )
    )
    tx.session.flush()


def close(tx: Transaction, day: date) -> None:
    """Commit to a day's lines; a second time changes nothing."""
    if tx.session.get(TrailDay, day) is not None:
        return
    count, root = _summary(tx.session, day)
    tx.session.add(TrailDay(day=day, count=count, root=root))
    tx.record(TrailClosed(day=day.isoformat(), count=count, root=root))


def lines(session: Session, centres: frozenset[str], day: date, after: str | None, limit: int) -> Sequence[Line]:
    """A day's lines of these centres in their order, from the first or beyond the line ``after``."""
    found = (
        select(TrailRow, Actor.code)
        .outerjoin(Actor, Actor.id == TrailRow.actor_id)
        .where(*_within(day), TrailRow.centre_id.in_(centres))
    )
    last = session.get(TrailRow, after) if after is not None else None
    if last is not None:
        found = found.where((TrailRow.at > last.at) | ((TrailRow.at == last.at) & (TrailRow.id > last.id)))
    rows = session.execute(found.order_by(TrailRow.at, TrailRow.id).limit(limit))
    return [Line(row.id, row.at, row.kind, row.centre_id, code, row.source, row.cause, row.way) for row, code in rows]


def days(session: Session, limit: int, after: date | None = None) -> Sequence[ClosedDay]:
    """The closed days, the latest first; from the day before ``after`` on."""
    found = select(TrailDay) if after is None else select(TrailDay).where(TrailDay.day < after)
    closed = session.scalars(found.order_by(TrailDay.day.desc()).limit(limit))
    return [
        ClosedDay(each.day, each.count, each.root, whole=_summary(session, each.day) == (each.count, each.root))
        for each in closed
    ]


def _summary(session: Session, day: date) -> tuple[int, str]:
    tree = Tree()
    for row in session.scalars(select(TrailRow).where(*_within(day)).order_by(TrailRow.at, TrailRow.id)):
        tree.append(canonical(_values(row)))
    return tree.size, tree.root().hex()


def _values(row: TrailRow) -> dict[str, Any]:
    """What a day's root is over; lines from before there were several ways have none."""
    values = {
        "actor": row.actor_id,
        "at": format_time(row.at),
        "cause": row.cause,
        "centre": row.centre_id,
        "id": row.id,
        "kind": row.kind.value,
        "salt": row.salt.hex(),
        "source": row.source,
    }
    return values if row.way is None else {**values, "way": row.way.value}


def _within(day: date) -> tuple[Any, ...]:
    return TrailRow.at >= _starts(day), TrailRow.at < _ends(day)


def _starts(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)


def _ends(day: date) -> datetime:
    return _starts(day) + timedelta(days=1)
