"""From intent to result: who contributes, who steps in, and what waits for whom."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from expertpool.draws.lifecycle import DrawState
from expertpool.protocol.beacon import CHAINS, Round, round_due, verify_round
from expertpool.protocol.intent import Beacon
from expertpool.protocol.seed import BeaconValue
from expertpool.vault.beacon import DrandRelay
from tests.draws.reckoning import reckon
from tests.draws.scenes import another_project, kinds, organisations, sits, until
from tests.draws.world import DrawWorld

DRAND = json.loads((Path(__file__).parents[1] / "protocol" / "vectors" / "drand.json").read_text())


def test_the_order_of_the_entries_and_who_sits(either_world: DrawWorld) -> None:
    world = either_world
    draw = world.applied()
    world.go_on(world.vault())
    assert kinds(world, draw) == [
        "draw.requested",
        "draw.accepted",
        "draw.intended",
        "draw.contributed",
        "draw.contributed",
        "draw.completed",
        "draw.calling",
    ]
    assert organisations(world) == [agent.holder.id for agent in world.agents[:2]]
    assert sits(world, draw) == reckon(world, draw.id).now


def test_no_outside_agent_is_asked_before_a_quorum_has_cosigned_the_centre_s(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    for _ in range(5):
        while vault.step():
            pass
        world.site.service.signer.step()  # signed, and cosigned by nobody
        world.attend()
    assert organisations(world) == [world.agents[0].holder.id]
    assert world.sealing.tasks(world.agents[1].holder, world.agents[1].keys) == []
    world.go_on(vault)
    assert world.state(draw) is DrawState.FILLING


def test_nothing_is_drawn_before_a_quorum_has_cosigned_every_contribution(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    until(world, contributed=2)
    world.site.service.signer.step()
    assert not vault.step()
    assert world.state(draw) is DrawState.INTENT
    world.site.service.cosign()
    assert vault.step()
    assert world.state(draw) is not DrawState.INTENT


def test_without_a_policy_no_outside_agent_is_asked(world: DrawWorld) -> None:
    draw = world.applied()
    world.go_on(world.vault(policy=None))
    assert (world.state(draw), organisations(world)) == (DrawState.INTENT, [world.agents[0].holder.id])


@pytest.mark.parametrize("late", [timedelta(seconds=120), timedelta(seconds=120, microseconds=1)])
def test_an_alternate_steps_in_after_the_time_that_the_intent_says(world: DrawWorld, late: timedelta) -> None:
    draw, vault = world.applied(), world.vault()
    world.agents[1].silent = True
    world.go_on(vault, rounds=6)
    assert world.bodies("draw.stepped-in") == []
    world.clock.advance(late)
    world.go_on(vault, rounds=6)
    if late == timedelta(seconds=120):
        assert world.state(draw) is DrawState.INTENT
        return
    centre, replaced, alternate = (agent.holder.id for agent in world.agents)
    (stepped,) = world.bodies("draw.stepped-in")
    assert (stepped["alternate"], stepped["replaced"]) == (alternate, replaced)
    assert organisations(world) == [centre, alternate]
    assert sits(world, draw) == reckon(world, draw.id).now


@pytest.mark.parametrize("refuses", ["second-intent", "x" * 500])
def test_an_alternate_steps_in_at_once_after_a_refusal(either_world: DrawWorld, refuses: str) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()
    world.agents[1].refuses = refuses
    world.go_on(vault)
    assert len(world.bodies("draw.stepped-in")) == 1
    assert sits(world, draw) == reckon(world, draw.id).now


def test_an_answer_that_comes_after_the_alternate_s_changes_nothing(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.agents[1].silent = True
    world.go_on(vault, rounds=6)
    world.clock.advance(timedelta(seconds=121))
    while vault.step():
        pass
    world.agents[1].silent = False
    world.go_on(vault)
    assert organisations(world) == [world.agents[0].holder.id, world.agents[2].holder.id]
    assert sits(world, draw) == reckon(world, draw.id).now


@pytest.mark.parametrize("silent", [(0,), (1, 2)])
def test_a_draw_is_aborted_at_its_deadline_and_names_who_defaulted(
    either_world: DrawWorld, silent: tuple[int, ...]
) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()
    for each in silent:
        world.agents[each].silent = True
    for _ in range(4):
        world.go_on(vault, rounds=4)
        world.clock.advance(timedelta(seconds=121))
    assert world.state(draw) is DrawState.INTENT
    world.clock.advance(timedelta(minutes=60))
    for each in silent:
        world.agents[each].silent = False
    world.go_on(vault, rounds=4)
    assert world.state(draw) is DrawState.ABORTED
    defaulted = {0: [world.agents[0].holder.id, world.agents[1].holder.id], 1: [world.agents[2].holder.id]}
    (aborted,) = world.bodies("draw.aborted")
    assert aborted["defaulted"] == defaulted[silent[0]]
    assert world.bodies("draw.completed") == []


def test_a_completely_contributed_draw_is_drawn_after_its_deadline_too(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    until(world, contributed=2)
    world.clock.advance(timedelta(days=1))
    world.go_on(vault, rounds=2)
    assert (world.state(draw), world.bodies("draw.aborted")) == (DrawState.FILLING, [])


def test_one_stuck_draw_holds_up_no_other(world: DrawWorld) -> None:
    """Without a holder from outside a draw cannot be fixed, and stays accepted; the day after it can."""
    draw, vault = world.applied(), world.vault()
    world.changed["settling_hours"] = 24 * 365
    world.go_on(world.vault(), rounds=2)
    assert world.state(draw) is DrawState.ACCEPTED
    world.go_on(vault)
    assert world.state(draw) is DrawState.FILLING


class PublishedBeacon:
    """Plays the relay of a chain: a real round, under the number that an intent declares."""

    def __init__(self, world: DrawWorld) -> None:
        vector = next(each for each in DRAND["rounds"] if each["chain"] == "quicknet")
        self.chain = DRAND["chains"]["quicknet"]["chain_hash"]
        signature, previous = bytes.fromhex(vector["signature"]), bytes.fromhex(vector.get("previous_signature", ""))
        self.real = Round(self.chain, vector["round"], signature, previous)
        self.world = world
        self.asked: list[Beacon] = []

    def __call__(self, wanted: Beacon) -> Round | None:
        self.asked.append(wanted)
        due = round_due(CHAINS[self.chain], wanted.round)
        return self.real if self.world.clock.now() >= due else None


def test_a_declared_round_is_waited_for_and_mixed_in(world: DrawWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent declares the round of which a real signature is known."""
    relay, due = PublishedBeacon(world), world.clock.now() + timedelta(seconds=360)
    world.changed["beacon"] = relay.chain
    monkeypatch.setattr("expertpool.draws.intending.round_after", lambda chain, moment: relay.real.round)
    monkeypatch.setattr("expertpool.draws.intending.round_due", lambda chain, number: due)
    monkeypatch.setattr("tests.draws.test_contributing.round_due", lambda chain, number: due)
    draw = world.applied()
    vault = world.vault(beacon=relay)
    world.go_on(vault)
    assert relay.asked
    assert (world.state(draw), len(organisations(world))) == (DrawState.INTENT, 2)
    world.clock.advance(timedelta(seconds=360))
    world.go_on(vault, rounds=3)
    (intent,) = world.bodies("draw.intended")
    assert intent["beacon"] == {"chain": relay.chain, "round": relay.real.round}
    value = BeaconValue(bytes.fromhex(relay.chain), relay.real.round, verify_round(relay.real))
    assert sits(world, draw) == reckon(world, draw.id, value).now
    assert sits(world, draw) != reckon(world, draw.id).now


def test_nothing_is_contributed_once_the_declared_round_is_known(world: DrawWorld) -> None:
    chain = DRAND["chains"]["quicknet"]["chain_hash"]
    world.changed["beacon"] = chain
    draw, vault = world.applied(), world.vault()
    world.agents[1].silent = world.agents[2].silent = True
    world.go_on(vault, rounds=6)
    (intent,) = world.bodies("draw.intended")
    due = round_due(CHAINS[chain], intent["beacon"]["round"])
    assert intent["deadline"] == due.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    world.clock.advance(due - world.clock.now())
    world.agents[1].silent = world.agents[2].silent = False
    world.go_on(vault, rounds=6)
    assert (world.state(draw), len(organisations(world))) == (DrawState.ABORTED, 1)


def test_the_relay_is_not_asked_before_the_round_is_due(world: DrawWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = DRAND["chains"]["quicknet"]["chain_hash"]
    relay = DrandRelay("https://relay.example", world.clock)
    asked: list[object] = []
    monkeypatch.setattr(relay, "_fetch", lambda *wanted: asked.append(wanted))
    monkeypatch.setattr("expertpool.vault.beacon.verify_round", lambda _: None)
    now = world.clock.now()
    number = int((now - CHAINS[chain].genesis) / CHAINS[chain].period) + 2
    assert relay(Beacon(bytes.fromhex(chain), number)) is None
    assert asked == []
    world.clock.advance(round_due(CHAINS[chain], number) - now)
    relay(Beacon(bytes.fromhex(chain), number))
    assert asked == [(chain, number)]


def test_two_draws_of_a_day_do_not_seat_one_expert(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    other = another_project(world)
    world.go_on(vault, rounds=14)
    assert world.state(draw) is world.state(other) is DrawState.FILLING
    assert not set(sits(world, draw).values()) & set(sits(world, other).values())
    intents = [entry["index"] for entry in world.sealing.entries() if entry["kind"] == "draw.intended"]
    results = [entry["index"] for entry in world.sealing.entries() if entry["kind"] == "draw.completed"]
    assert intents[0] < results[0] < intents[1] < results[1], "the second intent waited for the first result"
