"""Who asks that names be opened, to whom, and whether that is due: the rulebook's `service.release` decides.

What is asked for is only recorded here; the vault then has the key holders open it (``draws.opening``).
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws import errors, rules
from expertpool.draws.events import DrawClosed, ReleaseRequested
from expertpool.draws.models import TAKEN, Draw, Release, ReleasedKey, ReleaseState, SealedRecord, Way
from expertpool.draws.parts import VAULT
from expertpool.draws.queries import Intended, entries_of, intended, request_of, seats_of, sitting_of, target_of_draw
from expertpool.identity.permissions import Caller, may
from expertpool.projects.queries import milestones_of
from expertpool.projects.terms import MilestoneKind
from expertpool.protocol.release import REQUESTS, Released, make_package
from expertpool.sealing.models import RecipientKey
from expertpool.sealing.recipients import ARCHIVE, BANK, BREAK_GLASS
from ledger.entry import Entry
from policies.facts import Audience, day_of

WORDS = {
    MilestoneKind.REPORT_SIGNED: "report_signed",
    MilestoneKind.AWARD_FIXED: "award_fixed",
    MilestoneKind.NOTICE_PUBLISHED: "notice_published",
}
"""What the rulebook calls them."""


class Handed(NamedTuple):
    """A release with the index of its entry."""

    release: Release
    entry: Entry


def permission(audience: str) -> str:
    """The verb of those who may ask for an audience's release and download it; of some audiences nobody has it."""
    return f"release.{audience}"


def ask(tx: Transaction, draw: Draw, key: RecipientKey, *, reason: str) -> Release:
    """Request that the names be opened to a recipient, once the rulebook allows it.

    Raises `NothingToRelease`, `ReleaseTooEarly`, `ReleaseNotRuled`, `ReleasedAlready`.
    """
    fixed, seats = to_release(tx.session, draw)
    grounds = _grounds(tx, draw, key.audience)
    release = filed(tx, draw, key, Way.DUE, reason=reason)
    tx.record(
        ReleaseRequested(
            draw=draw.id,
            intent=fixed.entry.index,
            audience=key.audience,
            recipient=key.public.hex(),
            seats=seats,
            grounds=grounds,
            reason=reason,
        )
    )
    return release


def to_release(session: Session, draw: Draw) -> tuple[Intended, list[str]]:
    """The intent of a draw and the seats that are taken. Raises `NothingToRelease`."""
    fixed = intended(session, draw.id)
    seats = [seat.code for seat in seats_of(session, draw.id) if seat.state in TAKEN]
    if fixed is None or not seats:
        raise errors.NothingToRelease
    return fixed, seats


def filed(
    tx: Transaction, draw: Draw, key: RecipientKey, way: Way, *, reason: str, signed: str | None = None
) -> Release:
    """Note that names are to be opened to a key; whoever files it records the event. Raises `ReleasedAlready`.

    A key is served once, unless nobody answered; what is ordered is for the seats that the order names.
    """
    earlier = releases_of(tx.session, draw.id)
    same = [each for each in earlier if each.recipient_id == key.id and each.way is way is not Way.ORDERED]
    if any(each.state is not ReleaseState.UNANSWERED for each in same):
        raise errors.ReleasedAlready
    release = Release(
        draw_id=draw.id,
        number=len(earlier) + 1,
        recipient_id=key.id,
        audience=key.audience,
        way=way,
        asked_by=None if tx.actor == VAULT else tx.actor,
        reason=reason,
        signed=signed,
        state=ReleaseState.REQUESTED,
        requested=tx.now,
    )
    tx.session.add(release)
    draw.move()
    return release


def releases_of(session: Session, draw_id: str) -> list[Release]:
    """The releases of a draw by number."""
    return list(session.scalars(select(Release).where(Release.draw_id == draw_id).order_by(Release.number)))


def handed(session: Session, draw_id: str, number: int) -> Handed | None:
    """A release of a draw with the entry that requested it."""
    release = session.get(Release, (draw_id, number))
    if release is None:
        return None
    requests = [entry for entry in entries_of(session, draw_id) if entry.kind in REQUESTS]
    return Handed(release, requests[number - 1])


def package(session: Session, caller: Caller, draw_id: str, number: int) -> bytes:
    """What the recipient downloads and opens on a machine of its own. Raises `NoSuchRelease`, `ReleaseNotReady`.

    The released keys are sealed to the recipient: whoever else reads this learns nothing.
    """
    draw, found = session.get(Draw, draw_id), handed(session, draw_id, number)
    if draw is None or found is None:
        raise errors.NoSuchRelease
    release, entry = found
    if not may(caller, permission(release.audience), target_of_draw(session, draw)):
        raise errors.NoSuchRelease
    if release.state is not ReleaseState.RELEASED:
        raise errors.ReleaseNotReady
    keys = session.scalars(
        select(ReleasedKey)
        .where(ReleasedKey.draw_id == draw_id, ReleasedKey.number == number)
        .order_by(ReleasedKey.seat)
    )
    recipient = session.get_one(RecipientKey, release.recipient_id)
    seats = [
        Released(key.seat, session.get_one(SealedRecord, (draw_id, key.seat, key.vacancy)).envelope, key.sealed)
        for key in keys
    ]
    return make_package(draw_id, entry.index, release.audience, recipient.public, seats)


def _grounds(tx: Transaction, draw: Draw, audience: str) -> list[int]:
    """The entries of what the session has reached. Raises `ReleaseTooEarly`, `ReleaseNotRuled`."""
    if audience in (ARCHIVE, BREAK_GLASS, BANK):
        raise errors.ReleaseNotRuled
    reached = milestones_of(tx.session, sitting_of(tx.session, draw))
    events = {WORDS[kind]: stated.at for kind, stated in reached.items()}
    for entry in entries_of(tx.session, draw.id):
        if entry.kind == DrawClosed.kind:
            events["closed"] = datetime.fromisoformat(entry.time)
    request = request_of(draw)
    book = rules.rulebook(request.rulebook, day_of(tx.now))
    decision = rules.on_release(book, request.regime, Audience(audience), tx.now, events)
    if decision is None:
        raise errors.ReleaseNotRuled
    if against := rules.standing_against(decision):
        raise errors.too_early(against)
    return sorted(index for stated in reached.values() for index in stated.entries)
