"""Named reads of key holders and the vault's key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Centre
from expertpool.identity.queries import centres_below, target_of
from expertpool.protocol.agents import Registration
from expertpool.sealing.events import HolderApproved
from expertpool.sealing.models import VAULT, KeyHolder, RecipientKey, SupervisorKey, VaultKey
from ledger.entry import Entry, format_time, parse_entry
from ledger.note import parse_verifier_key

_VAULT_KEY: Final = select(VaultKey.public).where(VaultKey.id == VAULT)


@dataclass(frozen=True, slots=True)
class HolderInForce:
    """A key holder that may be asked. ``id`` is what the protocol calls its organisation.

    ``registered`` is the index of the entry that approved it, as an intent names it; ``credit_code`` is the
    institution's own.
    """

    id: str
    credit_code: str
    name: str
    outside: bool
    vrf: bytes
    share: bytes
    transport: bytes
    approved_at: datetime
    registered: int


def holders_in_force(session: Session, centre_id: str, *, settled: datetime | None = None) -> tuple[HolderInForce, ...]:
    """The holders approved and not retired of a centre and of those above it: the centre's own first, then by age.

    ``settled``: only those approved by then, and of an organisation that changes its keys the last of them. Whoever
    changes its keys keeps its place.
    """
    centre = session.get(Centre, centre_id)
    lineage = () if centre is None else target_of(session, centre).lineage
    approved = (KeyHolder.approved.is_not(None), KeyHolder.centre_id.in_(lineage))
    known = session.scalars(select(KeyHolder).where(*approved).order_by(KeyHolder.approved, KeyHolder.id)).all()
    rows = [row for row in known if row.retired is None]
    if settled is not None:
        by_then = [row for row in rows if row.approved is not None and row.approved <= settled]
        rows = list({row.organisation: row for row in by_then}.values())
    places = {row.id: place for place, row in enumerate(known)}
    for row in known:
        places[row.id] = places.get(row.succeeds or "", places[row.id])
    ordered = sorted(rows, key=lambda row: (row.outside, lineage.index(row.centre_id), places[row.id]))
    return tuple(
        HolderInForce(
            id=row.id,
            credit_code=row.organisation,
            name=row.name,
            outside=row.outside,
            vrf=row.vrf,
            share=row.share,
            transport=row.transport,
            approved_at=row.approved,
            registered=_approval(session, row, row.approved),
        )
        for row in ordered
        if row.approved is not None
    )


def holders_below(session: Session, centre_id: str) -> Sequence[KeyHolder]:
    """All holders of a centre and those below it, retired ones too, in the order of their registration."""
    found = select(KeyHolder).where(KeyHolder.centre_id.in_(centres_below(session, centre_id)))
    return session.scalars(found.order_by(KeyHolder.registered, KeyHolder.id)).all()


def holder_below(session: Session, centre_id: str, holder_id: str) -> KeyHolder:
    """One of them. Raises `NotPermitted`, also for one that there is not."""
    holder = session.get(KeyHolder, holder_id)
    if holder is None or holder.centre_id not in centres_below(session, centre_id):
        raise NotPermitted("holder.see")
    return holder


def fingerprint_of(holder: KeyHolder) -> str:
    """What the institution's own agent shows for these keys."""
    cosign = parse_verifier_key(holder.cosign)
    return Registration(holder.organisation, holder.vrf, holder.share, holder.transport, cosign).fingerprint


def supervisor_keys_below(session: Session, centre_id: str) -> Sequence[SupervisorKey]:
    """All keys of the supervisors of a centre and those below it, ended ones too."""
    found = select(SupervisorKey).where(SupervisorKey.centre_id.in_(centres_below(session, centre_id)))
    return session.scalars(found.order_by(SupervisorKey.registered, SupervisorKey.id)).all()


def recipients_below(session: Session, centre_id: str) -> Sequence[RecipientKey]:
    """All recipients' keys of a centre and those below it, retired ones too."""
    found = select(RecipientKey).where(RecipientKey.centre_id.in_(centres_below(session, centre_id)))
    return session.scalars(found.order_by(RecipientKey.registered, RecipientKey.id)).all()


def recipient_below(session: Session, centre_id: str, recipient_id: str) -> RecipientKey:
    """One of them. Raises `NotPermitted`, also for one that there is not."""
    key = session.get(RecipientKey, recipient_id)
    if key is None or key.centre_id not in centres_below(session, centre_id):
        raise NotPermitted("recipient.see")
    return key


def vault_key(session: Session) -> bytes | None:
    """The vault's public key in force (X25519, 32 bytes); None before the first is registered."""
    return session.scalar(_VAULT_KEY)


def _approval(session: Session, holder: KeyHolder, approved: datetime) -> int:
    """The index of the entry that approved a holder.

    A transaction's last entry has the images of its rows, so the approval is that entry or one just before it, and all
    of a transaction have its one time.
    """
    for entry in _imaged(session, holder.id):
        index = entry
        while index >= 0 and (read := _entry(session, index)).time == format_time(approved):
            if read.kind == HolderApproved.kind and read.body.get("holder") == holder.id:
                return index
            index -= 1
    raise LookupError(f"the ledger has no approval of {holder.id}")


def _imaged(session: Session, holder: str) -> Iterator[int]:
    table = LedgerImage.row_table == KeyHolder.__tablename__
    yield from session.scalars(
        select(LedgerImage.entry).where(table, LedgerImage.row_key == holder).order_by(LedgerImage.entry.desc())
    )


def _entry(session: Session, index: int) -> Entry:
    return parse_entry(session.scalars(select(LedgerEntry.data).where(LedgerEntry.index == index)).one())
