"""A draw's way as data: from which state, by which verb, to which, and who may (DESIGN 3).

Whom the rules say nothing of is the vault: it acts by rule and under no account of a person.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.draws.errors import WrongState
from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role


class DrawState(StrEnum):
    """Where a draw stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    REFERRED = "referred"
    INTENT = "intent"
    DRAWN = "drawn"
    FILLING = "filling"
    FILLED = "filled"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    SUSPENDED = "suspended"
    ABORTED = "aborted"
    EXHAUSTED = "exhausted"
    RECONVENED = "reconvened"


class DrawVerb(StrEnum):
    """What is done to a draw. Those of the vault have no permission: no account can ask for them."""

    AMEND = "amend"
    SUBMIT = "submit"
    ACCEPT = "accept"
    RETURN = "return"
    REFER = "refer"
    APPROVE = "approve"
    DECLINE = "decline"
    INTEND = "intend"
    DRAW = "draw"
    CALL = "call"
    VACATE = "vacate"
    REFILL = "refill"
    FILL = "fill"
    EXHAUST = "exhaust"
    SUPPLEMENT = "supplement"
    ABORT = "abort"
    CANCEL = "cancel"
    POSTPONE = "postpone"
    RESUME = "resume"
    SUSPEND = "suspend"
    RECONVENE = "reconvene"
    CLOSE = "close"

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"draw.{self.value}"


class Step(NamedTuple):
    """One allowed step."""

    start: DrawState
    verb: DrawVerb
    end: DrawState

    @property
    def who(self) -> frozenset[Role]:
        """The roles that may take it; none: the vault alone, by rule."""
        return frozenset(PERMISSIONS.get(self.verb.permission, {}))


_S, _V = DrawState, DrawVerb

STEPS: Final = (
    Step(_S.DRAFT, _V.AMEND, _S.DRAFT),
    Step(_S.RETURNED, _V.AMEND, _S.DRAFT),
    Step(_S.DRAFT, _V.SUBMIT, _S.SUBMITTED),
    Step(_S.SUBMITTED, _V.ACCEPT, _S.ACCEPTED),
    Step(_S.SUBMITTED, _V.RETURN, _S.RETURNED),
    Step(_S.SUBMITTED, _V.REFER, _S.REFERRED),
    Step(_S.REFERRED, _V.APPROVE, _S.ACCEPTED),
    Step(_S.REFERRED, _V.DECLINE, _S.RETURNED),
    Step(_S.ACCEPTED, _V.REFER, _S.REFERRED),
    Step(_S.ACCEPTED, _V.RETURN, _S.RETURNED),
    Step(_S.ACCEPTED, _V.INTEND, _S.INTENT),
    Step(_S.INTENT, _V.DRAW, _S.DRAWN),
    Step(_S.INTENT, _V.EXHAUST, _S.EXHAUSTED),
    Step(_S.INTENT, _V.ABORT, _S.ABORTED),
    Step(_S.DRAWN, _V.CALL, _S.FILLING),
    Step(_S.FILLING, _V.VACATE, _S.FILLING),
    Step(_S.FILLING, _V.REFILL, _S.FILLING),
    Step(_S.FILLING, _V.FILL, _S.FILLED),
    Step(_S.FILLING, _V.EXHAUST, _S.EXHAUSTED),
    Step(_S.FILLED, _V.VACATE, _S.FILLING),
    Step(_S.FILLED, _V.EXHAUST, _S.EXHAUSTED),
    Step(_S.EXHAUSTED, _V.REFILL, _S.EXHAUSTED),
    Step(_S.EXHAUSTED, _V.EXHAUST, _S.EXHAUSTED),
    Step(_S.EXHAUSTED, _V.SUPPLEMENT, _S.EXHAUSTED),
    *(
        Step(live, _V.CANCEL, _S.CANCELLED)
        for live in (
            _S.DRAFT,
            _S.SUBMITTED,
            _S.REFERRED,
            _S.RETURNED,
            _S.ACCEPTED,
            _S.DRAWN,
            _S.FILLING,
            _S.FILLED,
            _S.EXHAUSTED,
            _S.POSTPONED,
            _S.SUSPENDED,
            _S.RECONVENED,
        )
    ),
    *(Step(live, _V.POSTPONE, _S.POSTPONED) for live in (_S.FILLING, _S.FILLED)),
    Step(_S.POSTPONED, _V.RESUME, _S.FILLING),
    Step(_S.FILLED, _V.SUSPEND, _S.SUSPENDED),
    Step(_S.SUSPENDED, _V.RECONVENE, _S.RECONVENED),
    Step(_S.RECONVENED, _V.VACATE, _S.FILLING),
    Step(_S.RECONVENED, _V.EXHAUST, _S.EXHAUSTED),
    *(Step(live, _V.CLOSE, _S.CLOSED) for live in (_S.FILLED, _S.RECONVENED, _S.EXHAUSTED)),
)
"""Every step there is; what is not listed is refused. An intent is never cancelled: it gives its one result, or aborts
when contributors default, which is on record with whose name it was."""

LIVE: Final = frozenset(DrawState) - {DrawState.CLOSED, DrawState.CANCELLED, DrawState.ABORTED}
"""A session has at most one draw that is live."""


def step(state: DrawState, verb: DrawVerb) -> DrawState:
    """Where the verb leads from this state. Raises `WrongState`."""
    for each in STEPS:
        if (each.start, each.verb) == (state, verb):
            return each.end
    raise WrongState(state.value, verb.value)
