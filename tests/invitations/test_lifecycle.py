"""Every state with every verb: what is not listed is refused."""

from itertools import product

import pytest

from expertpool.invitations.errors import WrongStep
from expertpool.invitations.lifecycle import HOLDING, STEPS, InvitationState, InvitationVerb, Who, step

ALLOWED = {
    ("queued", "call"): ("called", "vault"),
    ("queued", "recuse"): ("recused", "vault"),
    ("called", "accept"): ("accepted", "expert"),
    ("called", "decline"): ("declined", "expert"),
    ("called", "expire"): ("no-answer", "vault"),
    ("called", "call-again"): ("called", "vault"),
    ("accepted", "call-again"): ("called", "vault"),
    ("called", "recuse"): ("recused", "vault"),
    ("accepted", "take-leave"): ("leave", "expert"),
    ("accepted", "miss"): ("absent", "vault"),
    ("accepted", "recuse"): ("recused", "vault"),
    ("accepted", "sign-in"): ("signed-in", "door"),
    ("signed-in", "recuse"): ("recused", "vault"),
    ("accepted", "lose"): ("lost", "supervisor"),
    ("signed-in", "lose"): ("lost", "supervisor"),
    ("declined", "replace"): ("replaced", "vault"),
    ("no-answer", "replace"): ("replaced", "vault"),
    ("leave", "replace"): ("replaced", "vault"),
    ("absent", "replace"): ("replaced", "vault"),
    ("recused", "replace"): ("replaced", "vault"),
    ("lost", "replace"): ("replaced", "vault"),
}
"""The truth table, written out once more."""
PAIRS = list(product(InvitationState, InvitationVerb))


@pytest.mark.parametrize(("state", "verb"), PAIRS, ids=[f"{state} {verb}" for state, verb in PAIRS])
def test_each_state_with_each_verb(state: InvitationState, verb: InvitationVerb) -> None:
    if (state.value, verb.value) in ALLOWED:
        assert step(state, verb).value == ALLOWED[state.value, verb.value][0]
    else:
        with pytest.raises(WrongStep) as refused:
            step(state, verb)
        assert refused.value.params == {"state": state.value, "verb": verb.value}


def test_each_step_says_who_takes_it() -> None:
    said = {(each.start.value, each.verb.value): (each.end.value, each.who.value) for each in STEPS}
    assert said == ALLOWED
    assert len(STEPS) == len(said)
    assert {each.who for each in STEPS} == set(Who)


def test_a_seat_is_held_until_it_is_lost() -> None:
    assert {state.value for state in HOLDING} == {"queued", "called", "accepted", "signed-in"}
