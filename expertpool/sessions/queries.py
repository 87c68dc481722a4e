"""Named reads of the day. Nothing here opens what is sealed, and nothing here knows a name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.draws.events import DrawRefilled
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.queries import acts_of, seats_of
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import target_of
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import target_of_project
from expertpool.sessions import timeline
from expertpool.sessions.errors import NoSuchDay
from expertpool.sessions.models import DayStep, EntryState, Key, Member, OutcomeEntry, PaperSheet, SessionDay
from expertpool.sessions.standing import Standing, standing
from expertpool.sessions.timeline import Moment
from policies.fee_clock import Clock, Pause, Presence, SeatKey

SEATING: Final = (
    DrawState.FILLING,
    DrawState.FILLED,
    DrawState.EXHAUSTED,
    DrawState.SUSPENDED,
    DrawState.RECONVENED,
    DrawState.CLOSED,
)


def day_of(session: Session, session_id: str) -> SessionDay | None:
    """The day of a session; None before anybody came."""
    return session.get(SessionDay, session_id)


def days_of(session: Session, session_ids: Sequence[str]) -> dict[str, SessionDay]:
    """The days of several sessions, by session; those that have begun."""
    found = session.scalars(select(SessionDay).where(SessionDay.session_id.in_(session_ids)))
    return {day.session_id: day for day in found}


def steps_of(session: Session, session_id: str) -> Sequence[DayStep]:
    """The steps of a day, by number."""
    return session.scalars(select(DayStep).where(DayStep.session_id == session_id).order_by(DayStep.number)).all()


def members_of(session: Session, session_id: str) -> Sequence[Member]:
    """Everyone who signed in, by seat; those who left too."""
    found = select(Member).where(Member.session_id == session_id)
    return session.scalars(found.order_by(Member.draw_id, Member.seat, Member.vacancy)).all()


def standing_of(session: Session, session_id: str) -> Standing:
    """How a day stands."""
    return standing(steps_of(session, session_id))


def draws_seating(session: Session, session_id: str) -> Sequence[Draw]:
    """The draws whose seats make up the committee, the first before a supplementary one."""
    found = select(Draw).where(Draw.session_id == session_id, Draw.state.in_(SEATING))
    return session.scalars(found.order_by(Draw.supplementary, Draw.id)).all()


def seat_now(session: Session, session_id: str, code: str) -> Key | None:
    """A seat of the committee by its code, in the vacancy that it is in now; None for one that there is not."""
    found = (seat for draw in draws_seating(session, session_id) for seat in seats_of(session, draw.id))
    return next((Key(each.draw_id, each.code, each.vacancy) for each in found if each.code == code), None)


def clock_of(session: Session, session_id: str, now: datetime) -> Clock:
    """The fee clock of a day. While somebody has not finished, it runs until ``now``. Raises `NoSuchDay`.

    Whoever was drawn before the assembly counts from it; whoever came for somebody else, from signing in.
    """
    day = day_of(session, session_id)
    if day is None:
        raise NoSuchDay
    seen = standing_of(session, session_id)
    end = seen.finished or now
    pauses = tuple(Pause(each.why, each.begun, each.ended or end) for each in seen.pauses)
    assembly = session.get_one(EvaluationSession, session_id).starts
    seats: dict[SeatKey, Presence] = {
        key: Presence(None if drawn_before(session, key, assembly) else each.signed_in, each.left)
        for key, each in seen.sitters.items()
    }
    return Clock(assembly, end, pauses, seats)


def drawn_before(session: Session, key: Key, moment: datetime) -> bool:
    """Whether who sits there was drawn before a moment: with the committee, or for somebody who fell out early."""
    if key.vacancy == 0:
        return True
    refilled = (entry for entry in acts_of(session, key.draw, DrawRefilled.kind) if entry.body["seat"] == key.seat)
    drawn = (entry.time for entry in refilled if entry.body["vacancy"] == key.vacancy)
    return any(datetime.fromisoformat(time) < moment for time in drawn)


def proposal(session: Session, day: SessionDay) -> tuple[Moment, ...]:
    """The timeline that the system proposes for a clerk to confirm; a moment without a number is by the plan."""
    return timeline.proposed(timeline.read(day.planned), steps_of(session, day.session_id))


def sheets_of(session: Session, session_id: str) -> Sequence[PaperSheet]:
    """What was entered from paper, in the order of entering."""
    found = select(PaperSheet).where(PaperSheet.session_id == session_id)
    return session.scalars(found.order_by(PaperSheet.entered, PaperSheet.id)).all()


def outcomes_of(session: Session, project_id: str) -> Sequence[OutcomeEntry]:
    """Milestones that were entered for a project, in the order of entering."""
    found = select(OutcomeEntry).where(OutcomeEntry.project_id == project_id)
    return session.scalars(found.order_by(OutcomeEntry.entered, OutcomeEntry.id)).all()


def outcomes_waiting(session: Session, project_id: str) -> Sequence[OutcomeEntry]:
    """Those of them that wait for the supervisor."""
    return [each for each in outcomes_of(session, project_id) if each.state is EntryState.ENTERED]


def target_of_site(session: Session, sitting: EvaluationSession, position: int) -> Target | None:
    """A site as the permission table sees it: it belongs to whom it is, else to the session's centre.

    None for a site that the session does not have.
    """
    site = next((each for each in sitting.sites if each.position == position), None)
    if site is None:
        return None
    owner = target_of(session, session.get_one(Centre, site.site_id or sitting.centre_id))
    return Target(owner.lineage, session.get_one(Project, sitting.project_id).initiator_id)


def visible_sitting(session: Session, caller: Caller, session_id: str, verb: str = "day.see") -> EvaluationSession:
    """A session whose day the caller may look at: from its centre, or from any of its sites. Raises `NoSuchDay`."""
    sitting = session.get(EvaluationSession, session_id)
    if sitting is None:
        raise NoSuchDay
    targets = [target_of_project(session, sitting.project)]
    targets += [target for each in sitting.sites if (target := target_of_site(session, sitting, each.position))]
    if not any(may(caller, verb, target) for target in targets):
        raise NoSuchDay
    return sitting


def visible_day(session: Session, caller: Caller, session_id: str) -> SessionDay:
    """A day that the caller may look at. Raises `NoSuchDay`, also before it has begun."""
    visible_sitting(session, caller, session_id)
    day = day_of(session, session_id)
    if day is None:
        raise NoSuchDay
    return day


def member(session: Session, session_id: str, key: Key) -> Member | None:
    """Whoever signed in for a seat."""
    return session.get(Member, (session_id, *key))
