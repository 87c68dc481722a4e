"""The verbs of scoped tokens: to make one, and to end one before it expires."""

from collections.abc import Sequence
from datetime import timedelta

from expertpool.core.ids import new_id
from expertpool.core.transaction import Transaction
from expertpool.identity import scopes as words
from expertpool.identity.errors import ScopeNotYours, TokenNotThere, TooManyTokens
from expertpool.identity.events import TokenEnded, TokenLimited
from expertpool.identity.models import Actor, ScopedToken, ScopedTokenUse
from expertpool.identity.permissions import Target, verbs_of
from expertpool.identity.queries import target_of
from expertpool.identity.scoped_tokens import MOST, Held, end, held_by, shown
from expertpool.identity.service import require
from expertpool.identity.tokens import Token, new_token
from ledger.entry import format_time


def limit(tx: Transaction, *, name: str, scopes: Sequence[str], days: int) -> tuple[Held, Token]:
    """Make a token of one's own that does less and expires after so many days; its secret is returned this once.

    Raises `NotPermitted`, `ScopeNotYours` for a scope of which one's role has nothing, and `TooManyTokens`.
    """
    actor = tx.session.get(Actor, tx.actor, with_for_update=True)
    require(tx, "token.limit", Target() if actor is None else target_of(tx.session, actor))
    assert actor is not None  # noqa: S101 -- or `require` had raised
    for scope in scopes:
        if scope not in words.offered(verbs_of(actor.role)):
            raise ScopeNotYours(scope, field="scopes")
    if len(held_by(tx.session, actor.id, tx.now)) >= MOST:
        raise TooManyTokens(MOST)
    token = new_token(new_id("stk"))
    row = ScopedToken(
        id=token.owner,
        actor_id=actor.id,
        name=name,
        scopes=words.written(scopes),
        digest=token.digest(),
        created=tx.now,
        expires=tx.now + timedelta(days),
    )
    tx.session.add(row)
    tx.session.flush()
    tx.session.add(ScopedTokenUse(token_id=row.id, day=None))
    expires = format_time(row.expires)
    tx.record(TokenLimited(account=actor.id, token=row.id, name=name, scopes=row.scopes, expires=expires))
    return shown(row, None), token


def end_token(tx: Transaction, token_id: str) -> Held:
    """End a token of one's own, or of an account that one administers. Raises `NotPermitted`, `TokenNotThere`."""
    row = tx.session.get(ScopedToken, token_id, with_for_update=True)
    actor = tx.session.get_one(Actor, row.actor_id) if row else None
    require(tx, "token.end", target_of(tx.session, actor) if actor else Target())
    if row is None or not row.works(tx.now):
        raise TokenNotThere
    end(tx, row)
    tx.record(TokenEnded(account=row.actor_id, token=row.id))
    return shown(row, None)
