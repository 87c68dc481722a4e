"""What becomes of the names of a closed draw: they go to the archive's key, then the vault's own copies are destroyed.

The archive's key is a recipient's, its private half offline with whoever keeps the archive. The key holders open to it
as to any audience, so history is read with that key alone though all of them lost theirs; the vault opens nothing.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.errors import NothingToRelease
from expertpool.draws.events import ReleaseRequested
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Release, ReleaseState, Way, WorkingCopy
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import sitting_of, target_of_draw
from expertpool.draws.releasing import filed, releases_of, to_release
from expertpool.projects.queries import milestones_of
from expertpool.projects.terms import MilestoneKind
from expertpool.sealing.models import RecipientKey
from expertpool.sealing.recipients import ARCHIVE, key_in_force

RETRY: Final = timedelta(hours=12)
"""After what time it is asked again where no set of key holders answered."""
REASON: Final = "归档"
_ARCHIVE_KEY: Final = (
    select(RecipientKey.id)
    .where(RecipientKey.audience == ARCHIVE, RecipientKey.approved.is_not(None), RecipientKey.retired.is_(None))
    .limit(1)
)


def pending(session: Session) -> list[str]:
    """Closed draws of which the vault still has working copies; none where no archive is registered."""
    return unarchived(session) if has_archive(session) else []


def unarchived(session: Session) -> list[str]:
    """Closed draws of which the vault still has working copies."""
    copies = select(WorkingCopy.draw_id).join(Draw, Draw.id == WorkingCopy.draw_id)
    return sorted(set(session.scalars(copies.where(Draw.state == DrawState.CLOSED))))


def has_archive(session: Session) -> bool:
    """Whether any centre has an archive's key in force."""
    return session.scalars(_ARCHIVE_KEY).first() is not None


def archive(parts: Parts, draw_id: str) -> bool:
    """Have a closed draw's names opened to the archive, and once that is done destroy the vault's copies.

    Returns whether anything was done.
    """
    settling = timedelta(hours=parts.settings.settling_hours)
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        if draw.state is not DrawState.CLOSED:
            return False
        asked = [each for each in releases_of(tx.session, draw_id) if each.audience == ARCHIVE]
        if any(each.state is ReleaseState.RELEASED for each in asked):
            _destroy(tx, draw_id)
            return True
        if asked and not _is_to_be_asked_again(tx, asked[-1]):
            return False
        key = key_in_force(tx.session, ARCHIVE, target_of_draw(tx.session, draw).lineage, tx.now, settling)
        if key is None:
            return False
        _ask(tx, draw, key)
    return True


def _is_to_be_asked_again(tx: Transaction, last: Release) -> bool:
    return last.state is ReleaseState.UNANSWERED and last.requested + RETRY <= tx.now


def _ask(tx: Transaction, draw: Draw, key: RecipientKey) -> None:
    """Request the opening, on the ground that the report is signed. Where nobody sat there is nothing to keep."""
    try:
        fixed, seats = to_release(tx.session, draw)
    except NothingToRelease:
        _destroy(tx, draw.id)
        return
    reached = milestones_of(tx.session, sitting_of(tx.session, draw))
    filed(tx, draw, key, Way.DUE, reason=REASON)
    tx.record(
        ReleaseRequested(
            draw=draw.id,
            intent=fixed.entry.index,
            audience=ARCHIVE,
            recipient=key.public.hex(),
            seats=seats,
            grounds=list(reached[MilestoneKind.REPORT_SIGNED].entries),
            reason=REASON,
        )
    )


def _destroy(tx: Transaction, draw_id: str) -> None:
    """Who sat is computed again from the contributions where it has to be (``draws.searching``)."""
    tx.session.execute(delete(WorkingCopy).where(WorkingCopy.draw_id == draw_id))
    crash_point("release.copies-destroyed")
