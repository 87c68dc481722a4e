"""A record is a way through the states: replayed in the order of time, every step was possible when it happened.

So what was forgotten or kept on paper can be entered later at its own time, and no order can arise that could not have
been. Pure.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from expertpool.sessions.errors import TimeOutside, WrongStep
from expertpool.sessions.lifecycle import DayState, DayVerb, step
from expertpool.sessions.models import DayStep
from expertpool.sessions.standing import effective
from expertpool.sessions.steps import StepKind

VERBS: Final = {
    StepKind.ASSEMBLED: DayVerb.OPEN,
    StepKind.SIGNED_IN: DayVerb.SIGN_IN,
    StepKind.DISCIPLINE_READ: DayVerb.READ,
    StepKind.BIDDERS_SHOWN: DayVerb.SHOW_BIDDERS,
    StepKind.DECLARED: DayVerb.DECLARE,
    StepKind.CHAIR_VOTED: DayVerb.VOTE_CHAIR,
    StepKind.CHAIR_ELECTED: DayVerb.ELECT,
    StepKind.REVIEW_BEGUN: DayVerb.BEGIN_REVIEW,
    StepKind.BREAK_BEGUN: DayVerb.TAKE_BREAK,
    StepKind.BREAK_ENDED: DayVerb.END_BREAK,
    StepKind.OVERNIGHT_BEGUN: DayVerb.STAY_OVERNIGHT,
    StepKind.OVERNIGHT_ENDED: DayVerb.END_OVERNIGHT,
    StepKind.QUESTION_SENT: DayVerb.ASK,
    StepKind.QUESTION_ANSWERED: DayVerb.ANSWER,
    StepKind.MEMBER_LOST: DayVerb.REPLACE,
    StepKind.MEMBER_REPLACED: DayVerb.SIGN_IN,
    StepKind.REDONE: DayVerb.REDO,
    StepKind.DISSENT: DayVerb.DISSENT,
    StepKind.TIME_VOTE: DayVerb.VOTE_TIME,
    StepKind.TIME_EXTENDED: DayVerb.EXTEND,
    StepKind.LINE_LOST: DayVerb.LOSE_LINE,
    StepKind.LINE_RESTORED: DayVerb.RESTORE_LINE,
    StepKind.SUSPENDED: DayVerb.SUSPEND,
    StepKind.REPORT_SIGNED_BY: DayVerb.SIGN,
    StepKind.SIGN_REFUSED: DayVerb.REFUSE_SIGNATURE,
    StepKind.REPORT_SIGNED: DayVerb.REPORT,
    StepKind.CLOSED: DayVerb.CLOSE,
    StepKind.VOIDED: DayVerb.VOID,
}
"""By which verb each step was taken; resuming goes back to where the day was."""

CHAIN: Final = (
    frozenset({StepKind.SIGNED_IN}),
    frozenset({StepKind.DISCIPLINE_READ}),
    frozenset({StepKind.BIDDERS_SHOWN}),
    frozenset({StepKind.DECLARED}),
    frozenset({StepKind.REPORT_SIGNED_BY, StepKind.SIGN_REFUSED}),
)
"""What each member does in this order and no other; leaving ends it."""


def replayed(steps: Iterable[DayStep], earliest: datetime, latest: datetime) -> DayState:
    """The state to which the record leads.

    Raises `TimeOutside` for a time beyond the bounds, and where a step was not possible when it is said to have been.
    """
    state, begun, reached = None, False, dict[object, int]()
    for each, at in effective(steps):
        if not earliest <= at <= latest:
            raise TimeOutside(field="at")
        try:
            state = step(state, _verb(each.kind, begun=begun))
        except WrongStep:
            raise TimeOutside(field="at") from None
        begun = begun or each.kind is StepKind.REVIEW_BEGUN
        place = next((place for place, kinds in enumerate(CHAIN) if each.kind in kinds), None)
        if place is not None:
            if reached.get(each.key, -1) > place:
                raise TimeOutside(field="at")
            reached[each.key] = place
        elif each.kind is StepKind.MEMBER_LOST:
            reached[each.key] = len(CHAIN)
    if state is None:
        raise TimeOutside(field="at")
    return state


def _verb(kind: StepKind, *, begun: bool) -> DayVerb:
    if kind is StepKind.RESUMED:
        return DayVerb.RESUME if begun else DayVerb.REASSEMBLE
    return VERBS[kind]
