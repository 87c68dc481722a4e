"""With which key a supervisor signs why a lot is drawn for again: the agents of key holders believe nothing less.

The supervisor registers it, the security administrator approves it: neither can alone, and agents wait until it has
settled (docs/spec/agents.md), so that a key made for one occasion comes too late for it.
"""

from typing import Any

from sqlalchemy.exc import IntegrityError

from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Actor
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.protocol.statements import supervisor_registration
from expertpool.sealing import errors
from expertpool.sealing.events import SupervisorKeyApproved, SupervisorKeyRegistered, SupervisorKeyRevoked
from expertpool.sealing.models import SupervisorKey
from ledger import ed25519


def register_key(tx: Transaction, *, public: str, proof: str) -> SupervisorKey:
    """Register one's own key (Ed25519, hex) with the proof of its possession.

    Raises `NotPermitted`, `PossessionUnproved`, `SupervisorKeyTaken`.
    """
    actor = tx.session.get(Actor, tx.actor)
    require(tx, "supervisor-key.register", Target() if actor is None else target_of(tx.session, actor))
    if actor is None:
        raise NotPermitted("supervisor-key.register")
    signed = supervisor_registration(supervisor=actor.id, public=public)
    if not ed25519.verify(bytes.fromhex(public), signed, bytes.fromhex(proof)):
        raise errors.PossessionUnproved(field="proof")
    key = SupervisorKey(centre_id=actor.centre_id, actor_id=actor.id, public=bytes.fromhex(public), registered=tx.now)
    try:
        with tx.session.begin_nested():
            tx.session.add(key)
    except IntegrityError:
        raise errors.SupervisorKeyTaken(field="public") from None
    tx.record(SupervisorKeyRegistered(**_shown(key)))
    return key


def approve_key(tx: Transaction, key_id: str) -> SupervisorKey:
    """Bring a supervisor's key into force. Raises `NotPermitted`, `SupervisorKeyNotPending`."""
    key = _find(tx, key_id, "supervisor-key.approve")
    if key.approved is not None or key.revoked is not None:
        raise errors.SupervisorKeyNotPending
    key.approved = tx.now
    tx.record(SupervisorKeyApproved(**_shown(key)))
    return key


def revoke_key(tx: Transaction, key_id: str, *, reason: str) -> SupervisorKey:
    """End a supervisor's key at once and for good. Raises `NotPermitted`, `SupervisorKeyEnded`."""
    key = _find(tx, key_id, "supervisor-key.revoke")
    if key.revoked is not None:
        raise errors.SupervisorKeyEnded
    key.revoked, key.revoked_reason = tx.now, reason
    tx.record(SupervisorKeyRevoked(**_shown(key), reason=reason))
    return key


def _find(tx: Transaction, key_id: str, verb: str) -> SupervisorKey:
    """A key that the actor may do this to, locked. Raises `NotPermitted`."""
    key = tx.session.get(SupervisorKey, key_id, with_for_update=True)
    actor = None if key is None else tx.session.get(Actor, key.actor_id)
    require(tx, verb, Target() if actor is None else target_of(tx.session, actor))
    if key is None:
        raise NotPermitted(verb)
    return key


def _shown(key: SupervisorKey) -> dict[str, Any]:
    return {"key": key.id, "supervisor": key.actor_id, "centre": key.centre_id, "public": key.public.hex()}
