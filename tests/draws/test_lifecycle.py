"""A draw's way is the table of its steps, and nothing beside it."""

from itertools import product

import pytest

from expertpool.draws.errors import WrongState
from expertpool.draws.lifecycle import LIVE, STEPS, DrawState, DrawVerb, Step, step
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role

MAIN = (
    (DrawState.DRAFT, DrawVerb.SUBMIT),
    (DrawState.SUBMITTED, DrawVerb.ACCEPT),
    (DrawState.ACCEPTED, DrawVerb.INTEND),
    (DrawState.INTENT, DrawVerb.DRAW),
    (DrawState.DRAWN, DrawVerb.CALL),
    (DrawState.FILLING, DrawVerb.VACATE),
    (DrawState.FILLING, DrawVerb.REFILL),
    (DrawState.FILLING, DrawVerb.FILL),
    (DrawState.FILLED, DrawVerb.CLOSE),
)
"""The ordinary way of DESIGN 3, with one vacancy."""
OVER = {DrawState.CLOSED, DrawState.CANCELLED, DrawState.ABORTED}
BY_RULE = {
    DrawVerb.ACCEPT,
    DrawVerb.RETURN,
    DrawVerb.REFER,
    DrawVerb.INTEND,
    DrawVerb.DRAW,
    DrawVerb.CALL,
    DrawVerb.REFILL,
    DrawVerb.FILL,
    DrawVerb.EXHAUST,
    DrawVerb.ABORT,
}
"""What no account may do, whatever its role: then nobody can choose."""


@pytest.mark.parametrize("each", STEPS, ids=lambda each: f"{each.start} {each.verb}")
def test_every_step_leads_where_the_table_says(each: Step) -> None:
    draw = Draw(state=each.start, revision=4)
    draw.move(each.verb)
    assert (draw.state, draw.revision) == (each.end, 5)


def test_whatever_is_not_in_the_table_is_refused() -> None:
    listed = {(each.start, each.verb) for each in STEPS}
    assert len(listed) == len(STEPS), "two steps leave one state by one verb"
    for state, verb in set(product(DrawState, DrawVerb)) - listed:
        with pytest.raises(WrongState) as refused:
            step(state, verb)
        assert refused.value.params == {"state": state.value, "verb": verb.value}


def test_the_ordinary_way() -> None:
    state = DrawState.DRAFT
    for start, verb in MAIN:
        assert state is start
        state = step(state, verb)
    assert state is DrawState.CLOSED


def reached_from(state: DrawState) -> set[DrawState]:
    """Where one can get from a state, by one step or more."""
    reached: set[DrawState] = set()
    while more := {each.end for each in STEPS if each.start in reached | {state}} - reached:
        reached |= more
    return reached


def test_every_state_is_reached_and_only_what_is_over_is_left_by_nothing() -> None:
    assert reached_from(DrawState.DRAFT) == set(DrawState)
    assert set(DrawState) - {each.start for each in STEPS} == OVER
    assert set(DrawState) - LIVE == OVER


def test_an_intent_gives_a_result_or_aborts_and_is_neither_cancelled_nor_made_again() -> None:
    after = {each.end for each in STEPS if each.start is DrawState.INTENT}
    assert after == {DrawState.DRAWN, DrawState.EXHAUSTED, DrawState.ABORTED}
    assert DrawState.INTENT not in reached_from(DrawState.INTENT)


def test_the_vault_s_steps_are_nobody_s() -> None:
    assert {each.verb for each in STEPS if not each.who} >= BY_RULE
    assert {each.who for each in STEPS if each.verb in BY_RULE} == {frozenset()}
    assert {each.who for each in STEPS if each.verb is DrawVerb.APPROVE} == {frozenset({Role.SUPERVISOR})}
