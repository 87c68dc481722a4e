"""An expert's way through the pool, as data: from which status, by which verb, to which, and who may.

Pure. `service` asks it; so does whoever draws a button.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.identity.roles import Role


class Origin(StrEnum):
    """Where a pool comes from. (The third case of DESIGN 1, a draw made elsewhere, has no pool here.)"""

    OWN = "own"
    MIRRORED = "mirrored"


class Pool(NamedTuple):
    """A pool: the centre that keeps it, and where it comes from."""

    centre_id: str
    origin: Origin


class Status(StrEnum):
    """Where an expert stands."""

    APPLIED = "applied"
    REJECTED = "rejected"
    REVIEWED = "reviewed"
    ENROLLED = "enrolled"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    LEFT = "left"
    REMOVED = "removed"


class Verb(StrEnum):
    """What is done to an expert's standing."""

    REVIEW = "review"
    REJECT = "reject"
    ENROL = "enrol"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    RENEW = "renew"
    LEAVE = "leave"
    REMOVE = "remove"
    REAPPLY = "reapply"


class Step(NamedTuple):
    """One allowed step and the roles that may take it."""

    start: Status
    verb: Verb
    end: Status
    who: frozenset[Role]


ON_ROSTER: Final = frozenset({Status.ENROLLED, Status.SUSPENDED, Status.REINSTATED})
"""Whoever stands here is on the roster; a suspended expert too, so that the exclusion can be seen and checked."""

GONE: Final = frozenset({Status.REJECTED, Status.LEFT, Status.REMOVED})
"""Whoever stands here is not in the pool, and whatever was recorded is kept (lifetime responsibility)."""

_MANAGER: Final = frozenset({Role.POOL_MANAGER})
_DEPARTMENT: Final = frozenset({Role.COMPETENT_DEPARTMENT})


def _from(starts: frozenset[Status], verb: Verb, end: Status | None, who: frozenset[Role]) -> tuple[Step, ...]:
    """The step from each of several statuses; ``end`` None: the status stays."""
    return tuple(Step(start, verb, end or start, who) for start in sorted(starts))


STEPS: Final = (
    Step(Status.APPLIED, Verb.REVIEW, Status.REVIEWED, _MANAGER),
    Step(Status.APPLIED, Verb.REJECT, Status.REJECTED, _MANAGER | _DEPARTMENT),
    Step(Status.REVIEWED, Verb.REJECT, Status.REJECTED, _MANAGER | _DEPARTMENT),
    # Who reviewed does not enrol: two institutions let a person in.
    Step(Status.REVIEWED, Verb.ENROL, Status.ENROLLED, _DEPARTMENT),
    *_from(ON_ROSTER, Verb.SUSPEND, Status.SUSPENDED, _DEPARTMENT),
    Step(Status.SUSPENDED, Verb.REINSTATE, Status.REINSTATED, _DEPARTMENT),
    *_from(ON_ROSTER, Verb.RENEW, None, _MANAGER),
    *_from(ON_ROSTER, Verb.LEAVE, Status.LEFT, _MANAGER),
    *_from(ON_ROSTER, Verb.REMOVE, Status.REMOVED, _DEPARTMENT),
    # Who left or was rejected may apply again, with the same record; a removal is for good.
    *_from(frozenset({Status.LEFT, Status.REJECTED}), Verb.REAPPLY, Status.APPLIED, _MANAGER),
)
"""Every step there is; what is not listed is refused."""


def step_from(status: Status, verb: Verb) -> Step | None:
    """The step that the verb takes from this status; None where there is none."""
    return next((step for step in STEPS if (step.start, step.verb) == (status, verb)), None)
