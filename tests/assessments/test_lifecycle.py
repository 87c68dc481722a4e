"""An assessment's way: every step that there is, and no other."""

import pytest

from expertpool.assessments import errors
from expertpool.assessments.lifecycle import STATE_WORDS, STEPS, AssessmentState, AssessmentVerb, step
from expertpool.identity.roles import Role

S, V = AssessmentState, AssessmentVerb
WAYS = {
    (None, V.OPEN): S.OPEN,
    (S.OPEN, V.NAME_PERSON): S.OPEN,
    (S.OPEN, V.GIVE): S.OPEN,
    (S.OPEN, V.REVEAL): S.REVEALED,
    (S.REVEALED, V.APPEAL): S.APPEALED,
    (S.APPEALED, V.APPEAL): S.APPEALED,
    (S.DECIDED, V.APPEAL): S.APPEALED,
    (S.APPEALED, V.DECIDE): S.DECIDED,
    (S.REVEALED, V.FINISH): S.FINAL,
    (S.DECIDED, V.FINISH): S.FINAL,
}


@pytest.mark.parametrize("verb", V, ids=str)
def test_a_verb_leads_where_it_leads_and_is_refused_elsewhere(verb: AssessmentVerb) -> None:
    for state in (None, *S):
        if (state, verb) in WAYS:
            assert step(state, verb) is WAYS[state, verb]
        else:
            with pytest.raises(errors.WrongStep):
                step(state, verb)


def test_every_step_is_listed_once() -> None:
    assert {(each.start, each.verb): each.end for each in STEPS} == WAYS
    assert len(STEPS) == len(WAYS)


def test_accounts_give_and_name_and_everything_else_follows() -> None:
    who = {each.verb: each.who for each in STEPS}
    assert who.pop(V.GIVE) == {Role.CENTRE_STAFF, Role.SUPERVISOR, Role.INITIATOR}
    assert who.pop(V.NAME_PERSON) == {Role.CENTRE_STAFF}
    assert set().union(*who.values()) == set()


def test_every_state_has_words() -> None:
    assert STATE_WORDS.keys() == set(S)
