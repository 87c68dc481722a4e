"""To whose keys names may be released: each key is registered for exactly one audience of a centre.

Like a key holder's: the security administrator registers it, the supervisor approves it, and neither can alone. The
agents of the key holders read both in the log and seal to nothing else (docs/spec/agents.md).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.protocol.envelope import seal_to
from expertpool.protocol.errors import ProtocolError
from expertpool.sealing import errors
from expertpool.sealing.events import RecipientApproved, RecipientRegistered, RecipientRetired
from expertpool.sealing.models import RecipientKey
from policies.facts import Audience

ARCHIVE: Final = "archive"
BREAK_GLASS: Final = "break-glass"
BANK: Final = "bank"
AUDIENCES: Final = (*(audience.value for audience in Audience), ARCHIVE, BREAK_GLASS, BANK)
"""The audiences of the rulebook, and three of which no rulebook speaks: history, the emergency, and the bank.

To the bank the vault itself seals whom fees go to; no holder opens a record to it.
"""
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    Audience.EXPERT: ("专家本人", "the expert"),
    Audience.DOOR: ("门禁与签到台", "door and sign-in desk"),
    Audience.STAFF: ("中心工作人员", "the centre's staff"),
    Audience.MEMBERS: ("评标委员会成员", "members"),
    Audience.INITIATOR: ("项目发起方", "initiator"),
    Audience.SUPERVISOR: ("行政监督部门", "supervisor"),
    Audience.PAYER: ("付款方", "payer"),
    Audience.PUBLIC: ("公众", "the public"),
    Audience.INSPECTION: ("纪检、审计", "inspection"),
    ARCHIVE: ("档案", "archive"),
    BREAK_GLASS: ("应急解封", "emergency opening"),
    BANK: ("银行", "the bank"),
}
"""What readers know them by."""


def register_recipient(tx: Transaction, *, centre_id: str, audience: str, name: str, public: bytes) -> RecipientKey:
    """Register the X25519 key of a desk that belongs to one audience.

    Raises `NotPermitted`, `RecipientKeyInvalid`, `RecipientKeyTaken`.
    """
    centre = tx.session.get(Centre, centre_id)
    require(tx, "recipient.register", Target() if centre is None else target_of(tx.session, centre))
    try:
        seal_to(public, b"", b"")  # refuses a key that is of small order
    except ProtocolError:
        raise errors.RecipientKeyInvalid(field="public") from None
    key = RecipientKey(centre_id=centre_id, audience=audience, name=name, public=public, registered=tx.now)
    try:
        with tx.session.begin_nested():
            tx.session.add(key)
    except IntegrityError:
        raise errors.RecipientKeyTaken(field="public") from None
    tx.record(RecipientRegistered(**_shown(key), name=name))
    return key


def approve_recipient(tx: Transaction, recipient_id: str) -> RecipientKey:
    """Bring a recipient's key into force. Raises `NotPermitted`, `RecipientNotPending`."""
    key = _find(tx, recipient_id, "recipient.approve")
    if key.approved is not None or key.retired is not None:
        raise errors.RecipientNotPending
    key.approved = tx.now
    tx.record(RecipientApproved(**_shown(key)))
    return key


def retire_recipient(tx: Transaction, recipient_id: str, *, reason: str) -> RecipientKey:
    """End a recipient's key for good. Raises `NotPermitted`, `RecipientRetiredAlready`."""
    key = _find(tx, recipient_id, "recipient.retire")
    if key.retired is not None:
        raise errors.RecipientRetiredAlready
    key.retired, key.retired_reason = tx.now, reason
    tx.record(RecipientRetired(**_shown(key), reason=reason))
    return key


def usable_recipient(
    session: Session, recipient_id: str, lineage: tuple[str, ...], now: datetime, settling: timedelta
) -> RecipientKey:
    """A key in force for ``settling``, of one of these centres. Raises `RecipientUnusable`."""
    key = session.get(RecipientKey, recipient_id)
    in_force = key is not None and key.retired is None and key.centre_id in lineage
    if key is None or not in_force or key.approved is None or key.approved + settling > now:
        raise errors.RecipientUnusable(int(settling.total_seconds()) // 3600, field="recipient")
    return key


def key_in_force(
    session: Session, audience: str, lineage: tuple[str, ...], now: datetime, settling: timedelta
) -> RecipientKey | None:
    """The newest key of an audience that has settled, of the nearest of these centres; None where there is none."""
    found = select(RecipientKey).where(
        RecipientKey.audience == audience,
        RecipientKey.centre_id.in_(lineage),
        RecipientKey.retired.is_(None),
        RecipientKey.approved <= now - settling,
    )
    keys = session.scalars(found.order_by(RecipientKey.approved.desc(), RecipientKey.id)).all()
    return min(keys, key=lambda key: lineage.index(key.centre_id), default=None)


def _find(tx: Transaction, recipient_id: str, verb: str) -> RecipientKey:
    """A key that the actor may do this to, locked. Raises `NotPermitted`."""
    key = tx.session.get(RecipientKey, recipient_id, with_for_update=True)
    centre = None if key is None else tx.session.get(Centre, key.centre_id)
    require(tx, verb, Target() if centre is None else target_of(tx.session, centre))
    if key is None:
        raise NotPermitted(verb)
    return key


def _shown(key: RecipientKey) -> dict[str, Any]:
    return {
        "recipient": key.id,
        "centre": key.centre_id,
        "audience": key.audience,
        "public": key.public.hex(),
    }
