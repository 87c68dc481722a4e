"""What all ways that the security administrator links to an account have in common."""

from expertpool.core.transaction import Transaction
from expertpool.identity.errors import AlreadyRetired, NotPermitted
from expertpool.identity.models import Actor
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require


def linkable(tx: Transaction, actor_id: str) -> Actor:
    """The account to which the caller may link a way, locked. Raises `NotPermitted`, `AlreadyRetired`."""
    actor = tx.session.get(Actor, actor_id, with_for_update=True)
    require(tx, "actor.link", Target() if actor is None else target_of(tx.session, actor))
    if actor is None:
        raise NotPermitted("actor.link")
    if not actor.active:
        raise AlreadyRetired
    return actor
