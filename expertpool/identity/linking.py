"""What all ways that the security administrator links to an account have in common."""

from expertpool.core.transaction import Transaction
from expertpool.identity import browsers, trail
from expertpool.identity.errors import AlreadyRetired, NotPermitted
from expertpool.identity.events import WayAdded, WayRemoved
from expertpool.identity.models import Actor, TrailKind, Way
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


def note_added(tx: Transaction, actor: Actor, way: Way, identifier: str, source: bytes) -> None:
    """Write down that a way was linked, and end every session of the account, so that its holder notices."""
    browsers.end_all(tx, actor.id)
    trail.note(tx, TrailKind.WAY_ADDED, actor=actor, source=source, way=way)
    tx.record(WayAdded(account=actor.id, way=way.value, identifier=identifier))


def note_removed(tx: Transaction, actor: Actor, way: Way, identifier: str, source: bytes) -> None:
    """The same of a way that was taken away."""
    browsers.end_all(tx, actor.id)
    trail.note(tx, TrailKind.WAY_REMOVED, actor=actor, source=source, way=way)
    tx.record(WayRemoved(account=actor.id, way=way.value, identifier=identifier))
