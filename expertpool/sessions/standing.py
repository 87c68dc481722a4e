"""How a day stands, computed from its steps alone: who is there, has declared, chairs, owes a redo; whose line is down.

Pure: nothing here reads a database, so what is shown and what is enforced is one reading of the record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple

from expertpool.sessions.models import DayStep, Key
from expertpool.sessions.steps import Cause, StepKind
from policies.fee_clock import Stop


@dataclass(frozen=True, slots=True)
class Sitter:
    """A member by seat, and when they did what. ``owes``: sits for one whose conclusions are void."""

    key: Key
    site: int
    signed_in: datetime
    read: datetime | None = None
    shown: datetime | None = None
    declared: datetime | None = None
    votes_for: str | None = None
    asks_time: bool = False
    dissented: datetime | None = None
    signed: datetime | None = None
    refused: datetime | None = None
    replaces: bool = False
    owes: bool = False
    redone: datetime | None = None
    left: datetime | None = None
    cause: Cause | None = None

    @property
    def finished(self) -> bool:
        """Signed the report, or refused to: who refuses without written dissent agrees (条例 第五十三条)."""
        return self.signed is not None or self.refused is not None


class Paused(NamedTuple):
    """A time without review; ``ended`` is None while it lasts."""

    why: Stop
    begun: datetime
    ended: datetime | None


class Question(NamedTuple):
    """A question to a bidder, by the number of its step."""

    number: int
    sent: datetime
    answered: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a day stands. ``sitters`` holds everyone who ever signed in, those who left too."""

    sitters: dict[Key, Sitter] = field(default_factory=dict)
    chair: Key | None = None
    elected: datetime | None = None
    begun: datetime | None = None
    lines_down: frozenset[int] = frozenset()
    pauses: tuple[Paused, ...] = ()
    questions: tuple[Question, ...] = ()
    extensions: tuple[datetime, ...] = ()

    @property
    def present(self) -> tuple[Sitter, ...]:
        """Whoever signed in and has not left, by seat."""
        return tuple(each for _, each in sorted(self.sitters.items()) if each.left is None)

    @property
    def owing(self) -> tuple[Sitter, ...]:
        """Who sits for a member lost during the review and has not done that member's work again (条例 第四十八条)."""
        return tuple(each for each in self.present if each.owes and each.redone is None)

    @property
    def leading(self) -> tuple[Key, int] | None:
        """The present seat with most votes for the chair, and how many of those present voted for it."""
        votes = {each.key: sum(one.votes_for == each.key.seat for one in self.present) for each in self.present}
        best = max(votes, key=lambda key: votes[key], default=None)
        return None if best is None else (best, votes[best])

    @property
    def finished(self) -> datetime | None:
        """When the last one present had finished the report; None while somebody has not."""
        ends = [each.signed or each.refused for each in self.present]
        return max((end for end in ends if end), default=None) if all(ends) else None


def effective(steps: Iterable[DayStep]) -> tuple[tuple[DayStep, datetime], ...]:
    """The steps that took place, each with its time as last corrected, in the order in which they happened."""
    ordered = sorted(steps, key=lambda step: step.number)
    times = {step.corrects: step.at for step in ordered if step.corrects is not None}
    happened = [(step, times.get(step.number, step.at)) for step in ordered if step.corrects is None]
    return tuple(sorted(happened, key=lambda each: (each[1], each[0].number)))


def standing(steps: Iterable[DayStep]) -> Standing:
    """Read the record."""
    now = Standing()
    for step, at in effective(steps):
        now = _after(now, step, at)
    return now


_BEGINS: Final = {
    StepKind.BREAK_BEGUN: Stop.BREAK,
    StepKind.OVERNIGHT_BEGUN: Stop.OVERNIGHT,
    StepKind.SUSPENDED: Stop.SUSPENDED,
}
_ENDS: Final = frozenset({StepKind.BREAK_ENDED, StepKind.OVERNIGHT_ENDED, StepKind.RESUMED})


def _after(now: Standing, step: DayStep, at: datetime) -> Standing:
    """What one member did, then what it is for the day."""
    key = step.key
    if key is not None:
        before = now.sitters.get(key) or Sitter(key, step.site or 0, at)
        if step.kind is StepKind.SIGNED_IN or key in now.sitters:
            now = replace(now, sitters={**now.sitters, key: _did(before, step, at)})
    match step.kind:
        case StepKind.MEMBER_LOST:
            return _without_votes_for(replace(now, chair=None if now.chair == key else now.chair), step.seat)
        case StepKind.CHAIR_ELECTED:
            return replace(now, chair=key, elected=at)
        case StepKind.REVIEW_BEGUN:
            return replace(now, begun=at)
        case StepKind.TIME_EXTENDED:
            return _extended(now, at)
        case StepKind.LINE_LOST | StepKind.LINE_RESTORED:
            return _line(now, step)
        case StepKind.QUESTION_SENT:
            return replace(now, questions=(*now.questions, Question(step.number, at, None)))
        case StepKind.QUESTION_ANSWERED:
            return replace(now, questions=_answered(now.questions, step.about, at))
    return replace(now, pauses=_paused(now.pauses, step, at))


def _did(sitter: Sitter, step: DayStep, at: datetime) -> Sitter:
    match step.kind:
        case StepKind.DISCIPLINE_READ:
            return replace(sitter, read=at)
        case StepKind.BIDDERS_SHOWN:
            return replace(sitter, shown=at)
        case StepKind.DECLARED:
            return replace(sitter, declared=at)
        case StepKind.CHAIR_VOTED:
            return replace(sitter, votes_for=step.votes_for)
        case StepKind.TIME_VOTE:
            return replace(sitter, asks_time=True)
        case StepKind.DISSENT:
            return replace(sitter, dissented=at)
        case StepKind.REPORT_SIGNED_BY:
            return replace(sitter, signed=at)
        case StepKind.SIGN_REFUSED:
            return replace(sitter, refused=at)
    return _came_or_left(sitter, step, at)


def _came_or_left(sitter: Sitter, step: DayStep, at: datetime) -> Sitter:
    match step.kind:
        case StepKind.SIGNED_IN:
            return replace(sitter, signed_in=at)
        case StepKind.MEMBER_LOST:
            return replace(sitter, left=at, cause=step.cause)
        case StepKind.MEMBER_REPLACED:
            return replace(sitter, replaces=True, owes=step.about is not None)
        case StepKind.REDONE:
            return replace(sitter, redone=at)
    return sitter


def _without_votes_for(now: Standing, seat: str | None) -> Standing:
    """A vote was for whoever sat there, not for whoever comes next."""
    voters = {
        key: replace(each, votes_for=None if each.votes_for == seat else each.votes_for)
        for key, each in now.sitters.items()
    }
    return replace(now, sitters=voters)


def _extended(now: Standing, at: datetime) -> Standing:
    """More time was given: whoever asked may ask again."""
    asked = {key: replace(each, asks_time=False) for key, each in now.sitters.items()}
    return replace(now, sitters=asked, extensions=(*now.extensions, at))


def _line(now: Standing, step: DayStep) -> Standing:
    site = frozenset({step.site or 0})
    down = now.lines_down | site if step.kind is StepKind.LINE_LOST else now.lines_down - site
    return replace(now, lines_down=down)


def _answered(questions: Sequence[Question], number: int | None, at: datetime) -> tuple[Question, ...]:
    return tuple(each._replace(answered=at) if each.number == number else each for each in questions)


def _paused(pauses: tuple[Paused, ...], step: DayStep, at: datetime) -> tuple[Paused, ...]:
    """A suspension ends the break or the night that it falls into."""
    begins, ends = step.kind in _BEGINS, step.kind in _ENDS
    if (begins or ends) and pauses and pauses[-1].ended is None:
        pauses = (*pauses[:-1], pauses[-1]._replace(ended=at))
    if begins:
        why = Stop.MEAL if step.meal else _BEGINS[step.kind]
        pauses = (*pauses, Paused(why, at, None))
    return pauses
