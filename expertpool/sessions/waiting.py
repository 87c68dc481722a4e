"""What a session waits for, from plan, state and record: one thing at a time, the most urgent first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from expertpool.projects.models import EvaluationSession
from expertpool.sessions import desk_words as words
from expertpool.sessions.desk_words import Waits
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key, SessionDay
from expertpool.sessions.rules import MEALS, DayRules
from expertpool.sessions.standing import Standing
from policies.apply import decide
from policies.decision import Effect
from policies.fee_clock import Stop
from policies.session_facts import Hungry


class Seat(Protocol):
    """A seat as the desk shows it."""

    @property
    def key(self) -> Key: ...

    @property
    def gone(self) -> bool: ...


def waits_for(
    day: SessionDay | None,
    stands: Standing,
    seats: Sequence[Seat],
    sitting: EvaluationSession,
    now: datetime,
    *,
    held: bool,
    seated: bool,
    meal_due: bool,
    behind: bool,
) -> Waits:
    """``held``: it is to take place; ``seated``: there is a committee; ``meal_due``, ``behind``: by the rulebook."""
    if day is None:
        return words.NOT_HELD if not held else words.BEFORE if seated else words.UNSEATED
    if (fixed := _BY_STATE.get(day.state)) is not None:
        return fixed
    if stands.lines_down:
        return words.LINE_DOWN
    if day.state is DayState.ASSEMBLING:
        here = {each.key for each in stands.present}
        missing = any(each.key not in here and not each.gone for each in seats)
        if missing and now > sitting.starts:
            return words.MISSING
        return words.BEHIND if behind else words.GATHERING
    if day.state is DayState.BREAK:
        return words.BREAK
    if stands.owing:
        return words.OWED
    if stands.finished is not None:
        return words.REPORT
    return words.LUNCH if meal_due else words.REVIEWING


def meal_is_due(day: SessionDay | None, stands: Standing, rules: DayRules, now: datetime) -> bool:
    """Whether the rulebook proposes a meal to a committee that is at work: since it began, ate or slept."""
    if day is None or day.state is not DayState.REVIEWING or not rules.book.applies(MEALS, rules.regime):
        return False
    rested = [each.ended for each in stands.pauses if each.why in (Stop.MEAL, Stop.OVERNIGHT) and each.ended]
    sat_since = max([stands.begun, *rested]) if stands.begun else now
    findings = decide(rules.book, rules.regime, Hungry(sat_since, now)).findings
    return any(each.effect is Effect.WARNED for each in findings)


_BY_STATE = {
    DayState.SUSPENDED: words.SUSPENDED,
    DayState.VOID: words.VOID,
    DayState.CLOSED: words.CLOSED,
    DayState.REPORT_SIGNED: words.CONFIRM,
    DayState.OVERNIGHT: words.OVERNIGHT,
}
