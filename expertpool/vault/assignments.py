"""An expert's own past assignments, with their receipts: only of draws that are closed, found by reading all of those.

Before that an invitation is opened by its own code alone. Whatever is read is the same whoever asks. Once the archive
has the names the vault's copies are gone (``draws.archiving``), and this list no longer has the draw.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.draws import rules
from expertpool.draws.events import DrawClosed, DrawCompleted
from expertpool.draws.following import called_for
from expertpool.draws.keeping import Occupant, occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import TAKEN, Draw, Seat
from expertpool.draws.parts import Parts
from expertpool.draws.queries import entries_of, request_of, seats_of
from expertpool.invitations.desk_errors import NoReceipt
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import milestones_of
from expertpool.protocol.commitments import answer_digest
from expertpool.protocol.request import DrawRequest
from ledger.entry import Entry, format_time
from policies.facts import Audience, day_of

MOST: Final = 24
"""The newest: what fits into one answer."""


def assignments(session: Session, parts: Parts, experts: Collection[str], now: datetime) -> list[dict[str, Any]]:
    """The seats that these experts took in closed draws, the newest first."""
    found = [(own.request.starts, _shown(own)) for own in _taken(session, parts, experts, now)]
    return [shown for _, shown in sorted(found, key=lambda each: each[0], reverse=True)[:MOST]]


def receipt(
    session: Session, parts: Parts, experts: Collection[str], now: datetime, wanted: tuple[str, str]
) -> dict[str, Any]:
    """What opens the commitment to one's seat (``wanted``: draw and seat), and the entry that has it.

    Raises `NoReceipt`, for a seat of somebody else's as for one that there is not.
    """
    own = {(each.draw.id, each.seat.code): each for each in _taken(session, parts, experts, now)}.get(wanted)
    entry = None if own is None else _committing(own)
    if own is None or entry is None:
        raise NoReceipt
    member = own.member
    return {"entry": entry, "code": member.answer_code, "salt": member.answer_salt, "leaf": member.leaf}


class _Own(NamedTuple):
    """A seat that somebody took, with what was read of its draw."""

    draw: Draw
    project: Project
    entries: Sequence[Entry]
    request: DrawRequest
    seat: Seat
    member: Occupant


def _taken(session: Session, parts: Parts, experts: Collection[str], now: datetime) -> Iterator[_Own]:
    for draw in session.scalars(select(Draw).where(Draw.state == DrawState.CLOSED).order_by(Draw.id)):
        everyone = occupants(session, parts.keys, draw.id)
        request = replace(request_of(draw), starts=called_for(session, draw))
        project, entries = session.get_one(Project, draw.project_id), entries_of(session, draw.id)
        released = _is_released(session, draw, request, entries, now)
        for seat in seats_of(session, draw.id):
            member = everyone.get((seat.code, seat.vacancy))  # none once the archive has the names
            own = member is not None and member.expert in experts and seat.state in TAKEN
            if own and released and member is not None:
                yield _Own(draw, project, entries, request, seat, member)


def _committing(own: _Own) -> int | None:
    """The entry that commits to the code with which the member answered."""
    digest = answer_digest(bytes.fromhex(own.member.answer_salt), own.member.answer_code).hex()
    for entry in own.entries:
        drawn = entry.body["seats"] if entry.kind == DrawCompleted.kind else [entry.body]
        if any(each.get("seat") == own.seat.code and each.get("answer") == digest for each in drawn):
            return entry.index
    return None


def _is_released(session: Session, draw: Draw, request: DrawRequest, entries: Sequence[Entry], now: datetime) -> bool:
    """Whether the rulebook opens assignments to the expert, too. A book without the rule opens nothing."""
    reached = milestones_of(session, session.get_one(EvaluationSession, draw.session_id))
    events = {kind.value.replace("-", "_"): stated.at for kind, stated in reached.items()}
    closed = [datetime.fromisoformat(entry.time) for entry in entries if entry.kind == DrawClosed.kind]
    events |= dict.fromkeys(("called", "met_in_room", "closed"), max(closed))
    book = rules.rulebook(request.rulebook, day_of(now))
    decision = rules.on_release(book, request.regime, Audience.EXPERT, now, events)
    return decision is not None and not rules.standing_against(decision)


def _shown(own: _Own) -> dict[str, Any]:
    request, project = own.request, own.project
    return {
        "starts": format_time(request.starts),
        "place": request.sites[request.lines[own.seat.line].site].place,
        "project": project.code,
        "title": project.title[:100],
        "seat": own.seat.code,
        "draw": own.draw.id,
    }
