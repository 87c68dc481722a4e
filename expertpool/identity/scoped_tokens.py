"""Scoped tokens as they stand: who comes in with one, when it was last used, and which an account has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity import scopes
from expertpool.identity.models import Actor, ScopedToken, ScopedTokenUse
from expertpool.identity.permissions import Caller
from expertpool.identity.tokens import parse_token
from expertpool.identity.trail import BEIJING

LONGEST: Final = timedelta(days=366)
MOST: Final = 20
"""Tokens of one account that work at the same time."""


@dataclass(frozen=True, slots=True)
class Held:
    """A token that works, as its holder and the security administrator see it."""

    id: str
    actor_id: str
    name: str
    scopes: Sequence[str]
    created: datetime
    expires: datetime
    last_used: date | None


def caller_by_token(session: Session, text: str, now: datetime) -> Caller | None:
    """Who sends this scoped token; None unless it works and its account is active."""
    token = parse_token(text)
    if token is None or not token.owner.startswith("stk_"):
        return None
    row = session.get(ScopedToken, token.owner)
    matches = token.matches(row.digest if row else None)
    return _caller(session, row, now) if row and matches else None


def caller_by_id(session: Session, token_id: str, now: datetime) -> Caller | None:
    """Whoever acts under this scoped token, as both stand in this transaction."""
    row = session.get(ScopedToken, token_id)
    return _caller(session, row, now) if row else None


def held_by(session: Session, actor_id: str, now: datetime) -> list[Held]:
    """The tokens of an account that work, the newest first."""
    found = (
        select(ScopedToken, ScopedTokenUse.day)
        .outerjoin(ScopedTokenUse, ScopedTokenUse.token_id == ScopedToken.id)
        .where(ScopedToken.actor_id == actor_id, ScopedToken.ended.is_(None), ScopedToken.expires > now)
    )
    rows = session.execute(found.order_by(ScopedToken.created.desc(), ScopedToken.id))
    return [shown(row, day) for row, day in rows]


def shown(row: ScopedToken, last_used: date | None) -> Held:
    """A token without what is secret."""
    return Held(row.id, row.actor_id, row.name, row.scopes.split(), row.created, row.expires, last_used)


def is_unused_today(session: Session, caller: Caller, now: datetime) -> bool:
    """Whether the caller's scoped token is used for the first time today."""
    if caller.token is None:
        return False
    use = session.get(ScopedTokenUse, caller.token)
    return use is not None and use.day != _day(now)


def note_use(tx: Transaction, caller: Caller) -> None:
    """Note the day on which the caller's token was last used."""
    use = tx.session.get(ScopedTokenUse, caller.token, with_for_update=True)
    if use is not None:
        use.day = _day(tx.now)


def end_all(tx: Transaction, actor_id: str) -> None:
    """End every scoped token of an account, as part of an act that says so."""
    found = select(ScopedToken).where(ScopedToken.actor_id == actor_id, ScopedToken.ended.is_(None))
    for row in tx.session.scalars(found.with_for_update()):
        end(tx, row)


def end(tx: Transaction, row: ScopedToken) -> None:
    """End one of them; when it was last used is forgotten."""
    row.ended = tx.now
    tx.session.execute(delete(ScopedTokenUse).where(ScopedTokenUse.token_id == row.id))


def _caller(session: Session, row: ScopedToken, now: datetime) -> Caller | None:
    actor = session.get_one(Actor, row.actor_id)
    if not actor.active or not row.works(now):
        return None
    return Caller(actor.id, actor.role, actor.centre_id, row.id, scopes.read(row.scopes))


def _day(at: datetime) -> date:
    return at.astimezone(BEIJING).date()
