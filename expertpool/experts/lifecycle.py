"""An expert's way through the pool, as data: from which status, by which verb, to which, and who may.

Pure. `service` asks it; so does whoever draws a button.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.identity.permissions import PERMISSIONS
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

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"expert.{self.value}"


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


def _step(start: Status, verb: Verb, end: Status | None = None) -> Step:
    """The step that a verb takes from a status; without ``end`` the status stays."""
    return Step(start, verb, end or start, frozenset(PERMISSIONS[verb.permission]))


STEPS: Final = (
    _step(Status.APPLIED, Verb.REVIEW, Status.REVIEWED),
    _step(Status.APPLIED, Verb.REJECT, Status.REJECTED),
    _step(Status.REVIEWED, Verb.REJECT, Status.REJECTED),
    _step(Status.REVIEWED, Verb.ENROL, Status.ENROLLED),  # two institutions let a person in: see the permissions
    *(_step(start, Verb.SUSPEND, Status.SUSPENDED) for start in sorted(ON_ROSTER)),
    _step(Status.SUSPENDED, Verb.REINSTATE, Status.REINSTATED),
    *(_step(start, Verb.RENEW) for start in sorted(ON_ROSTER)),
    *(_step(start, Verb.LEAVE, Status.LEFT) for start in sorted(ON_ROSTER)),
    *(_step(start, Verb.REMOVE, Status.REMOVED) for start in sorted(ON_ROSTER)),
    # Who left or was rejected may apply again, with the same record; a removal is for good.
    _step(Status.LEFT, Verb.REAPPLY, Status.APPLIED),
    _step(Status.REJECTED, Verb.REAPPLY, Status.APPLIED),
)
"""Every step there is; what is not listed is refused."""


def step_from(status: Status, verb: Verb) -> Step | None:
    """The step that the verb takes from this status; None where there is none."""
    return next((step for step in STEPS if (step.start, step.verb) == (status, verb)), None)
