"""Whose signature counts: outside systems and their keys, registered by one institution and approved by another.

A trading system's key can report an award and so have names released, a province's key says who is in the pool: so the
security administrator alone cannot bring one into force.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError

from expertpool.core.rows import LedgeredRow
from expertpool.core.transaction import Transaction
from expertpool.identity import errors
from expertpool.identity.errors import NotPermitted
from expertpool.identity.events import SenderKeyApproved, SenderKeyRegistered, SenderKeyRevoked, SenderRegistered
from expertpool.identity.models import Centre, Sender, SenderKey, SenderKind
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from ledger import ed25519
from ledger.canonical import canonical
from ledger.entry import format_time

KEY_DOMAIN: Final = b"expertpool/trading-door/key/v1\n"
LONGEST_VALIDITY: Final = timedelta(days=1096)  # three years, a leap day among them; a product default


def register_sender(tx: Transaction, *, centre_id: str, kind: SenderKind, code: str, name: str) -> Sender:
    """Register a system. Raises `NotPermitted`, `SenderTaken`."""
    _require(tx, "sender.register", centre_id)
    sender = Sender(centre_id=centre_id, kind=kind, code=code, name=name)
    if not _added(tx, sender):
        raise errors.SenderTaken(field="code")
    tx.record(SenderRegistered(sender=sender.id, sender_kind=kind.value, centre=centre_id, code=code, name=name))
    return sender


def register_key(
    tx: Transaction, sender_id: str, *, public: str, not_before: datetime, not_after: datetime, proof: str
) -> SenderKey:
    """Register a sender's key (Ed25519, in hex) with the proof of its possession; it still wants approval.

    Raises `NotPermitted`, `ValidityInvalid`, `PossessionUnproved`, `KeyTaken`.
    """
    sender = tx.session.get(Sender, sender_id, with_for_update=True)
    _require(tx, "sender-key.register", sender.centre_id if sender else "")
    if sender is None:
        raise NotPermitted("sender-key.register")
    if not_after <= max(tx.now, not_before) or not_after - not_before > LONGEST_VALIDITY:
        raise errors.ValidityInvalid(LONGEST_VALIDITY.days, field="not_after")
    signed = registration(sender=sender.id, public=public, not_before=not_before, not_after=not_after)
    if not ed25519.verify(bytes.fromhex(public), signed, bytes.fromhex(proof)):
        raise errors.PossessionUnproved(field="proof")
    key = SenderKey(
        centre_id=sender.centre_id,
        sender_id=sender.id,
        public=bytes.fromhex(public),
        not_before=not_before,
        not_after=not_after,
    )
    if not _added(tx, key):
        raise errors.KeyTaken(field="public")
    tx.record(
        SenderKeyRegistered(
            sender=sender.id,
            key=key.id,
            centre=key.centre_id,
            public=public,
            not_before=format_time(not_before),
            not_after=format_time(not_after),
        )
    )
    return key


def approve_key(tx: Transaction, key_id: str) -> SenderKey:
    """Bring a key into force. Raises `NotPermitted`, `KeyNotPending`."""
    key = _find_key(tx, key_id, "sender-key.approve")
    if key.approved is not None or key.revoked is not None:
        raise errors.KeyNotPending
    key.approved = tx.now
    tx.record(SenderKeyApproved(sender=key.sender_id, key=key.id, centre=key.centre_id))
    return key


def revoke_key(tx: Transaction, key_id: str, *, reason: str) -> SenderKey:
    """End a key's use at once and for good. Raises `NotPermitted`, `KeyRevoked`."""
    key = _find_key(tx, key_id, "sender-key.revoke")
    if key.revoked is not None:
        raise errors.KeyRevoked
    key.revoked, key.revoked_reason = tx.now, reason
    tx.record(SenderKeyRevoked(sender=key.sender_id, key=key.id, centre=key.centre_id, reason=reason))
    return key


def registration(*, sender: str, public: str, not_before: datetime, not_after: datetime) -> bytes:
    """What the holder of a key (in hex) signs to have it registered."""
    times = {"not_after": format_time(not_after), "not_before": format_time(not_before)}
    return KEY_DOMAIN + canonical({**times, "public": public, "sender": sender})


def _find_key(tx: Transaction, key_id: str, verb: str) -> SenderKey:
    """A key that the actor may do this to, locked. Raises `NotPermitted`."""
    key = tx.session.get(SenderKey, key_id, with_for_update=True)
    _require(tx, verb, key.centre_id if key else "")
    if key is None:
        raise NotPermitted(verb)
    return key


def _require(tx: Transaction, verb: str, centre_id: str) -> None:
    centre = tx.session.get(Centre, centre_id)
    require(tx, verb, Target() if centre is None else target_of(tx.session, centre))


def _added(tx: Transaction, row: LedgeredRow) -> bool:
    """Whether the row could be added: the database decides, so two at once cannot both have a code or a key."""
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        return False
    return True
