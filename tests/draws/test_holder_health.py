"""What the supervisor sees of the key holders: contact, clock, keys, and contributions that they missed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import delete, event, insert, update

from expertpool.audit.guide import by_state
from expertpool.core.clock import FixedClock
from expertpool.draws.holder_health import COUNTED, HolderShown, holders_of
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.words import HOLDERS
from expertpool.identity.models import Actor
from expertpool.identity.roles import Role
from expertpool.sealing.contacts import STEP
from expertpool.sealing.health import CLOCK_SECONDS, Trouble
from expertpool.sealing.models import AgentContact, KeyHolder
from expertpool.sealing.service import retire_holder
from tests.browser import entered
from tests.draws.world import ENROLLED, DrawWorld
from tests.sealing.world import World
from tests.website import opened


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock)).prepare(120)


def holders(world: DrawWorld) -> dict[str, HolderShown]:
    """By identifier."""
    world.site.token(Role.SUPERVISOR)
    with world.session() as session:
        caller = session.get_one(Actor, world.site.actors[Role.SUPERVISOR].id).as_caller()
        found = holders_of(session, world.site.service.settings, caller, world.clock.now())
        return {each.health.holder.id: each for each in found}


def contact(world: DrawWorld, number: int, *, ago: timedelta | None = timedelta(), ahead: int = 0) -> str:
    """Have an agent have asked so long ago, or never; returns its holder."""
    holder = world.agents[number].holder.id
    with world.site.service.engine.begin() as connection:
        connection.execute(delete(AgentContact).where(AgentContact.holder_id == holder))
        if ago is not None:
            row = insert(AgentContact).values(holder_id=holder, seen=world.clock.now() - ago, ahead=ahead)
            connection.execute(row)
    return holder


def test_an_agent_is_silent_after_its_time_and_a_step(world: DrawWorld) -> None:
    limit = timedelta(minutes=world.site.service.settings.preflight.agent_silent_minutes) + STEP
    well, silent = contact(world, 0, ago=limit), contact(world, 1, ago=limit + timedelta(seconds=1))
    never = contact(world, 2, ago=None)
    found = holders(world)
    assert found[well].states == []
    assert found[silent].health.troubles == [Trouble.SILENT]
    assert found[never].health.contact is None
    assert found[never].states == ["holder-silent"]


def test_a_clock_may_be_off_by_so_much(world: DrawWorld) -> None:
    for ahead, off in ((CLOCK_SECONDS, False), (CLOCK_SECONDS + 1, True), (-CLOCK_SECONDS - 1, True)):
        holder = contact(world, 0, ahead=ahead)
        assert (holders(world)[holder].states == ["holder-clock-off"]) == off, ahead


def test_keys_wait_for_approval_then_settle(world: DrawWorld) -> None:
    holder = contact(world, 0)
    settling = timedelta(hours=world.site.service.settings.draws.settling_hours)
    now = world.clock.now()
    for approved, states in (
        (None, ["holder-pending"]),
        (now - settling + timedelta(seconds=1), ["holder-settling"]),
        (now - settling, []),
    ):
        with world.site.service.engine.begin() as connection:
            connection.execute(update(KeyHolder).where(KeyHolder.id == holder).values(approved=approved))
        assert holders(world)[holder].states == states


def test_a_retired_holder_is_no_longer_shown(world: DrawWorld) -> None:
    holder = contact(world, 0)
    world.sealing.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: retire_holder(tx, holder, reason="x"))
    assert holder not in holders(world)


def test_whoever_gave_nothing_missed_it(world: DrawWorld) -> None:
    late = world.agents[1]
    draw, vault = world.applied(), world.vault()
    late.silent = True
    world.go_on(vault)
    assert world.state(draw) is DrawState.INTENT
    assert holders(world)[late.holder.id].asked == 0, "it still has time"
    world.clock.advance(timedelta(minutes=11))
    world.go_on(vault)
    assert world.state(draw) is not DrawState.INTENT
    found = holders(world)
    assert {id_: (each.asked, each.missed) for id_, each in found.items()} == {
        agent.holder.id: (1, int(agent is late)) for agent in world.agents
    }
    assert "holder-missed" in found[late.holder.id].states
    world.clock.advance(COUNTED)
    assert holders(world)[late.holder.id].missed == 0


def test_the_supervisor_sees_them_with_what_to_do(world: DrawWorld) -> None:
    names = [agent.holder.name for agent in world.agents]
    contact(world, 0)
    contact(world, 1, ago=None)
    contact(world, 2, ago=timedelta(days=1))
    supervisor = entered(world.site, Role.SUPERVISOR)
    statements: list[str] = []
    event.listen(
        world.site.service.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: statements.append(statement)
    )
    answer = supervisor.get("/supervision")
    assert len(statements) <= 25
    text = unescape(answer.text)
    assert [name for name in names if name not in text] == []
    assert text.count("从未") == 1
    assert len(re.findall(r'href="/guide#holder-silent"', text)) == 2
    assert "正常" in text


def test_every_state_has_words_and_an_entry_in_the_guide() -> None:
    states = {f"holder-{each.value}" for each in Trouble} | {"holder-missed"}
    assert states == HOLDERS.keys()
    assert states <= by_state().keys()
