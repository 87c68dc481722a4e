"""What agents are offered to cosign, and what they sent.

Agents come when they please, while checkpoints follow each other by the millisecond: if each cosigned the newest, no
checkpoint would ever gather a quorum. So the first that comes picks the newest, and until that one has its quorum, or
is a minute old, the others are offered the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.cosigning import LastCosigned
from expertpool.core.ledger_tables import LedgerCheckpoint
from expertpool.core.settings import Settings
from expertpool.core.witness_policy import load_witness_policy
from expertpool.sealing.errors import CosignatureRefused, NoPolicy
from expertpool.sealing.models import KeyHolder
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.errors import LedgerError, Refused
from ledger.note import Signature, parse_verifier_key, verified_by
from ledger.policy import Policy, Trust

log = structlog.get_logger("sealing")

PATIENCE: Final = timedelta(seconds=60)
LOOKED_AT: Final = 500  # checkpoints back from the newest; a quorum further back than that is told by `ledger.cosigned`


@dataclass(frozen=True, slots=True)
class Offered:
    """Notes: the last checkpoint that a quorum cosigned, the one to cosign next, and the newest."""

    cosigned: bytes | None
    next: bytes | None
    newest: bytes | None


def offered(session: Session, settings: Settings, now: datetime) -> Offered:
    """What agents are to follow and cosign. Raises what `load_witness_policy` raises."""
    rows = session.execute(_NEWEST).all()
    if not rows:
        return Offered(None, None, None)
    newest, policy = rows[0].note, load_witness_policy(settings)
    if policy is None:
        return Offered(None, newest, newest)
    chosen: bytes | None = None
    for row in rows:
        trust = _trust(policy, row.note)
        if trust is not None and trust.quorum:
            return Offered(row.note, chosen or newest, newest)
        if chosen is None and trust is not None and trust.cosigners and row.signed_at > now - PATIENCE:
            chosen = row.note
    return Offered(_kept(settings.ledger.cosigned), chosen or newest, newest)


def take_cosignature(engine: Engine, settings: Settings, holder: KeyHolder, note: bytes) -> None:
    """Keep a holder's cosignature of a checkpoint of this log. Raises `NoPolicy`, `CosignatureRefused`."""
    policy = load_witness_policy(settings)
    if policy is None:
        raise NoPolicy
    try:
        signed = parse_signed_checkpoint(note)
        made = _cosignature(signed, holder, policy)
    except LedgerError:
        raise CosignatureRefused(field="checkpoint") from None
    with engine.begin() as connection:
        stored = connection.scalars(select(LedgerCheckpoint.note).where(LedgerCheckpoint.size == signed.size)).first()
        if stored is None or parse_signed_checkpoint(stored).note.text != signed.note.text:
            raise CosignatureRefused(field="checkpoint")
        checkpoints.add_cosignatures(connection, signed.size, [made])
    with engine.connect() as connection:
        whole = connection.scalars(select(LedgerCheckpoint.note).where(LedgerCheckpoint.size == signed.size)).one()
    _keep(settings.ledger.cosigned, policy, parse_signed_checkpoint(whole))


_NEWEST: Final = (
    select(LedgerCheckpoint.note, LedgerCheckpoint.signed_at).order_by(LedgerCheckpoint.size.desc()).limit(LOOKED_AT)
)


def _trust(policy: Policy, note: bytes) -> Trust | None:
    """What a stored checkpoint's cosignatures are worth; None for one that has none, as most have."""
    signed = parse_signed_checkpoint(note)
    try:
        return policy.judge(signed) if len(signed.note.signatures) > 1 else None
    except Refused:  # the policy does not name this log's key: nothing counts under it
        return None


def _cosignature(signed: SignedCheckpoint, holder: KeyHolder, policy: Policy) -> Signature:
    """The holder's valid cosignature in a note. Raises `Refused`."""
    key = parse_verifier_key(holder.cosign)
    for found, made in verified_by(signed.note, [key]):
        if found in policy.witnesses.values():
            return made
    raise Refused("note.no-known-signature")


def _keep(path: Path, policy: Policy, signed: SignedCheckpoint) -> None:
    """Offer it to the mark of the last cosigned checkpoint; the cosignature is taken even where that cannot be kept."""
    try:
        LastCosigned(path, policy).offer(signed)
    except (LedgerError, OSError) as error:
        log.warning("sealing.mark-not-kept", kind=type(error).__name__)


def _kept(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
