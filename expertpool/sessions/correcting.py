"""Corrections: the true time of a step, as a step of its own. What was recorded stays as it was recorded."""

from datetime import datetime, timedelta
from typing import Final

from expertpool.core.transaction import Transaction
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import errors
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import DayStep, SessionDay
from expertpool.sessions.queries import steps_of
from expertpool.sessions.recording import take
from expertpool.sessions.replaying import replayed
from expertpool.sessions.steps import StepKind

BEFORE: Final = timedelta(hours=3)
"""Nothing of a day happened so long before its assembly: sign-in opens later under every rulebook."""

ALONE: Final = frozenset(
    {
        StepKind.BREAK_BEGUN,
        StepKind.BREAK_ENDED,
        StepKind.OVERNIGHT_BEGUN,
        StepKind.OVERNIGHT_ENDED,
        StepKind.QUESTION_SENT,
        StepKind.QUESTION_ANSWERED,
        StepKind.LINE_LOST,
        StepKind.LINE_RESTORED,
    }
)
"""What a clerk may enter alone, a clerk may correct alone; the time of anything else takes a second signature."""

FIXED: Final = frozenset({StepKind.CLOSED, StepKind.VOIDED})
"""What is its own record: nobody corrects its time."""


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
    """Add what states the true time of a step; call `check` afterwards.

    Raises `StepUnknown`, and `SecondNeeded` where one account does not do.
    """
    wrong = tx.session.get(DayStep, (day.session_id, number))
    if wrong is None or wrong.corrects is not None or wrong.kind in FIXED:
        raise errors.StepUnknown(field="corrects")
    if second is None and wrong.kind not in ALONE:
        raise errors.SecondNeeded(field="corrects")
    return take(
        tx,
        day,
        DayVerb.CORRECT,
        wrong.kind,
        who=wrong.key,
        by=by,
        at=at,
        second=second,
        site=wrong.site,
        corrects=number,
        reason=reason,
    )


def check(tx: Transaction, day: SessionDay) -> None:
    """Bring the day to where its record leads, as corrected and completed. Raises `TimeOutside`."""
    sitting = tx.session.get_one(EvaluationSession, day.session_id)
    earliest = min(sitting.starts, day.opened) - BEFORE
    day.state = replayed(steps_of(tx.session, day.session_id), earliest, tx.now)
