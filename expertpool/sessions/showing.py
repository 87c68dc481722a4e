"""What accounts see of a day: seats and times. Who voted for whom, or asked for time, no account sees."""

import json
from typing import Any, Final

from sqlalchemy.orm import Session

from expertpool.identity.roles import Role
from expertpool.sessions import timeline
from expertpool.sessions.models import DayStep, PaperSheet, SessionDay
from expertpool.sessions.queries import members_of, proposal, standing_of, steps_of
from expertpool.sessions.recording import NOTICED
from expertpool.sessions.steps import StepKind

SECRET: Final = frozenset({StepKind.CHAIR_VOTED, StepKind.TIME_VOTE, StepKind.DISSENT})
"""Of these it is shown that they happened, not by which seat."""


def day(session: Session, day: SessionDay) -> dict[str, Any]:
    """How a day stands."""
    now = standing_of(session, day.session_id)
    places = {each.key: each.place for each in members_of(session, day.session_id)}
    owing = {each.key for each in now.owing}
    members = [
        {
            "draw": each.key.draw,
            "seat": each.key.seat,
            "vacancy": each.key.vacancy,
            "site": each.site,
            "place": places[each.key],
            "chair": now.chair == each.key,
            "signed_in": each.signed_in,
            "declared": each.declared,
            "signed": each.signed,
            "refused": each.refused,
            "owes": each.key in owing,
            "left": each.left,
        }
        for _, each in sorted(now.sitters.items())
    ]
    return {
        "session_id": day.session_id,
        "state": day.state,
        "revision": day.revision,
        "opened": day.opened,
        "planned": timeline.read(day.planned),
        "proposed": proposal(session, day),
        "confirmed": None if day.confirmed is None else timeline.read(day.confirmed),
        "members": members,
        "pauses": now.pauses,
        "questions": now.questions,
        "extensions": now.extensions,
        "lines_down": sorted(now.lines_down),
    }


def steps(session: Session, session_id: str, role: Role) -> list[dict[str, Any]]:
    """The steps by number, as this role sees them."""
    shown = steps_of(session, session_id)
    return [_step(each) for each in shown if role is not Role.INITIATOR or each.kind in NOTICED]


def sheet(kept: PaperSheet) -> dict[str, Any]:
    """A paper sheet with its lines, for whoever is to sign it."""
    names = ("id", "session_id", "state", "document", "reason", "entered_by", "entered", "second", "decided")
    return {**{name: getattr(kept, name) for name in names}, "lines": json.loads(kept.lines)}


def _step(step: DayStep) -> dict[str, Any]:
    names = ("session_id", "number", "kind", "site", "at", "noted", "late", "corrects")
    shown = {name: getattr(step, name) for name in names}
    return {**shown, "seat": None if step.kind in SECRET else step.seat}
