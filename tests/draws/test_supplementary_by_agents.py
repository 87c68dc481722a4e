"""A supplementary draw whose key holders judge by the rules of their agents, over a log that they follow themselves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from expertpool.core.ledger_store import SqlLog
from expertpool.custodian import contributing
from expertpool.custodian.directory import SETTLING_S
from expertpool.custodian.errors import NotApproved, Refusal
from expertpool.custodian.following import Follower
from expertpool.custodian.me import Me
from expertpool.custodian.memory import Memory
from expertpool.draws import service
from expertpool.draws.lifecycle import DrawState
from expertpool.identity.roles import Role
from expertpool.protocol import agents, vrf
from expertpool.protocol.replay import as_text
from ledger import ed25519
from ledger.checkpoint import parse_signed_checkpoint
from tests.draws.test_bundle import checked
from tests.draws.test_release_by_other_ways import SECRET, enrol_supervisor
from tests.draws.test_supplementary import exhausted, supplemented
from tests.draws.world import ENROLLED, Agent, DrawWorld
from tests.ledger.signers import signer
from tests.sealing.world import World, private_opener
from tests.service import ORIGIN
from tests.website import opened

SETTLING = timedelta(seconds=SETTLING_S)


@dataclass
class Judging(DrawWorld):
    """Every agent follows the log and contributes only if all rules of docs/spec/agents.md, section 5, hold."""

    folder: Path = Path()
    followers: dict[str, tuple[Memory, Follower]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    contributed: list[tuple[str, int]] = field(default_factory=list)

    def attend(self) -> None:
        for agent in self.agents:
            memory = self.followed(agent)
            for task in self.sealing.tasks(agent.holder, agent.keys):
                opener = private_opener(agent.keys.share)
                plain = agents.open_task(opener, agent.holder.id, task["id"], task["sealed"])
                if plain["kind"] == "keep":
                    self.sealing.answer(agent.holder, agent.keys, task["id"], {"kept": True})
                    continue
                me = Me(agent.holder.id, agent.keys.registration.vrf, agent.holder.outside)
                try:
                    case = contributing.make_case(plain, me, memory, self.clock.now(), SETTLING)
                    contributing.judge(case)
                except contributing.NotYet:
                    continue
                except Refusal as refusal:
                    self.refused.append(refusal)
                    answer = {"refused": refusal.code, "entry": refusal.entry}
                else:
                    answer = {"pi": vrf.prove(agent.keys.vrf, case.entry.hash).hex()}
                    memory.decide(task["id"], answer, intent=case.index, project=plain["project"], lots=plain["lots"])
                    self.contributed.append((agent.holder.id, case.index))
                self.sealing.answer(agent.holder, agent.keys, task["id"], answer)

    def followed(self, agent: Agent) -> Memory:
        """The agent's memory, after it has followed the log as far as it is signed."""
        log = SqlLog(self.site.service.engine)
        if agent.holder.id not in self.followers:
            made = Memory.create(self.folder / f"{agent.holder.id}.db")
            follower = Follower(made, log, signer(ORIGIN).key, self.folder / "evidence", self.clock)
            self.followers[agent.holder.id] = (made, follower)
        memory, follower = self.followers[agent.holder.id]
        signed = parse_signed_checkpoint(log.checkpoint())
        follower.follow(signed)
        if self.site.service.policy.judge(signed).quorum:
            memory.note_quorum(signed.size)
        return memory


@pytest.fixture
def judging(sqlite_url: str, tmp_path: Path) -> Iterator[Judging]:
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        sealing = World(site, clock)
        enrol_supervisor(sealing)
        world = Judging(sealing, folder=tmp_path)
        world.prepare()
        yield world


def approval(secret: bytes) -> Callable[[str, int], dict[str, str]]:
    public = ed25519.public_key(secret)
    return lambda draw, first: agents.make_approval(
        lambda message: ed25519.sign(secret, message), public, draw, first, "一席无法补足"
    )


def test_agents_contribute_to_a_supplementary_draw_and_it_replays(judging: Judging) -> None:
    world = judging
    first = exhausted(world)
    index = world.bodies("draw.completed")[0]["intent"]
    world.changed["vacancies"] = 20
    vault = world.vault()
    more = supplemented(world, first)
    world.go_on(vault, rounds=1)
    given = approval(SECRET)(more.id, index)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, more.id, reason="补一席", signed=given))
    world.go_on(vault)
    assert world.refused == []
    assert world.state(more) is DrawState.FILLING
    later = world.bodies("draw.intended")[-1]
    assert (later["draw"], later["first"]) == (more.id, index)
    both = {intent for _, intent in world.contributed}
    assert len(both) == 2
    assert {holder for holder, intent in world.contributed if intent == index} == {
        holder for holder, intent in world.contributed if intent != index
    }
    world.filled(vault, more)
    world.close(vault, first)
    for draw in (first, more):
        report = checked(world, draw.id, audit=True)
        assert report.verdict == "proven", as_text(report, "en")


def test_agents_refuse_it_for_a_key_that_no_supervisor_registered(judging: Judging) -> None:
    """The centre takes any well-formed approval of a supervisor's account; the agents look whose key it is."""
    world = judging
    first = exhausted(world)
    index = world.bodies("draw.completed")[0]["intent"]
    more, vault = supplemented(world, first), world.vault()
    world.go_on(vault, rounds=1)
    given = approval(bytes(32))(more.id, index)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, more.id, reason="补一席", signed=given))
    world.go_on(vault)
    assert {(type(refusal), refusal.entry) for refusal in world.refused} == {(NotApproved, index)}
    assert {intent for _, intent in world.contributed} == {index}
    assert [body for body in world.bodies("draw.completed") if body["draw"] == more.id] == []
