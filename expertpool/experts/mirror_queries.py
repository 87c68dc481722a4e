"""Named reads of what is mirrored from a province: how far, and how fresh.

Public: `mirror_head`, `mirror_fact`, `last_head`, `chain_heads`, `mirrored_centres`,
`mirrored_leaves`, `roster_now`.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.mirror_format import Commitment, roster_commitment
from expertpool.experts.models import Expert, MirroredLine, MirrorHead
from expertpool.identity.models import Centre
from policies.facts import Mirror


def mirror_head(session: Session, centre_id: str) -> MirrorHead | None:
    """The head whose roster a centre's mirrored pool now is.

    None while a file is applied in part, after a chain was ended, and where nothing was ever mirrored: then the pool is
    no roster that a province has signed, and nobody is drawn from it.
    """
    last = last_head(session, centre_id)
    return last if last is not None and last.completed is not None and last.ended is None else None


def mirror_fact(session: Session, centre_id: str, today: date) -> Mirror:
    """How fresh a centre's mirrored pool is, for the rule `shortage.mirror`; unknown refuses."""
    head = mirror_head(session, centre_id)
    return Mirror(None if head is None else head.day, today)


def mirrored_centres(session: Session) -> Sequence[Centre]:
    """The centres that have mirrored a pool, by code."""
    mirrored = select(MirrorHead.centre_id).distinct()
    return session.scalars(select(Centre).where(Centre.id.in_(mirrored)).order_by(Centre.code)).all()


def last_head(session: Session, centre_id: str, *, lock: bool = False) -> MirrorHead | None:
    """The head that was accepted last, applied to its end or not; perhaps locked for the rest of the transaction."""
    heads = select(MirrorHead).where(MirrorHead.centre_id == centre_id).order_by(MirrorHead.position.desc()).limit(1)
    return session.scalar(heads.with_for_update() if lock else heads)


def chain_heads(session: Session, centre_id: str) -> Sequence[MirrorHead]:
    """The heads of the present chain, the first one first; none after it was ended."""
    heads = select(MirrorHead).where(MirrorHead.centre_id == centre_id)
    ended = select(func.max(MirrorHead.position)).where(
        MirrorHead.centre_id == centre_id, MirrorHead.ended.is_not(None)
    )
    begins = session.scalar(ended) or 0
    return session.scalars(heads.where(MirrorHead.position > begins).order_by(MirrorHead.position)).all()


def mirrored_leaves(session: Session, pool: Pool) -> dict[str, bytes]:
    """Expert -> leaf of the province's line that they were taken from, for everyone on a mirrored roster."""
    lines = select(MirroredLine.expert_id, MirroredLine.leaf).join(Expert, Expert.id == MirroredLine.expert_id)
    found = session.execute(lines.where(Expert.centre_id == pool.centre_id, Expert.origin == pool.origin))
    return dict(iter(found))


def roster_now(session: Session, centre_id: str) -> Commitment:
    """What a centre's mirrored roster is at present, in the form in which a head names it."""
    return roster_commitment(mirrored_leaves(session, Pool(centre_id, Origin.MIRRORED)).values())
