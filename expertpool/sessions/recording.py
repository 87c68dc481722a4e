"""How a step is put on record: the day moves, the step is added, an entry says so. Nothing here asks who may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from expertpool.core.transaction import Transaction
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import errors
from expertpool.sessions.events import DayMoved, DayNoted
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import DayStep, Key, SessionDay
from expertpool.sessions.steps import StepKind
from ledger.entry import format_time

NOTICED: Final = frozenset(
    {
        StepKind.ASSEMBLED,
        StepKind.REVIEW_BEGUN,
        StepKind.BREAK_BEGUN,
        StepKind.BREAK_ENDED,
        StepKind.OVERNIGHT_BEGUN,
        StepKind.OVERNIGHT_ENDED,
        StepKind.LINE_LOST,
        StepKind.LINE_RESTORED,
        StepKind.SUSPENDED,
        StepKind.RESUMED,
        StepKind.REPORT_SIGNED,
        StepKind.CLOSED,
        StepKind.VOIDED,
    }
)
"""What anybody outside the room may notice, and the ledger shows."""


_WHO: Final = ("site", "draw_id", "seat", "vacancy", "by", "second")
_WHAT: Final = ("votes_for", "meal", "about", "corrects", "reason")


@dataclass(frozen=True, slots=True)
class Paper:
    """That a step was kept on paper: when it happened, which account entered it, which of another role signed."""

    at: datetime
    by: str
    second: str


def locked(tx: Transaction, session_id: str) -> SessionDay:
    """The day of a session, locked for the rest of the transaction. Raises `NoSuchDay`, `PlanChanged`."""
    day = tx.session.get(SessionDay, session_id, with_for_update=True)
    if day is None:
        raise errors.NoSuchDay
    if tx.session.get_one(EvaluationSession, session_id).state is not SessionState.SCHEDULED:
        raise errors.PlanChanged
    return day


def take(
    tx: Transaction,
    day: SessionDay,
    verb: DayVerb,
    kind: StepKind,
    *,
    who: Key | None = None,
    by: str | None = None,
    paper: Paper | None = None,
    at: datetime | None = None,
    second: str | None = None,
    **said: Any,
) -> DayStep:
    """Add a step, if the day's state allows the verb. ``said`` are other columns of the step. Raises `WrongStep`.

    ``at`` is when it happened where that is not now: for what follows by rule from something on paper. What is on paper
    happened in another state than the day's; whoever enters it checks the whole record (`correcting.check`).
    """
    if paper is None:
        day.move(verb)
    else:
        day.note()
    happened = paper.at if paper else at or tx.now
    step = DayStep(
        session_id=day.session_id,
        number=_next(tx, day),
        centre_id=day.centre_id,
        kind=kind,
        draw_id=who and who.draw,
        seat=who and who.seat,
        vacancy=who and who.vacancy,
        at=happened,
        noted=tx.now,
        by=paper.by if paper else by,
        late=paper is not None,
        second=paper.second if paper else second,
        **said,
    )
    tx.session.add(step)
    tx.session.flush()
    _record(tx, day, step)
    return step


def _next(tx: Transaction, day: SessionDay) -> int:
    last = select(func.max(DayStep.number)).where(DayStep.session_id == day.session_id)
    return (tx.session.scalar(last) or 0) + 1


def _record(tx: Transaction, day: SessionDay, step: DayStep) -> None:
    where: dict[str, Any] = {"session": day.session_id, "centre": day.centre_id, "number": step.number}
    details = _details(step)
    if step.kind in NOTICED and step.corrects is None:
        tx.record(DayMoved(**where, step=step.kind.value, state=day.state.value, late=step.late, details=details))
    else:
        tx.record(DayNoted(**where, step=step.kind.value, details=details))


def _details(step: DayStep) -> dict[str, Any]:
    """What is hidden: all of the step but the sealed text, to which the row's image commits."""
    said: dict[str, Any] = {"at": format_time(step.at)}
    for name in (*_WHO, *_WHAT):
        if (value := getattr(step, name)) is not None:
            said[name] = value
    return said if step.cause is None else {**said, "cause": step.cause.value}
