"""Facts of the day that may be deducted for: proposed with the step that shows them, never scored by themselves."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from expertpool.sessions.models import DayStep, Key
from expertpool.sessions.standing import effective
from expertpool.sessions.steps import Cause, StepKind

BY_CAUSE: Final = {Cause.ABSENT: "absent", Cause.DESERTION: "left-post", Cause.HEALTH: "health"}
"""Which item a member's loss may be; to declare a recusal is a duty, and no fault."""


class Proposed(NamedTuple):
    """That a step of the day may be a matter of an item."""

    who: Key
    item: str
    step: int


def proposed(steps: Sequence[DayStep], late: Collection[Key]) -> Iterator[Proposed]:
    """What a day's record proposes, in its order; ``late`` are those who came too late by the rulebook.

    Who refuses to sign the report may have done so over pay, which is an item; else the parties leave it.
    """
    for step, _ in effective(steps):
        who = step.key
        if who is None:
            continue
        if step.kind is StepKind.SIGNED_IN and who in late:
            yield Proposed(who, "late", step.number)
        elif step.kind is StepKind.MEMBER_LOST and step.cause in BY_CAUSE:
            yield Proposed(who, BY_CAUSE[step.cause], step.number)
        elif step.kind is StepKind.SIGN_REFUSED:
            yield Proposed(who, "fee-demand", step.number)


def absentees(steps: Sequence[DayStep]) -> frozenset[Key]:
    """Who accepted and never came: they are assessed like those who sat."""
    absent = (step.key for step in steps if step.kind is StepKind.MEMBER_LOST and step.cause is Cause.ABSENT)
    return frozenset(key for key in absent if key is not None)
