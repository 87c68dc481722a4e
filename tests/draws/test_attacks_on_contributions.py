"""What is sent instead of a contribution counts as none: forged, swapped, replayed, withheld."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from expertpool.protocol import agents, vrf
from tests.draws.reckoning import reckon
from tests.draws.scenes import organisations, sits, until
from tests.draws.world import Agent, DrawWorld
from tests.sealing.world import Keys, private_opener

# ---------------------------------------------------------------- contributions


def answered(world: DrawWorld, agent: Agent, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Have an agent's transport key send what somebody else thought of."""
    for task in world.sealing.tasks(agent.holder, agent.keys):
        plain = agents.open_task(private_opener(agent.keys.share), agent.holder.id, task["id"], task["sealed"])
        world.sealing.answer(agent.holder, agent.keys, task["id"], answer(plain))


def proofs(world: DrawWorld) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
    """What is sent instead of the contribution."""
    own, other = world.agents[1].keys, world.agents[2].keys

    def proved(keys: Keys, alpha: Callable[[dict[str, Any]], bytes]) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda plain: {"pi": vrf.prove(keys.vrf, alpha(plain)).hex()}

    def here(plain: dict[str, Any]) -> bytes:
        return world.entry_hash(plain["intent"])

    def bent(plain: dict[str, Any]) -> dict[str, Any]:
        proof = bytearray(vrf.prove(own.vrf, here(plain)))
        proof[40] ^= 1
        return {"pi": bytes(proof).hex()}

    return {
        "another organisation's": proved(other, here),
        "of another intent": proved(own, lambda plain: world.entry_hash(plain["intent"] - 1)),
        "one bit off": bent,
        "zeros": lambda _: {"pi": "00" * 80},
        "too short": lambda _: {"pi": "00" * 79},
        "no text": lambda _: {"pi": 7},
        "nothing": lambda _: {},
        "both": lambda plain: {"pi": vrf.prove(own.vrf, here(plain)).hex(), "refused": "no"},
    }


WRONG = (
    "another organisation's",
    "of another intent",
    "one bit off",
    "zeros",
    "too short",
    "no text",
    "nothing",
    "both",
)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_the_contribution_counts_as_none(world: DrawWorld, wrong: str) -> None:
    draw, vault = world.applied(), world.vault()
    world.agents[1].silent = True
    world.go_on(vault, rounds=5)
    answered(world, world.agents[1], proofs(world)[wrong])
    world.go_on(vault)
    assert organisations(world) == [world.agents[0].holder.id, world.agents[2].holder.id]
    assert len(world.bodies("draw.stepped-in")) == 1
    assert sits(world, draw) == reckon(world, draw.id).now


def test_an_answer_of_another_draw_is_not_taken_for_this_one(world: DrawWorld) -> None:
    """The sealed answer is bound to its task: sent for another, or by another holder, it opens as nothing."""
    draw, vault = world.applied(), world.vault()
    world.agents[1].silent = True
    world.go_on(vault, rounds=5)
    agent = world.agents[1]
    (task,) = world.sealing.tasks(agent.holder, agent.keys)
    public = world.sealing.vault.public_key().public_bytes_raw()
    good = {"pi": vrf.prove(agent.keys.vrf, world.entry_hash(world.bodies("draw.contributed")[0]["intent"])).hex()}
    moved = agents.seal_answer(public, agent.holder.id, "tsk_" + "0" * 26, good)
    sent = world.sealing.hand_in(agent.holder, agent.keys, {task["id"]: b64encode(moved).decode()})
    assert sent.status_code == 200
    stranger = world.sealing.hand_in(world.agents[2].holder, world.agents[2].keys, {task["id"]: "AAAA"})
    assert stranger.status_code == 404
    world.go_on(vault)
    assert organisations(world) == [world.agents[0].holder.id, world.agents[2].holder.id]
    assert sits(world, draw) == reckon(world, draw.id).now


def test_the_first_answer_counts(world: DrawWorld) -> None:
    """A holder that thinks better of its contribution cannot take it back."""
    draw, vault = world.applied(), world.vault()
    until(world, contributed=1)
    world.sign()
    while vault.step():
        pass
    agent = world.agents[1]
    tasks = world.sealing.tasks(agent.holder, agent.keys)
    world.attend()
    for task in tasks:
        assert world.sealing.answer(agent.holder, agent.keys, task["id"], {"refused": "no"}).status_code == 200
    world.go_on(vault)
    assert organisations(world)[1] == agent.holder.id
    assert sits(world, draw) == reckon(world, draw.id).now
