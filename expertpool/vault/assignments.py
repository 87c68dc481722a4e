"""An expert's own past assignments, by identity: only of draws that are closed, and found by reading all of those.

Before that an invitation is opened by its own code alone. Whatever is read is the same whoever asks. Once the archive
has the names the vault's copies are gone (``draws.archiving``), and this list no longer has the draw.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.draws import rules
from expertpool.draws.events import DrawClosed
from expertpool.draws.following import called_for
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import TAKEN, Draw
from expertpool.draws.parts import Parts
from expertpool.draws.queries import entries_of, request_of, seats_of
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import milestones_of
from expertpool.protocol.request import DrawRequest
from ledger.entry import format_time
from policies.facts import Audience, day_of

MOST: Final = 24
"""The newest: what fits into one answer."""


def assignments(session: Session, parts: Parts, experts: Collection[str], now: datetime) -> list[dict[str, Any]]:
    """The seats that these experts took in closed draws, the newest first."""
    found = []
    for draw in session.scalars(select(Draw).where(Draw.state == DrawState.CLOSED).order_by(Draw.id)):
        everyone = occupants(session, parts.keys, draw.id)
        request = replace(request_of(draw), starts=called_for(session, draw))
        released = _is_released(session, draw, request, now)
        project = session.get_one(Project, draw.project_id)
        for seat in seats_of(session, draw.id):
            member = everyone.get((seat.code, seat.vacancy))  # none once the archive has the names
            own = member is not None and member.expert in experts and seat.state in TAKEN
            if own and released:
                found.append((request.starts, _shown(request, seat.line, seat.code, project)))
    return [shown for _, shown in sorted(found, key=lambda each: each[0], reverse=True)[:MOST]]


def _is_released(session: Session, draw: Draw, request: DrawRequest, now: datetime) -> bool:
    """Whether the rulebook opens assignments to the expert, too. A book without the rule opens nothing."""
    reached = milestones_of(session, session.get_one(EvaluationSession, draw.session_id))
    events = {kind.value.replace("-", "_"): stated.at for kind, stated in reached.items()}
    closed = [
        datetime.fromisoformat(entry.time) for entry in entries_of(session, draw.id) if entry.kind == DrawClosed.kind
    ]
    events |= dict.fromkeys(("called", "met_in_room", "closed"), max(closed))
    book = rules.rulebook(request.rulebook, day_of(now))
    decision = rules.on_release(book, request.regime, Audience.EXPERT, now, events)
    return decision is not None and not rules.standing_against(decision)


def _shown(request: DrawRequest, line: int, seat: str, project: Project) -> dict[str, Any]:
    return {
        "starts": format_time(request.starts),
        "place": request.sites[request.lines[line].site].place,
        "project": project.code,
        "title": project.title[:100],
        "seat": seat,
    }
