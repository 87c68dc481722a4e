"""A day's sessions as the desks show them: where, when, how the draw stands, and each seat by its code.

A seat's state and code are all that is known of it here, as in the API. Reads take a number of statements that does not
grow with the number of sessions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from expertpool.draws.errors import NoSuchDraw
from expertpool.draws.lifecycle import LIVE, DrawState
from expertpool.draws.models import TAKEN, Draw, Release, Seat, SeatState, Way
from expertpool.draws.queries import visible_draw
from expertpool.identity.permissions import Caller
from expertpool.identity.queries import centres_below
from expertpool.identity.roles import Role
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import sessions_for, visible_session

MOST: Final = 200
AT_ONCE: Final = 20
"""Sessions of a list that goes on."""
AHEAD: Final = timedelta(days=120)
GLASS_TOLD: Final = timedelta(days=14)
"""For so long every desk tells that names were to be opened in an emergency."""


class Tone(StrEnum):
    """Nothing to do; it goes on by itself; somebody should look."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


_OF_SEAT: Final[Mapping[SeatState, Tone]] = {
    SeatState.CALLED: Tone.AMBER,
    SeatState.VACANT: Tone.AMBER,
    SeatState.UNFILLABLE: Tone.RED,
    **dict.fromkeys(TAKEN, Tone.GREEN),
}
_OF_DRAW: Final[Mapping[DrawState, Tone]] = {
    **dict.fromkeys(DrawState, Tone.AMBER),
    **dict.fromkeys((DrawState.FILLED, DrawState.RECONVENED, DrawState.CLOSED), Tone.GREEN),
    **dict.fromkeys((DrawState.RETURNED, DrawState.EXHAUSTED, DrawState.ABORTED, DrawState.SUSPENDED), Tone.RED),
}

_WAITS_FOR_AGENCY: Final = frozenset(
    {DrawState.DRAFT, DrawState.RETURNED, DrawState.EXHAUSTED, DrawState.ABORTED, DrawState.CANCELLED}
)


@dataclass(frozen=True, slots=True)
class SeatShown:
    """A seat by its code."""

    code: str
    state: SeatState

    @property
    def tone(self) -> Tone:
        return _OF_SEAT[self.state]

    @property
    def situation(self) -> str:
        """By which state the situation guide tells of it."""
        return f"seat-{self.state.value}"


@dataclass(frozen=True, slots=True)
class SittingShown:
    """A session with its draw, the live one or else the last; None when nobody has applied."""

    sitting: EvaluationSession
    draw: Draw | None
    seats: tuple[SeatShown, ...]

    @property
    def place(self) -> str:
        """The main site's room."""
        return self.sitting.sites[0].place if self.sitting.sites else ""

    @property
    def taken(self) -> int:
        """How many seats are taken."""
        return sum(seat.state in TAKEN for seat in self.seats)

    @property
    def tone(self) -> Tone:
        """The worst of draw and seats. A session that is off needs nobody."""
        if self.sitting.state is SessionState.CANCELLED:
            return Tone.GREEN
        own = Tone.AMBER if self.draw is None else _OF_DRAW[self.draw.state]
        return max((own, *(seat.tone for seat in self.seats)), key=list(Tone).index)

    @property
    def situation(self) -> str | None:
        """By which state the situation guide tells what to do; None where nothing is to be looked at."""
        if self.tone is Tone.GREEN:
            return None
        if self.sitting.state is SessionState.POSTPONED:
            return "session-postponed"
        if self.draw is None:
            return "draw-none"
        if _OF_DRAW[self.draw.state] is Tone.GREEN:
            return max(self.seats, key=lambda seat: list(Tone).index(seat.tone)).situation
        return f"draw-{self.draw.state.value}"


def tone_of_draw(state: DrawState) -> Tone:
    """How urgent a draw's own state is."""
    return _OF_DRAW[state]


def sittings_between(session: Session, caller: Caller, start: datetime, until: datetime) -> list[SittingShown]:
    """Whose sessions the caller may see that begin in [start, until), by time."""
    return _shown(session, sessions_for(session, caller, start, until, MOST))


def some_between(
    session: Session, caller: Caller, start: datetime, until: datetime, *, after: str | None
) -> tuple[list[SittingShown], str | None]:
    """The next few of them, those beyond ``after``; and beyond which the list goes on, None at its end.

    Raises `NotPermitted` for an ``after`` that the caller may not look at.
    """
    found = sessions_for(session, caller, start, until, AT_ONCE + 1, after=after)
    last = found[AT_ONCE - 1].id if len(found) > AT_ONCE else None
    return _shown(session, found[:AT_ONCE]), last


def waiting_for_agency(session: Session, caller: Caller, now: datetime) -> list[SittingShown]:
    """The initiator's sessions to come that wait for somebody to apply, or to apply anew, by time."""
    own = select(Draw.id).where(Draw.session_id == EvaluationSession.id)
    found = (
        select(EvaluationSession)
        .join(Project)
        .where(
            Project.initiator_id == caller.actor,
            EvaluationSession.centre_id.in_(centres_below(session, caller.centre)),
            EvaluationSession.state == SessionState.SCHEDULED,
            EvaluationSession.starts > now,
            EvaluationSession.starts < now + AHEAD,
            or_(~own.exists(), own.where(Draw.state.in_(_WAITS_FOR_AGENCY)).exists()),
        )
        .order_by(EvaluationSession.starts, EvaluationSession.id)
        .limit(MOST)
    )
    return [each for each in _shown(session, session.scalars(found).all()) if waits_for_agency(each, now)]


def referred_to(session: Session, caller: Caller) -> tuple[list[SittingShown], int]:
    """Sessions whose draw waits for a person's decision, the next few of them; and how many there are."""
    is_ours = (Draw.state == DrawState.REFERRED, Draw.centre_id.in_(centres_below(session, caller.centre)))
    found = (
        select(EvaluationSession)
        .join(Draw, Draw.session_id == EvaluationSession.id)
        .where(*is_ours)
        .order_by(EvaluationSession.starts, EvaluationSession.id)
    )
    count = session.scalars(select(func.count()).select_from(Draw).where(*is_ours)).one()
    return _shown(session, session.scalars(found.limit(AT_ONCE)).unique().all()), count


def one_referred(session: Session, caller: Caller, draw_id: str) -> SittingShown:
    """A session whose draw waits for the caller's decision. Raises `NoSuchDraw`."""
    return _one(session, visible_draw(session, caller, draw_id, "draw.approve"), DrawState.REFERRED)


def one_suspended(session: Session, caller: Caller, draw_id: str) -> SittingShown:
    """A session whose evaluation the caller may let go on. Raises `NoSuchDraw`."""
    return _one(session, visible_draw(session, caller, draw_id, "draw.reconvene"), DrawState.SUSPENDED)


def glass_of(session: Session, caller: Caller, now: datetime) -> Sequence[Row[Release, EvaluationSession]]:
    """Emergency openings asked for of late, of draws that the caller sees, with their sessions: everyone is told."""
    found = (
        select(Release, EvaluationSession)
        .join(Draw, Draw.id == Release.draw_id)
        .join(EvaluationSession, EvaluationSession.id == Draw.session_id)
        .where(Release.way == Way.BREAK_GLASS, Release.requested > now - GLASS_TOLD)
        .where(Draw.centre_id.in_(centres_below(session, caller.centre)))
        .order_by(Release.requested.desc(), Release.draw_id)
        .limit(AT_ONCE)
    )
    if caller.role is Role.INITIATOR:
        found = found.join(Project).where(Project.initiator_id == caller.actor)
    return session.execute(found).all()


def draw_of(session: Session, caller: Caller, session_id: str) -> Draw:
    """The draw of a session, as the desks show it. Raises `NotPermitted`, `NoSuchDraw`."""
    visible_session(session, caller, session_id, "draw.see")
    found = _draws(session, [session_id]).get(session_id)
    if found is None:
        raise NoSuchDraw
    return found


def returned(session: Session, session_id: str) -> Draw | None:
    """The draw of a session that was returned to the agency, to be submitted anew."""
    return session.scalar(select(Draw).where(Draw.session_id == session_id, Draw.state == DrawState.RETURNED))


def waits_for_agency(shown: SittingShown, now: datetime) -> bool:
    """Whether the agency has to do something: apply, correct, or apply for what could not be filled."""
    if shown.sitting.state is not SessionState.SCHEDULED or shown.sitting.starts <= now:
        return False
    return shown.draw is None or shown.draw.state in _WAITS_FOR_AGENCY


def by_place(shown: Iterable[SittingShown]) -> list[tuple[str, list[SittingShown]]]:
    """By room, each room's sessions by time."""
    rooms: dict[str, list[SittingShown]] = {}
    for each in shown:
        rooms.setdefault(each.place, []).append(each)
    return sorted(rooms.items())


def _one(session: Session, draw: Draw, state: DrawState) -> SittingShown:
    if draw.state is not state:
        raise NoSuchDraw
    return SittingShown(session.get_one(EvaluationSession, draw.session_id), draw, ())


def _shown(session: Session, sittings: Sequence[EvaluationSession]) -> list[SittingShown]:
    draws = _draws(session, [each.id for each in sittings])
    seats = _seats(session, [draw.id for draw in draws.values()])
    return [
        SittingShown(each, draw, seats.get(draw.id, ()) if draw else ())
        for each in sittings
        for draw in [draws.get(each.id)]
    ]


def _draws(session: Session, sitting_ids: Sequence[str]) -> dict[str, Draw]:
    """The draw of each session that is live, or else the one that was submitted last."""
    found = session.scalars(select(Draw).where(Draw.session_id.in_(sitting_ids)))
    ordered = sorted(found, key=lambda draw: (draw.state in LIVE, draw.submitted or draw.due, draw.id))
    return {draw.session_id: draw for draw in ordered}


def _seats(session: Session, draw_ids: Sequence[str]) -> dict[str, tuple[SeatShown, ...]]:
    found = session.scalars(select(Seat).where(Seat.draw_id.in_(draw_ids)).order_by(Seat.draw_id, Seat.code))
    seats: dict[str, tuple[SeatShown, ...]] = {}
    for seat in found:
        seats[seat.draw_id] = (*seats.get(seat.draw_id, ()), SeatShown(seat.code, seat.state))
    return seats
