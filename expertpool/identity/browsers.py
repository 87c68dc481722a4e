"""Browsers that are signed in: sessions kept here, so that any of them can be ended at once.

A cookie holds 256 random bits and the database their SHA-256. The bits are made at sign-in and made anew whenever the
second factor is given again; what a browser brings along is never adopted. A session ends when it is idle, at its last
moment, when its account is closed or gets new credentials, and when its holder says so.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, or_, select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NoSuchSession
from expertpool.identity.models import Actor, BrowserSession

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly it is known when a browser was last seen: no write for every page."""
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a second factor was given in a session that began without one."""
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PROGRAMS: Final = ("Edg", "MicroMessenger", "Firefox", "Chrome", "Safari")
_SYSTEMS: Final = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with the secret for its cookie; the secret stays out of ``repr`` and so out of logs."""

    session: str
    actor: str
    secret: str = field(repr=False)


def begin(tx: Transaction, actor: Actor, *, browser: str, confirmed: datetime | None) -> Opened:
    """Sign a browser in as this account; ``confirmed`` is when its second factor was given, None for never."""
    secret = secrets.token_urlsafe(32)
    row = BrowserSession(
        actor_id=actor.id,
        digest=_digest(secret),
        browser=described(browser),
        opened=tx.now,
        seen=tx.now,
        ends=tx.now + LONGEST,
        confirmed=confirmed or NEVER,
    )
    tx.session.add(row)
    tx.session.flush()
    return Opened(row.id, actor.id, secret)


def find(session: Session, secret: str, now: datetime) -> BrowserSession | None:
    """The live session of this secret."""
    if not _FORM.fullmatch(secret):
        return None
    row = session.scalar(select(BrowserSession).where(BrowserSession.digest == _digest(secret)))
    return row if row is not None and _is_live(row, now) else None


def touch(tx: Transaction, session_id: str) -> None:
    """Note that a browser is in use, if that was not noted a moment ago."""
    row = tx.session.get(BrowserSession, session_id)
    if row is not None:
        row.seen = max(row.seen, tx.now)


def confirm(tx: Transaction, session_id: str, confirmed: datetime) -> Opened:
    """Note when the second factor was given again; the secret before stops working. Raises `NoSuchSession`."""
    row = tx.session.get(BrowserSession, session_id, with_for_update=True)
    if row is None or not _is_live(row, tx.now):
        raise NoSuchSession
    secret = secrets.token_urlsafe(32)
    row.digest, row.confirmed, row.seen = _digest(secret), confirmed, tx.now
    return Opened(row.id, row.actor_id, secret)


def own(session: Session, actor_id: str, now: datetime) -> Sequence[BrowserSession]:
    """An account's live sessions, the latest seen first."""
    found = select(BrowserSession).where(BrowserSession.actor_id == actor_id)
    rows = session.scalars(found.order_by(BrowserSession.seen.desc(), BrowserSession.id)).all()
    return [row for row in rows if _is_live(row, now)]


def end(tx: Transaction, actor_id: str, session_id: str) -> None:
    """End one of one's own sessions. Raises `NoSuchSession`, also for somebody else's."""
    row = tx.session.get(BrowserSession, session_id)
    if row is None or row.actor_id != actor_id:
        raise NoSuchSession
    tx.session.delete(row)


def end_all(tx: Transaction, actor_id: str) -> None:
    """End every session of an account."""
    tx.session.execute(delete(BrowserSession).where(BrowserSession.actor_id == actor_id))


def sweep(engine: Engine, now: datetime) -> None:
    """Forget sessions that are over."""
    with Session(engine) as session, session.begin():
        over = or_(BrowserSession.ends <= now, BrowserSession.seen <= now - IDLE)
        session.execute(delete(BrowserSession).where(over))


def described(agent: str) -> str:
    """A browser in two words for its holder to know it by: the rest of what it says of itself is not kept."""
    names = [next((name for name in known if name in agent), "") for known in (_PROGRAMS, _SYSTEMS)]
    return " · ".join(name for name in names if name) or "?"


def _is_live(row: BrowserSession, now: datetime) -> bool:
    return now < row.ends and now - row.seen < IDLE


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
