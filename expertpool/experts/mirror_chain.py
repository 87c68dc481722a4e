"""Where a delta file stands: who signed it, for which pool, and whether it is the next one of the chain.

Nothing is written here. The order of the checks is that of docs/spec/mirror.md.

Public: `place`, `Place`.
"""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.mirror_errors import (
    DayAhead,
    DayBack,
    DeltaRepeated,
    DeltaStale,
    DeltaUnfinished,
    FullNeeded,
    HeadForked,
    HeadNotSigned,
    MirrorKeyNotInForce,
    OtherSource,
    PoolUnknown,
    PreviousDiffers,
    SequenceMissing,
)
from expertpool.experts.mirror_format import DeltaFile, Head, HeadKind
from expertpool.experts.mirror_queries import chain_heads, last_head
from expertpool.experts.models import MirrorHead
from expertpool.identity.models import Sender, SenderKey, SenderKind
from ledger.errors import Refused
from ledger.note import ED25519, VerifierKey, verified_by
from policies.facts import day_of

SHOWN: int = 16
"""How many characters of a hash a message shows: enough to compare by eye."""


class Place(NamedTuple):
    """A file that is due. ``position`` is its own in the centre's heads; ``resumes``: it was begun already."""

    pool: Pool
    sender: Sender
    key: SenderKey
    position: int
    resumes: bool


def place(session: Session, delta: DeltaFile, now: datetime) -> Place:
    """Check signature and chain. Raises what docs/spec/mirror.md lists for them."""
    sender, key = _signer(session, delta, now)
    centre, head = sender.centre_id, delta.head
    if head.day > day_of(now):
        raise DayAhead(head.day.isoformat(), day_of(now).isoformat())
    last = last_head(session, centre)
    resumes = _resumes(session, sender, head, last)
    position = 1 if last is None else last.position + (not resumes)
    return Place(Pool(centre, Origin.MIRRORED), sender, key, position, resumes)


def _signer(session: Session, delta: DeltaFile, now: datetime) -> tuple[Sender, SenderKey]:
    """The province and its key in force that signed the head; a signature by a key that only was in force is none."""
    pool = delta.head.pool
    province = (Sender.code == pool, Sender.kind == SenderKind.PROVINCIAL_POOL)
    sender = session.scalar(select(Sender).where(*province))
    if sender is None:
        raise PoolUnknown(pool)
    known = {VerifierKey(pool, ED25519, key.public): key for key in sender.keys}
    try:
        signed = [known[key] for key, _ in verified_by(delta.note, known)]
    except Refused:
        raise HeadNotSigned from None
    if not signed:
        raise HeadNotSigned
    in_force = [key for key in signed if key.in_force(now)]
    if not in_force:
        raise MirrorKeyNotInForce
    return sender, in_force[0]


def _resumes(session: Session, sender: Sender, head: Head, last: MirrorHead | None) -> bool:
    """Whether the head continues a file that was begun; raises unless it does, or is the next one."""
    if last is None or last.ended is not None:
        _begins(session, sender, head, last)
        return False
    if last.sender_id != sender.id:
        raise OtherSource(head.pool, session.get_one(Sender, last.sender_id).code)
    expected = last.sequence + 1
    if head.sequence < expected:
        same = next((one for one in chain_heads(session, last.centre_id) if one.sequence == head.sequence), None)
        if same is None:
            raise DeltaStale(head.sequence, expected)
        if same.hash != head.hash:
            raise HeadForked(head.sequence, same.hash.hex()[:SHOWN], head.hash.hex()[:SHOWN])
        if same.completed is not None:
            raise DeltaRepeated(head.sequence, expected)
        return True
    if last.completed is None:
        raise DeltaUnfinished(last.sequence)
    if head.sequence > expected:
        raise SequenceMissing(head.sequence, expected)
    if head.previous != last.hash:
        found = "-" if head.previous is None else head.previous.hex()[:SHOWN]
        raise PreviousDiffers(head.sequence, last.sequence, last.hash.hex()[:SHOWN], found)
    _not_back(head, last.day)
    return False


def _begins(session: Session, sender: Sender, head: Head, last: MirrorHead | None) -> None:
    """A chain begins with a full file that is none of those before, and no older than they are."""
    if head.kind is not HeadKind.FULL:
        raise FullNeeded(head.sequence)
    if last is None:
        return
    if session.scalar(select(exists().where(MirrorHead.centre_id == sender.centre_id, MirrorHead.hash == head.hash))):
        raise DeltaRepeated(head.sequence, head.sequence + 1)
    _not_back(head, last.day)


def _not_back(head: Head, last: date) -> None:
    if head.day < last:
        raise DayBack(head.day.isoformat(), last.isoformat())
