"""Named reads of centres and accounts."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Actor, Centre, Credential
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.tokens import parse_token


def caller_by_token(session: Session, text: str) -> Caller | None:
    """Who sends this token; None unless it is the present own token of an active account."""
    token = parse_token(text)
    if token is None:
        return None
    actor = session.get(Actor, token.owner)
    matches = token.matches(actor.token_hash if actor else None)
    return actor.as_caller() if actor and matches and actor.active else None


def caller_by_id(session: Session, actor_id: str) -> Caller | None:
    """The active account of this identifier, as it stands in this transaction."""
    actor = session.get(Actor, actor_id)
    return actor.as_caller() if actor and actor.active else None


def target_of(session: Session, row: Centre | Actor) -> Target:
    """A centre or an account as the permission table sees it: with its centre and those above."""
    actor = row if isinstance(row, Actor) else None
    lineage: list[str] = []
    above: str | None = row.centre_id if isinstance(row, Actor) else row.id
    while above is not None:
        lineage.append(above)
        above = session.get_one(Centre, above).parent_id
    return Target(tuple(lineage), actor.id if actor else None)


def visible_actor(session: Session, caller: Caller, actor_id: str, verb: str) -> Actor:
    """An account to which the caller may do this. Raises `NotPermitted`, also for one that there is not."""
    actor = session.get(Actor, actor_id)
    if actor is None or not may(caller, verb, target_of(session, actor)):
        raise NotPermitted(verb)
    return actor


def with_credentials(session: Session, actor_ids: Sequence[str]) -> frozenset[str]:
    """Which of these accounts have a password and an authenticator."""
    return frozenset(session.scalars(select(Credential.actor_id).where(Credential.actor_id.in_(actor_ids))))


def centres(session: Session) -> Sequence[Centre]:
    """All centres; an installation has at most some hundred."""
    return session.scalars(select(Centre).order_by(Centre.code)).all()


def centres_below(session: Session, centre_id: str) -> frozenset[str]:
    """A centre and all below it."""
    below = select(Centre.id).where(Centre.id == centre_id).cte("below", recursive=True)
    below = below.union(select(Centre.id).join(below, Centre.parent_id == below.c.id))
    return frozenset(session.scalars(select(below.c.id)))


def actors_in(session: Session, centre_ids: frozenset[str], after: str | None, limit: int) -> Sequence[Actor]:
    """Accounts of these centres in the order of their codes, from the first one or beyond the code ``after``."""
    found = select(Actor).where(Actor.centre_id.in_(centre_ids)).order_by(Actor.code).limit(limit)
    return session.scalars(found if after is None else found.where(Actor.code > after)).all()
