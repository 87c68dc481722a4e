"""An invitation's way as data: from which state, by which verb, to which, and who may (DESIGN 3)."""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.invitations.errors import WrongStep


class InvitationState(StrEnum):
    """Where an invitation stands. Desks see the state of the seat; this one is sealed."""

    QUEUED = "queued"
    CALLED = "called"
    ACCEPTED = "accepted"
    SIGNED_IN = "signed-in"
    DECLINED = "declined"
    NO_ANSWER = "no-answer"
    LEAVE = "leave"
    ABSENT = "absent"
    RECUSED = "recused"
    LOST = "lost"
    REPLACED = "replaced"


class InvitationVerb(StrEnum):
    """What is done to an invitation."""

    CALL = "call"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    TAKE_LEAVE = "take-leave"
    MISS = "miss"
    CALL_AGAIN = "call-again"
    RECUSE = "recuse"
    LOSE = "lose"
    SIGN_IN = "sign-in"
    REPLACE = "replace"


class Who(StrEnum):
    """Who takes a step: the expert by the answer code, the vault by rule, the door where identities are
    matched, or the supervisor, who has a member replaced.
    """

    EXPERT = "expert"
    VAULT = "vault"
    DOOR = "door"
    SUPERVISOR = "supervisor"


class Step(NamedTuple):
    """One allowed step."""

    start: InvitationState
    verb: InvitationVerb
    end: InvitationState
    who: Who


_S, _V = InvitationState, InvitationVerb

STEPS: Final = (
    Step(_S.QUEUED, _V.CALL, _S.CALLED, Who.VAULT),
    Step(_S.CALLED, _V.ACCEPT, _S.ACCEPTED, Who.EXPERT),
    Step(_S.CALLED, _V.DECLINE, _S.DECLINED, Who.EXPERT),
    Step(_S.CALLED, _V.EXPIRE, _S.NO_ANSWER, Who.VAULT),
    *(Step(asked, _V.CALL_AGAIN, _S.CALLED, Who.VAULT) for asked in (_S.CALLED, _S.ACCEPTED)),
    Step(_S.ACCEPTED, _V.TAKE_LEAVE, _S.LEAVE, Who.EXPERT),
    Step(_S.ACCEPTED, _V.MISS, _S.ABSENT, Who.VAULT),
    Step(_S.ACCEPTED, _V.SIGN_IN, _S.SIGNED_IN, Who.DOOR),
    *(Step(held, _V.RECUSE, _S.RECUSED, Who.VAULT) for held in (_S.QUEUED, _S.CALLED, _S.ACCEPTED, _S.SIGNED_IN)),
    *(Step(expected, _V.LOSE, _S.LOST, Who.SUPERVISOR) for expected in (_S.ACCEPTED, _S.SIGNED_IN)),
    *(
        Step(lost, _V.REPLACE, _S.REPLACED, Who.VAULT)
        for lost in (_S.DECLINED, _S.NO_ANSWER, _S.LEAVE, _S.ABSENT, _S.RECUSED, _S.LOST)
    ),
)
"""Every step there is; what is not listed is refused. A recusal strikes whoever holds a seat, called or not; whoever
said yes to one time is called again for another."""

HOLDING: Final = frozenset({_S.QUEUED, _S.CALLED, _S.ACCEPTED, _S.SIGNED_IN})
"""In these the seat is this person's."""


def step(state: InvitationState, verb: InvitationVerb) -> InvitationState:
    """Where the verb leads from this state. Raises `WrongStep`."""
    for each in STEPS:
        if (each.start, each.verb) == (state, verb):
            return each.end
    raise WrongStep(state.value, verb.value)
