"""A session's way from being scheduled, as data: from which state, by which verb, to which, and who may.

Later capabilities carry on from SCHEDULED (assembling, reviewing, ...); here is what can happen before the day.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role


class SessionState(StrEnum):
    """Where a session stands."""

    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class SessionVerb(StrEnum):
    """What is done to a session."""

    RESCHEDULE = "reschedule"
    POSTPONE = "postpone"
    CANCEL = "cancel"

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"session.{self.value}"


class Step(NamedTuple):
    """One allowed step and the roles that may take it."""

    start: SessionState
    verb: SessionVerb
    end: SessionState
    who: frozenset[Role]


def _step(start: SessionState, verb: SessionVerb, end: SessionState) -> Step:
    return Step(start, verb, end, frozenset(PERMISSIONS[verb.permission]))


STEPS: Final = (
    _step(SessionState.SCHEDULED, SessionVerb.RESCHEDULE, SessionState.SCHEDULED),
    _step(SessionState.SCHEDULED, SessionVerb.POSTPONE, SessionState.POSTPONED),
    _step(SessionState.SCHEDULED, SessionVerb.CANCEL, SessionState.CANCELLED),
    _step(SessionState.POSTPONED, SessionVerb.RESCHEDULE, SessionState.SCHEDULED),
    _step(SessionState.POSTPONED, SessionVerb.CANCEL, SessionState.CANCELLED),
)
"""Every step there is; what is not listed is refused. A trading system takes RESCHEDULE through the door."""

LIVE: Final = frozenset({SessionState.SCHEDULED, SessionState.POSTPONED})
"""A lot is in at most one session that is live."""


def step_from(state: SessionState, verb: SessionVerb) -> Step | None:
    """The step that the verb takes from this state; None where there is none."""
    return next((step for step in STEPS if (step.start, step.verb) == (state, verb)), None)
