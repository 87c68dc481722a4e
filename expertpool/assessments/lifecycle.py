"""An assessment's way as data: from which state, by which verb, to which, and who may.

A party's sheets are sealed when they are given; that all are in does not show until they are revealed together. Each
appeal and each case has a machine of its own; this one says how the session as a whole stands.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.assessments.errors import WrongStep
from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role
from expertpool.projects.terms import Words


class AssessmentState(StrEnum):
    """Where an assessment stands."""

    OPEN = "open"
    REVEALED = "revealed"
    APPEALED = "appealed"
    DECIDED = "decided"
    FINAL = "final"


STATE_WORDS: Final[dict[AssessmentState, Words]] = {
    AssessmentState.OPEN: Words("考评中", "open"),
    AssessmentState.REVEALED: Words("已揭示", "revealed"),
    AssessmentState.APPEALED: Words("申诉处理中", "under appeal"),
    AssessmentState.DECIDED: Words("申诉已决定", "appeals decided"),
    AssessmentState.FINAL: Words("已生效", "final"),
}
"""What each state is called."""


class AssessmentVerb(StrEnum):
    """What is done to an assessment. Those without a permission no account can ask for: they follow by rule."""

    OPEN = "open"
    NAME_PERSON = "name-person"
    GIVE = "give"
    REVEAL = "reveal"
    APPEAL = "appeal"
    DECIDE = "decide"
    FINISH = "finish"

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"assessment.{self.value}"


class Step(NamedTuple):
    """One allowed step. ``start`` is None before there is an assessment."""

    start: AssessmentState | None
    verb: AssessmentVerb
    end: AssessmentState

    @property
    def who(self) -> frozenset[Role]:
        """The roles that may take it; none: by rule."""
        return frozenset(PERMISSIONS.get(self.verb.permission, {}))


_S, _V = AssessmentState, AssessmentVerb

STEPS: Final = (
    Step(None, _V.OPEN, _S.OPEN),
    Step(_S.OPEN, _V.NAME_PERSON, _S.OPEN),
    Step(_S.OPEN, _V.GIVE, _S.OPEN),
    Step(_S.OPEN, _V.REVEAL, _S.REVEALED),
    *(Step(known, _V.APPEAL, _S.APPEALED) for known in (_S.REVEALED, _S.APPEALED, _S.DECIDED)),
    Step(_S.APPEALED, _V.DECIDE, _S.DECIDED),
    Step(_S.REVEALED, _V.FINISH, _S.FINAL),
    Step(_S.DECIDED, _V.FINISH, _S.FINAL),
)
"""Every step there is; what is not listed is refused. ``DECIDE`` is taken with the last appeal that is open."""


def step(state: AssessmentState | None, verb: AssessmentVerb) -> AssessmentState:
    """Where the verb leads from this state. Raises `WrongStep`."""
    for each in STEPS:
        if (each.start, each.verb) == (state, verb):
            return each.end
    raise WrongStep("none" if state is None else state.value, verb.value)
