"""What follows by rule from what has just happened: nobody presses a button for it."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.models import Draw, SeatState
from expertpool.draws.queries import request_of, seats_of
from expertpool.projects.queries import milestone
from expertpool.projects.terms import MilestoneKind
from expertpool.sessions.lifecycle import DayState, DayVerb
from expertpool.sessions.models import Key, SessionDay
from expertpool.sessions.queries import draws_seating, standing_of, steps_of
from expertpool.sessions.recording import take
from expertpool.sessions.rules import DayRules
from expertpool.sessions.standing import Standing, effective
from expertpool.sessions.steps import StepKind

ELECTING: Final = (DayState.ASSEMBLING, DayState.REVIEWING, DayState.BREAK)
"""In these a chair is elected: at first, and in the place of one who was lost."""


def after(tx: Transaction, day: SessionDay, at: datetime) -> None:
    """Take the steps that are due: the chair is elected, the review begins, time is extended, the report counts."""
    rules, committee = rules_of(tx.session, day.session_id), committee_of(tx.session, day.session_id)
    now = standing_of(tx.session, day.session_id)
    if day.state in ELECTING and (chosen := _chosen(now, rules, len(committee))):
        take(tx, day, DayVerb.ELECT, StepKind.CHAIR_ELECTED, who=chosen, at=at)
        now = standing_of(tx.session, day.session_id)
    if day.state is DayState.ASSEMBLING and now.chair and all_declared(now, committee):
        take(tx, day, DayVerb.BEGIN_REVIEW, StepKind.REVIEW_BEGUN, at=at)
    votes = sum(each.asks_time for each in now.present)
    if day.state is DayState.REVIEWING and votes and rules.extends(len(committee), votes):
        take(tx, day, DayVerb.EXTEND, StepKind.TIME_EXTENDED, at=at)
    stated = milestone(tx.session, MilestoneKind.REPORT_SIGNED, day.session_id)
    if day.state is DayState.REVIEWING and stated is not None and complete(now, committee):
        latest = max(happened for _, happened in effective(steps_of(tx.session, day.session_id)))
        take(tx, day, DayVerb.REPORT, StepKind.REPORT_SIGNED, at=max(at, latest))


def report_stated(tx: Transaction, session_id: str) -> None:
    """The report of a session was stated: its day, where it has one, may be at an end."""
    day = tx.session.get(SessionDay, session_id, with_for_update=True)
    if day is not None and day.state is DayState.REVIEWING:
        after(tx, day, tx.now)


def complete(now: Standing, committee: frozenset[Key]) -> bool:
    """Whether a report may count: every seat is taken, all signed or refused, nobody owes a redo, no line is down."""
    return now.finished is not None and not now.owing and not now.lines_down and all_declared(now, committee)


def committee_of(session: Session, session_id: str) -> frozenset[Key]:
    """The seats that make up the committee, whoever is there for them.

    One that could not be filled is among those of the supplementary draw, where there is one.
    """
    draws = draws_seating(session, session_id)
    supplemented = any(draw.supplementary for draw in draws)
    return frozenset(
        Key(draw.id, seat.code, seat.vacancy)
        for draw in draws
        for seat in seats_of(session, draw.id)
        if not (seat.state is SeatState.UNFILLABLE and supplemented and not draw.supplementary)
    )


def rules_of(session: Session, session_id: str) -> DayRules:
    """The rules by which the session's committee was drawn, whatever became of the draw."""
    drawn = select(Draw).where(Draw.session_id == session_id).order_by(Draw.supplementary, Draw.id)
    return DayRules.of(request_of(session.scalars(drawn.limit(1)).one()))


def all_declared(now: Standing, committee: frozenset[Key]) -> bool:
    """Whether every seat has somebody present who has declared."""
    return bool(committee) and committee <= {each.key for each in now.present if each.declared}


def _chosen(now: Standing, rules: DayRules, members: int) -> Key | None:
    """Whom the votes choose, where there is no chair."""
    if now.chair is not None or now.leading is None:
        return None
    key, votes = now.leading
    return key if rules.chosen(members, votes) else None
