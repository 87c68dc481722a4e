"""Another intent for a lot: nobody gets a second draw by another request, session or code."""

import pytest

from expertpool.custodian import errors
from expertpool.protocol.agents import make_approval
from ledger import ed25519
from tests.custodian.scene import SETTLING, Scene, refused, waits_for
from tests.custodian.village import LOTS, PROJECT

SUPERVISOR = bytes(range(1, 33))


def approval(draw: str, first: int, seed: bytes = SUPERVISOR) -> dict[str, str]:
    return make_approval(lambda message: ed25519.sign(seed, message), ed25519.public_key(seed), draw, first, "废标")


def supervised(scene: Scene) -> None:
    """Have the log show a supervisor's key, for long enough."""
    scene.add("supervisor-key.approved", supervisor="act_1", public=ed25519.public_key(SUPERVISOR).hex())
    scene.follow()
    scene.clock.advance(SETTLING)


def test_a_second_intent_under_another_request_is_refused(scene: Scene) -> None:
    first = scene.ready()
    scene.answer(first)
    second = scene.ready("drw_2")
    refused(scene, errors.SecondIntent, second, first, draw="drw_2")


def test_a_second_intent_is_refused_also_where_the_first_was_never_asked_for(scene: Scene) -> None:
    first = scene.ready()
    second = scene.ready("drw_2")
    refused(scene, errors.SecondIntent, second, first, draw="drw_2")


def test_a_second_intent_under_another_code_is_refused(scene: Scene) -> None:
    """With another key of the lots the log shows nothing; the agent remembers the lot by what it is."""
    first = scene.ready()
    scene.answer(first)
    other = bytes(32)
    second = scene.ready("drw_2", lot_key=other)
    refused(scene, errors.SecondIntent, second, first, draw="drw_2", lot_key=other.hex())


def test_a_second_intent_for_one_of_several_lots_is_refused(scene: Scene) -> None:
    first = scene.ready(lots=[*LOTS, "another"])
    scene.answer(first, lots=[*LOTS, "another"])
    second = scene.ready("drw_2", lots=["another", "a third"])
    refused(scene, errors.SecondIntent, second, first, draw="drw_2", lots=["another", "a third"])


def test_another_lot_of_the_project_is_no_second_intent(scene: Scene) -> None:
    scene.answer(scene.ready())
    other = scene.ready("drw_2", lots=["another"])
    assert scene.judge(other, draw="drw_2", lots=["another"]).index == other


def test_a_second_intent_that_names_the_first_needs_the_supervisors_reason(scene: Scene) -> None:
    supervised(scene)
    first = scene.ready()
    scene.answer(first)
    second = scene.ready("drw_2", first=first)
    good = approval("drw_2", first)
    for bad in (
        None,
        {},
        "text",
        {**good, "reason": "another"},
        {**good, "signature": good["signature"][:-4]},
        approval("drw_1", first),
        approval("drw_2", first + 1),
        approval("drw_2", first, bytes(32)),  # signed by whoever
    ):
        refused(scene, errors.NotApproved, second, first, draw="drw_2", approval=bad)
    assert scene.judge(second, draw="drw_2", approval=good).index == second


def test_a_supervisors_key_has_to_settle_and_not_to_be_revoked(scene: Scene) -> None:
    first = scene.ready()
    scene.answer(first)
    fresh = scene.ready("drw_2", first=first, lots=LOTS)
    scene.add("supervisor-key.approved", supervisor="act_1", public=ed25519.public_key(SUPERVISOR).hex())
    scene.follow()
    refused(scene, errors.NotApproved, fresh, first, draw="drw_2", approval=approval("drw_2", first))
    scene.clock.advance(SETTLING)
    scene.add("supervisor-key.revoked", supervisor="act_1", public=ed25519.public_key(SUPERVISOR).hex())
    revoked = scene.ready("drw_3", first=first)
    refused(scene, errors.NotApproved, revoked, first, draw="drw_3", approval=approval("drw_3", first))


@pytest.mark.parametrize("claimed", ["not an intent", "a later one"])
def test_a_first_that_is_not_the_first_is_refused(scene: Scene, claimed: str) -> None:
    supervised(scene)
    first = scene.ready()
    scene.answer(first)
    wrong = first - 1 if claimed == "not an intent" else scene.ready("drw_x", lots=["other"])
    second = scene.ready("drw_2", first=wrong)
    refused(scene, errors.SecondIntent, second, first, draw="drw_2", approval=approval("drw_2", wrong))


def test_after_an_abort_the_owner_approves_as_well(scene: Scene) -> None:
    supervised(scene)
    first = scene.ready()
    scene.add("draw.aborted", draw="drw_1", intent=first, defaulted=[scene.first.id])
    second = scene.ready("drw_2", first=first)
    good = approval("drw_2", first)
    waits_for(scene, second, "owner-must-approve", draw="drw_2", approval=good)
    scene.memory.approve(second, scene.clock.now())
    assert scene.judge(second, draw="drw_2", approval=good).index == second


def test_a_third_intent_needs_the_owner(scene: Scene) -> None:
    supervised(scene)
    first = scene.ready()
    scene.answer(first)
    scene.answer(scene.ready("drw_2", first=first), draw="drw_2", approval=approval("drw_2", first))
    third = scene.ready("drw_3", first=first)
    waits_for(scene, third, "owner-must-approve", draw="drw_3", approval=approval("drw_3", first))


def test_once_there_is_a_later_intent_the_earlier_gets_nothing(scene: Scene) -> None:
    first = scene.ready()
    second = scene.ready("drw_2")
    refused(scene, errors.Superseded, first, second)


def test_the_same_intent_asked_for_again_is_the_same(scene: Scene) -> None:
    intent = scene.ready()
    scene.answer(intent)
    assert scene.judge(intent).index == intent
    assert scene.memory.intents_answered(PROJECT, LOTS) == {intent}
