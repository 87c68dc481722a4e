"""What an agent does not contribute to: each rule of docs/spec/agents.md, section 5, and who tries to get around it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from expertpool.custodian import contributing, errors
from expertpool.custodian.contributing import NotYet
from expertpool.protocol.agents import make_approval
from expertpool.protocol.beacon import CHAINS, round_after
from expertpool.protocol.envelope import Holders
from expertpool.protocol.intent import Beacon
from ledger import ed25519
from tests.custodian.scene import SETTLING, Scene
from tests.custodian.village import DAY, LOTS, PROJECT

SECOND = timedelta(seconds=1)
SUPERVISOR = bytes(range(1, 33))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.memory.close()


def waits_for(scene: Scene, intent: int, code: str, **more: Any) -> None:
    with pytest.raises(NotYet) as reason:
        scene.judge(intent, **more)
    assert reason.value.code == code


def refused(scene: Scene, why: type[errors.Refusal], intent: int, entry: int | None = None, **more: Any) -> None:
    with pytest.raises(why) as refusal:
        scene.judge(intent, **more)
    assert type(refusal.value) is why
    assert refusal.value.entry == (intent if entry is None else entry)
    assert refusal.value.message("zh") != refusal.value.message("en")


def approval(draw: str, first: int, seed: bytes = SUPERVISOR) -> dict[str, str]:
    return make_approval(lambda message: ed25519.sign(seed, message), ed25519.public_key(seed), draw, first, "废标")


def test_everything_in_order_is_contributed_to(scene: Scene) -> None:
    intent = scene.ready()
    for holder in (scene.centre, scene.first):
        assert scene.judge(intent, holder).index == intent


# The order of contributions


def test_nobody_comes_before_the_centre(scene: Scene) -> None:
    intent = scene.intend()
    scene.follow(quorum=True)
    assert scene.judge(intent, scene.centre).index == intent
    waits_for(scene, intent, "centre-has-not-contributed")
    scene.contributed(intent, scene.second)  # another's does not count for the centre's
    scene.follow(quorum=True)
    waits_for(scene, intent, "centre-has-not-contributed")


def test_the_centres_contribution_to_another_intent_does_not_count(scene: Scene) -> None:
    other = scene.intend("drw_0", lots=["other"])
    intent = scene.intend()
    scene.contributed(other, draw="drw_0")
    scene.contributed(other, draw="drw_1")
    scene.follow(quorum=True)
    waits_for(scene, intent, "centre-has-not-contributed")


def test_nobody_comes_before_a_quorum_has_cosigned_the_centres(scene: Scene) -> None:
    intent = scene.intend()
    scene.follow(quorum=True)
    given = scene.contributed(intent)
    scene.follow()
    assert scene.memory.witnessed() == given  # all but the contribution
    waits_for(scene, intent, "no-quorum-yet")
    scene.memory.note_quorum(given + 1)
    assert scene.judge(intent).index == intent


def test_a_holder_outside_cannot_pass_for_the_centre_by_coming_first(scene: Scene) -> None:
    intent = scene.intend(named=[scene.first, scene.centre, scene.second])
    scene.follow(quorum=True)
    waits_for(scene, intent, "centre-has-not-contributed")


def test_an_alternate_waits_until_it_has_stepped_in(scene: Scene) -> None:
    intent = scene.ready()
    waits_for(scene, intent, "not-stepped-in", me=scene.second)
    gone = scene.add("draw.stepped-in", draw="drw_1", intent=intent, alternate=scene.second.id, replaced=scene.first.id)
    scene.follow()
    assert scene.judge(intent, scene.second).index == intent
    waits_for(scene, intent, "not-stepped-in", me=scene.third)
    refused(scene, errors.Replaced, intent, gone, me=scene.first)


def test_stepping_in_for_another_intent_counts_for_nothing(scene: Scene) -> None:
    intent = scene.ready()
    scene.add("draw.stepped-in", draw="drw_1", intent=intent - 1, alternate=scene.second.id, replaced=scene.first.id)
    scene.follow()
    waits_for(scene, intent, "not-stepped-in", me=scene.second)
    assert scene.judge(intent).index == intent


# The task and the intent


def test_an_intent_that_was_not_followed_yet_is_waited_for(scene: Scene) -> None:
    intent = scene.intend()
    waits_for(scene, intent, "intent-not-followed")
    waits_for(scene, 10**15, "intent-not-followed")


def test_an_entry_that_is_no_intent_of_that_draw_is_refused(scene: Scene) -> None:
    intent = scene.ready()
    refused(scene, errors.NoIntent, intent, draw="drw_2")
    refused(scene, errors.NoIntent, intent - 1)
    refused(scene, errors.NoIntent, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"algorithm": "panel/v2"},
        {"contributors": []},
        {"deadline": "tomorrow"},
        {"seats": []},
        {"vault": "00"},
        {"first": -1},
    ],
    ids=str,
)
def test_an_intent_that_is_not_well_formed_is_refused(scene: Scene, body: dict[str, Any]) -> None:
    refused(scene, errors.IntentMalformed, scene.ready(body=body))


@pytest.mark.parametrize(
    "changes",
    [
        {"draw": None},
        {"intent": -1},
        {"intent": True},
        {"intent": "1"},
        {"lot_key": "00"},
        {"lot_key": None},
        {"lots": []},
        {"lots": [LOTS[0], LOTS[0]]},
        {"lots": LOTS[0]},
        {"lots": [1]},
        {"project": ""},
        {"project": 1},
    ],
    ids=str,
)
def test_a_task_that_is_not_as_specified_is_refused(scene: Scene, changes: dict[str, Any]) -> None:
    with pytest.raises(errors.TaskMalformed):
        contributing.read_task({**scene.task(1), **changes})
    with pytest.raises(errors.TaskMalformed):
        contributing.read_task({})


@pytest.mark.parametrize(
    "changes",
    [{"project": "another"}, {"lots": ["another"]}, {"lots": [*LOTS, "another"]}, {"lot_key": bytes(32).hex()}],
    ids=str,
)
def test_lots_other_than_the_intents_are_refused(scene: Scene, changes: dict[str, Any]) -> None:
    refused(scene, errors.WrongLots, scene.ready(), **changes)


def test_a_lot_that_is_kept_back_is_refused(scene: Scene) -> None:
    intent = scene.ready(lots=[*LOTS, "another"])
    refused(scene, errors.WrongLots, intent)
    assert scene.judge(intent, lots=["another", *LOTS]).index == intent


# Time, by the agent's own clock


def test_the_deadline_counts_to_the_last_moment(scene: Scene) -> None:
    intent = scene.ready()
    scene.clock.advance(DAY)
    assert scene.judge(intent).index == intent
    scene.clock.advance(timedelta(microseconds=1))
    refused(scene, errors.DeadlinePassed, intent)


def test_a_beacon_round_that_is_due_is_refused(scene: Scene) -> None:
    digest, chain = next(iter(CHAINS.items()))
    number = round_after(chain, scene.clock.now() + timedelta(hours=1))
    intent = scene.ready(beacon=Beacon(bytes.fromhex(digest), number))
    due = chain.genesis + (number - 1) * chain.period
    scene.clock.advance(due - scene.clock.now() - timedelta(microseconds=1))
    assert scene.judge(intent).index == intent
    scene.clock.advance(timedelta(microseconds=1))
    refused(scene, errors.BeaconDue, intent)


def test_a_beacon_that_nobody_knows_is_refused(scene: Scene) -> None:
    refused(scene, errors.BeaconUnknown, scene.ready(beacon=Beacon(bytes(32), 1)))


# Whose keys


def test_an_agent_that_is_not_named_does_not_contribute(scene: Scene) -> None:
    intent = scene.ready(named=[scene.centre, scene.second])
    refused(scene, errors.NotNamed, intent)
    other = scene.ready("drw_2", lots=["other"], named=[scene.centre, replace(scene.first, vrf=scene.second.vrf)])
    refused(scene, errors.NotNamed, other, draw="drw_2", lots=["other"])


@pytest.mark.parametrize("early", [timedelta(0), SECOND])
def test_a_key_has_to_settle_before_the_request(scene: Scene, early: timedelta) -> None:
    late = scene.approve(9)
    scene.follow()
    scene.clock.advance(SETTLING - early)
    intent = scene.ready(named=[scene.centre, scene.first, late])
    if early:
        refused(scene, errors.KeyNotSettled, intent, late.registered)
    else:
        assert scene.judge(intent).index == intent


def test_a_key_that_is_approved_after_the_request_is_too_late_however_long_ago_that_was(scene: Scene) -> None:
    scene.request()
    late = scene.approve(9)
    scene.follow()
    scene.clock.advance(SETTLING + DAY)
    intent = scene.ready(named=[scene.centre, scene.first, late], requested=False)
    refused(scene, errors.KeyNotSettled, intent, late.registered)


def test_an_approval_that_claims_to_be_older_than_the_agent_knows_is_not_believed(scene: Scene) -> None:
    """The centre writes the times of entries; the agent has seen the log without this one yesterday."""
    scene.follow()
    scene.clock.advance(DAY)
    late = scene.approve(9, at=scene.clock.now() - SETTLING - DAY)
    intent = scene.ready(named=[scene.centre, scene.first, late])
    refused(scene, errors.KeyNotSettled, intent, late.registered)


def test_a_request_that_claims_to_be_younger_than_the_agent_knows_is_not_believed(scene: Scene) -> None:
    late = scene.approve(9)
    scene.follow()
    scene.clock.advance(DAY)
    scene.request(at=scene.clock.now() + SETTLING)
    intent = scene.ready(named=[scene.centre, scene.first, late], requested=False)
    refused(scene, errors.KeyNotSettled, intent, late.registered)


def test_a_draw_without_a_request_is_refused(scene: Scene) -> None:
    scene.request("drw_2")
    refused(scene, errors.NoRequest, scene.ready(requested=False))


def test_a_key_that_nobody_approved_is_refused(scene: Scene) -> None:
    stranger = replace(scene.approve(9), registered=scene.first.registered)
    scene.follow()
    refused(scene, errors.KeyNotApproved, scene.ready(named=[scene.centre, scene.first, stranger]))


def test_another_key_than_the_approved_one_is_refused(scene: Scene) -> None:
    swapped = replace(scene.second, vrf=scene.approve(9).vrf)
    refused(scene, errors.KeyNotApproved, scene.ready(named=[scene.centre, scene.first, swapped]))


def test_a_registration_is_no_approval(scene: Scene) -> None:
    index = scene.add("holder.registered", **scene.shown(scene.second))
    intent = scene.ready(named=[scene.centre, scene.first, replace(scene.second, registered=index)])
    refused(scene, errors.KeyNotApproved, intent)


def test_a_key_that_was_retired_before_the_request_is_refused(scene: Scene) -> None:
    scene.retire(scene.second)
    refused(scene, errors.KeyNotApproved, scene.ready())


def test_two_keys_of_one_organisation_are_refused(scene: Scene) -> None:
    twin = scene.approve_as(replace(scene.approve(9), credit_code=scene.second.credit_code))
    scene.follow()
    scene.clock.advance(SETTLING)
    refused(scene, errors.SameOrganisation, scene.ready(named=[scene.centre, scene.first, scene.second, twin]))


def test_contributors_that_are_all_the_centres_own_are_refused(scene: Scene) -> None:
    branch = scene.approve(9, outside=False)
    scene.follow()
    scene.clock.advance(SETTLING)
    intent = scene.ready(named=[scene.centre, branch, scene.first])
    refused(scene, errors.NobodyOutside, intent)


def test_records_are_sealed_to_approved_keys_and_never_to_the_centre_alone(scene: Scene) -> None:
    sets = (tuple(sorted((scene.centre.id, scene.first.id))),)
    keys = {scene.centre.id: scene.centre.share, scene.first.id: scene.second.share}
    refused(scene, errors.WrongShareKey, scene.ready(sealed_to=Holders(keys, sets)))
    keys = {scene.centre.id: scene.centre.share}
    alone = scene.ready("drw_2", lots=["other"], sealed_to=Holders(keys, ((scene.centre.id,),)))
    refused(scene, errors.NobodyOutside, alone, draw="drw_2", lots=["other"])


def test_a_vault_key_that_the_log_does_not_show_is_refused(scene: Scene) -> None:
    refused(scene, errors.WrongVault, scene.ready(vault=bytes(32)))
    before = scene.vault
    scene.vault = scene.approve(9).share
    scene.add("vault.registered", public=scene.vault.hex())
    old = scene.ready("drw_2", lots=["other"], vault=before)
    refused(scene, errors.WrongVault, old, draw="drw_2", lots=["other"])


# Another intent for the same lot


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
