"""How far the ledger reaches and what its signatures are worth, under this installation's own policy.

What this says is the centre's word. Whoever wants proof takes the policy from elsewhere and checks offline.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.errors import ExpertpoolError
from expertpool.core.ledger_tables import LedgerCheckpoint
from expertpool.core.settings import Settings
from expertpool.core.witness_policy import load_witness_policy
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.errors import LedgerError
from ledger.policy import Policy, Trust


@dataclass(frozen=True, slots=True)
class Standing:
    """A checkpoint as a page shows it. ``cosigners``: who, and when (aware UTC)."""

    size: int
    root: str
    signed_at: datetime
    log_key: str | None
    cosigners: tuple[tuple[str, datetime], ...]
    quorum: bool
    signed: SignedCheckpoint


def policy_of(settings: Settings) -> Policy | None:
    """This installation's own policy; None where there is none that could be used."""
    try:
        return load_witness_policy(settings)
    except (ExpertpoolError, LedgerError):
        return None


def newest(session: Session, policy: Policy | None, count: int) -> list[Standing]:
    """The newest checkpoints, the newest first."""
    wanted = select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(count)
    return [_standing(row, policy) for row in session.scalars(wanted)]


def newest_proven(session: Session, policy: Policy | None) -> Standing | None:
    """The newest checkpoint that a quorum cosigned. A policy that asks for nobody proves nothing."""
    if policy is None or policy.needs_nobody:
        return None
    row = session.get(LedgerCheckpoint, checkpoints.witnessed(session.get_bind().engine, policy))
    return None if row is None else _standing(row, policy)


def newest_and_proven(session: Session, policy: Policy | None, count: int) -> tuple[list[Standing], Standing | None]:
    """Both: the newest ones with the newest proven one among them."""
    listed, proven = newest(session, policy, count), newest_proven(session, policy)
    if proven is not None and listed and proven.size < listed[-1].size:
        listed = [*listed[:-1], proven]
    return listed, proven


def _standing(row: LedgerCheckpoint, policy: Policy | None) -> Standing:
    signed = parse_signed_checkpoint(row.note)
    trust = _trust(policy, signed)
    cosigned = () if trust is None else trust.cosigners.items()
    cosigners = tuple(sorted((name, datetime.fromtimestamp(seconds, UTC)) for name, seconds in cosigned))
    return Standing(
        size=signed.size,
        root=base64.b64encode(signed.root).decode(),
        signed_at=row.signed_at,
        log_key=None if trust is None else str(trust.log),
        cosigners=cosigners,
        quorum=trust is not None and trust.quorum and bool(cosigners),  # a policy may ask for nobody
        signed=signed,
    )


def _trust(policy: Policy | None, signed: SignedCheckpoint) -> Trust | None:
    """What the signatures are worth; None where there is no policy, or they contradict it."""
    try:
        return None if policy is None else policy.judge(signed)
    except LedgerError:
        return None
