"""A session's day as its desk shows it, by seat code: the picture, what it waits for, what is on record.

Reads only, and from the rows that the room itself makes: nothing here follows from who somebody is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from expertpool.draws.models import SeatState
from expertpool.draws.queries import request_of
from expertpool.identity.permissions import Caller, may
from expertpool.identity.roles import Role
from expertpool.invitations.arriving import SIGN_IN
from expertpool.invitations.rules import door
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from expertpool.projects.terms import Words
from expertpool.sessions import desk_picture as drawing
from expertpool.sessions import desk_words as words
from expertpool.sessions import queries, timeline
from expertpool.sessions.desk_seats import Seats, SeatShown
from expertpool.sessions.lifecycle import STATE_WORDS, DayState
from expertpool.sessions.models import DayStep, SessionDay
from expertpool.sessions.picture import Axis, Bar, Pin
from expertpool.sessions.recording import NOTICED
from expertpool.sessions.rules import DayRules
from expertpool.sessions.showing import SECRET
from expertpool.sessions.standing import Standing, effective, standing
from expertpool.sessions.steps import CAUSE_WORDS, STEPS_WORDS, StepKind
from expertpool.sessions.waiting import meal_is_due, waits_for

OVER: Final = (DayState.CLOSED, DayState.VOID)


class StepShown(NamedTuple):
    """One step on record: when, what, which seat and site, how it came there. ``routine``: each member does it."""

    number: int
    kind: StepKind
    at: datetime
    noted: datetime
    words: Words
    cause: Words | None
    seat: str | None
    site: int | None
    by: Words
    tone: str
    late: bool
    corrected: bool
    routine: bool


class SiteShown(NamedTuple):
    """A site: how many of its seats are present; ``mine``: the reader sits at its desk."""

    position: int
    place: str
    present: int
    expected: int
    lost: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class DayShown:
    """A session's day. ``day`` is None before anybody came; ``now_at`` is where the present stands on the picture."""

    sitting: EvaluationSession
    day: SessionDay | None
    standing: Standing
    waits: words.Waits
    axis: Axis
    planned: Sequence[Bar]
    actual: Sequence[Bar]
    pins: Sequence[Pin]
    now_at: float | None
    seats: Sequence[SeatShown]
    sites: Sequence[SiteShown]
    steps: Sequence[StepShown]
    meal_due: bool

    @property
    def state(self) -> DayState | None:
        return None if self.day is None else self.day.state

    @property
    def revision(self) -> int:
        return 0 if self.day is None else self.day.revision

    @property
    def words(self) -> Words:
        return words.NOT_BEGUN if self.day is None else STATE_WORDS[self.day.state]

    @property
    def alive(self) -> bool:
        """Whether something may still happen by itself."""
        return self.state not in OVER

    @property
    def nights(self) -> bool:
        """Whether it takes more than one day."""
        return len(self.axis.pieces) > 1

    @property
    def awaited(self) -> Sequence[SeatShown]:
        """Who accepted and is not here yet."""
        return [each for each in self.seats if each.words is words.SEATS[SeatState.ACCEPTED][0]]

    @property
    def present(self) -> int:
        return sum(each.present for each in self.sites)

    @property
    def expected(self) -> int:
        return sum(each.expected for each in self.sites)


def shown(session: Session, caller: Caller, session_id: str, now: datetime) -> DayShown:
    """The day of a session that the caller may look at. Raises `NoSuchDay`."""
    sitting = queries.visible_sitting(session, caller, session_id)
    day, steps = queries.day_of(session, session_id), queries.steps_of(session, session_id)
    draws = queries.draws_seating(session, session_id)
    stands = standing(steps)
    over = day is not None and day.state in OVER
    until = drawing.until_of(steps, now, over=over)
    opens = sitting.starts - (door(request_of(draws[0])).opens if draws else timedelta(hours=1))
    rules = DayRules.of(request_of(draws[0])) if draws else None
    planned = timeline.read(day.planned) if day else timeline.plan(sitting, rules) if rules else ()
    axis = drawing.axis_of(planned, opens, stands, max(until, opens))
    seats = Seats(draws, steps, stands, axis, until).shown(session)
    actual = [*drawing.actual_bars(axis, day.opened, stands, until)] if day else []
    held = sitting.state is SessionState.SCHEDULED
    meal_due = rules is not None and meal_is_due(day, stands, rules, now)
    behind = rules is not None and rules.behind(sitting.starts, now)
    return DayShown(
        sitting=sitting,
        day=day,
        standing=stands,
        waits=waits_for(
            day, stands, seats, sitting, now, held=held, seated=bool(draws), meal_due=meal_due, behind=behind
        ),
        axis=axis,
        planned=drawing.planned_bars(axis, planned, opens),
        actual=[*actual, *drawing.line_bars(axis, steps, until)],
        pins=drawing.day_pins(axis, steps),
        now_at=None if over or not opens <= now <= axis.pieces[-1].until else axis.at(now),
        seats=seats,
        sites=[
            SiteShown(
                each.position,
                each.place,
                present=sum(sitter.site == each.position for sitter in stands.present),
                expected=sum(seat.site == each.position and not seat.gone for seat in seats),
                lost=each.position in stands.lines_down,
                mine=_may_sign_in(session, caller, sitting, each.position),
            )
            for each in sitting.sites
        ],
        steps=_record(steps, caller),
        meal_due=meal_due,
    )


def _may_sign_in(session: Session, caller: Caller, sitting: EvaluationSession, position: int) -> bool:
    target = queries.target_of_site(session, sitting, position)
    return target is not None and may(caller, SIGN_IN, target)


_ROUTINE: Final = frozenset(
    {
        StepKind.SIGNED_IN,
        StepKind.DISCIPLINE_READ,
        StepKind.BIDDERS_SHOWN,
        StepKind.DECLARED,
        StepKind.CHAIR_VOTED,
        StepKind.TIME_VOTE,
        StepKind.REPORT_SIGNED_BY,
    }
)
_BY_RULE: Final = frozenset(
    {
        StepKind.ASSEMBLED,
        StepKind.CHAIR_ELECTED,
        StepKind.REVIEW_BEGUN,
        StepKind.MEMBER_LOST,
        StepKind.MEMBER_REPLACED,
        StepKind.TIME_EXTENDED,
        StepKind.REPORT_SIGNED,
        StepKind.VOIDED,
    }
)
_TONES: Final = {
    StepKind.MEMBER_LOST: "red",
    StepKind.LINE_LOST: "red",
    StepKind.SUSPENDED: "red",
    StepKind.VOIDED: "red",
    StepKind.MEMBER_REPLACED: "amber",
    StepKind.DISSENT: "amber",
    StepKind.SIGN_REFUSED: "amber",
    StepKind.TIME_EXTENDED: "amber",
    StepKind.REVIEW_BEGUN: "green",
    StepKind.REPORT_SIGNED: "green",
    StepKind.CLOSED: "green",
}


def _record(steps: Sequence[DayStep], caller: Caller) -> list[StepShown]:
    """The newest first; to the agency what anybody outside the room may notice."""
    told = [(each, at) for each, at in effective(steps) if caller.role is not Role.INITIATOR or each.kind in NOTICED]
    return [_step(each, at, steps) for each, at in reversed(told)]


def _step(step: DayStep, at: datetime, steps: Sequence[DayStep]) -> StepShown:
    return StepShown(
        number=step.number,
        kind=step.kind,
        at=at,
        noted=step.noted,
        words=STEPS_WORDS[step.kind],
        cause=CAUSE_WORDS[step.cause] if step.cause else None,
        seat=None if step.kind in SECRET else step.seat,
        site=None if step.kind in SECRET else step.site,
        by=_by(step),
        tone=_TONES.get(step.kind, ""),
        late=step.late,
        corrected=any(each.corrects == step.number for each in steps),
        routine=step.kind in _ROUTINE,
    )


def _by(step: DayStep) -> Words:
    if step.late:
        return words.BY_PAPER
    if step.by is not None:
        return words.BY_CLERK
    if step.kind is StepKind.SIGNED_IN:
        return words.AT_DESK
    return words.BY_RULE if step.kind in _BY_RULE else words.AT_TERMINAL
