"""What an agent does not contribute to: each rule of docs/spec/agents.md, section 5, and who tries to get around it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from expertpool.custodian import contributing, errors
from expertpool.protocol.beacon import CHAINS, round_after
from expertpool.protocol.envelope import Holders
from expertpool.protocol.intent import Beacon
from tests.custodian.scene import SETTLING, Scene, refused, waits_for
from tests.custodian.village import DAY, LOTS

SECOND = timedelta(seconds=1)


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
