"""Corrections: the true time of a step, as a step of its own. What was recorded stays as it was recorded."""

from collections import defaultdict
from datetime import datetime
from typing import Final

from expertpool.core.transaction import Transaction
from expertpool.draws.queries import request_of
from expertpool.invitations.rules import door
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import errors
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import DayStep, SessionDay
from expertpool.sessions.queries import draws_seating, steps_of
from expertpool.sessions.recording import take
from expertpool.sessions.standing import effective
from expertpool.sessions.steps import StepKind

WHOLE: Final = frozenset(
    {
        StepKind.ASSEMBLED,
        StepKind.REVIEW_BEGUN,
        StepKind.BREAK_BEGUN,
        StepKind.BREAK_ENDED,
        StepKind.OVERNIGHT_BEGUN,
        StepKind.OVERNIGHT_ENDED,
        StepKind.SUSPENDED,
        StepKind.RESUMED,
        StepKind.REPORT_SIGNED,
    }
)
"""What the whole committee does: these keep their order."""


def correct(
    tx: Transaction,
    day: SessionDay,
    number: int,
    at: datetime,
    *,
    by: str,
    reason: str | None,
    second: str | None = None,
) -> DayStep:
    """Add what states the true time of a step. Raises `StepUnknown`; `check_order` afterwards."""
    wrong = tx.session.get(DayStep, (day.session_id, number))
    if wrong is None or wrong.corrects is not None or wrong.kind in (StepKind.CLOSED, StepKind.VOIDED):
        raise errors.StepUnknown(field="number")
    return take(
        tx,
        day,
        DayVerb.CORRECT,
        wrong.kind,
        who=wrong.key,
        site=wrong.site,
        by=by,
        at=at,
        second=second,
        corrects=number,
        reason=reason,
    )


def check_order(tx: Transaction, day: SessionDay) -> None:
    """Refuse times in the future, before sign-in opened, or that change the order of what was recorded.

    What the whole committee does keeps its order, and so does what each member does. Raises `TimeOutside`.
    """
    sitting = tx.session.get_one(EvaluationSession, day.session_id)
    opens = door(request_of(draws_seating(tx.session, day.session_id)[0])).opens
    earliest = sitting.starts - opens
    rows: dict[object, list[datetime]] = defaultdict(list)
    for step, at in effective(steps_of(tx.session, day.session_id)):
        if not earliest <= at <= tx.now:
            raise errors.TimeOutside(field="at")
        if step.kind in WHOLE:
            rows[None].append(at)
        elif step.key is not None and step.kind is not StepKind.CHAIR_ELECTED:
            rows[step.key].append(at)
    if any(times != sorted(times) for times in rows.values()):
        raise errors.TimeOutside(field="at")
