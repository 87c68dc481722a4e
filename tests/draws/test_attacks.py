"""Whoever would choose, see again or change who is drawn, and how it fails at the vault.

What the agents of the key holders refuse by themselves is in tests/custodian; what a bundle refuses in tests/protocol.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from expertpool.core.clock import FixedClock
from expertpool.core.errors import ExpertpoolError
from expertpool.draws import errors, service
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.stored_table import stored_table
from expertpool.experts import service as experts
from expertpool.experts.lifecycle import Verb
from expertpool.experts.protection import Protector
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.models import EvaluationSession
from expertpool.protocol.agents import make_approval
from ledger import ed25519
from tests.draws.reckoning import reckon
from tests.draws.scenes import organisations, sits, until
from tests.draws.world import TODAY, Agent, DrawWorld
from tests.projects.world import FACTS, SITTING
from tests.sealing.world import Keys, World, credit_code
from tests.website import opened

SUPERVISOR = bytes(range(32))


def again(world: DrawWorld, draw: Draw) -> Draw:
    """Cancel the session, and apply for the same lot in another of the project."""
    with world.session() as session:
        project = session.get_one(EvaluationSession, draw.session_id).project
    world.sealing.as_(Role.INITIATOR, lambda tx: projects.cancel_session(tx, draw.session_id, reason="改期"))
    return world.apply(world.sitting(project, replace(SITTING, code="S2")))


def signed(draw: Draw, first: int) -> dict[str, str]:
    return make_approval(
        lambda message: ed25519.sign(SUPERVISOR, message), ed25519.public_key(SUPERVISOR), draw.id, first, "首次中止"
    )


def intent_of(world: DrawWorld, draw: Draw) -> dict[str, Any]:
    (body,) = (body for body in world.bodies("draw.intended") if body["draw"] == draw.id)
    return body


# ---------------------------------------------------------------- a second intent


def test_a_second_session_for_a_lot_is_the_supervisor_s_to_decide_and_names_the_first(world: DrawWorld) -> None:
    first, vault = world.applied(), world.vault()
    world.go_on(vault)
    index = world.bodies("draw.completed")[0]["intent"]
    second = again(world, first)
    world.go_on(vault, rounds=2)
    assert world.state(second) is DrawState.REFERRED
    for bad in (None, {}, signed(first, index), signed(second, index + 1), {**signed(second, index), "reason": "另"}):
        with pytest.raises(errors.ApprovalUnsigned):
            world.sealing.as_(
                Role.SUPERVISOR,
                lambda tx, bad=bad: service.approve(tx, second.id, reason="同意", signed=bad),  # type: ignore[misc]  # a lambda's default
            )
    good = signed(second, index)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, second.id, reason="同意", signed=good))
    world.go_on(vault, rounds=2)
    assert intent_of(world, second)["first"] == index
    assert intent_of(world, second)["lots"] == intent_of(world, first)["lots"], "the log shows that it is the same lot"


@pytest.mark.parametrize("over", ["cancelled", "aborted"])
def test_after_a_cancelled_or_aborted_draw_it_is_no_different(world: DrawWorld, over: str) -> None:
    first, vault = world.applied(), world.vault()
    if over == "cancelled":
        world.go_on(vault)
        world.sealing.as_(Role.INITIATOR, lambda tx: service.cancel(tx, first.id, reason="重抽"))
        with world.session() as session:
            sitting = session.get_one(EvaluationSession, first.session_id)
    else:
        world.agents[0].silent = True
        world.go_on(vault, rounds=2)
        world.clock.advance(timedelta(minutes=61))
        world.go_on(vault, rounds=1)
        world.agents[0].silent = False
        with world.session() as session:
            sitting = session.get_one(EvaluationSession, first.session_id)
    assert world.state(first).value == over
    second = world.apply(sitting)
    world.go_on(vault)
    assert world.state(second) is DrawState.REFERRED
    assert len(world.bodies("draw.intended")) == 1


def test_two_requests_before_either_has_an_intent_do_not_get_two(world: DrawWorld) -> None:
    """Both look like the first when they are submitted; the one whose session was cancelled meanwhile is returned."""
    first = world.applied()
    second = again(world, first)
    world.go_on(world.vault(), rounds=14)
    assert (world.state(first), world.state(second)) == (DrawState.RETURNED, DrawState.FILLING)
    assert len(world.bodies("draw.intended")) == 1


def test_after_the_outside_contributions_there_is_no_way_but_to_go_on(world: DrawWorld) -> None:
    """The centre has seen all contributions, dislikes what comes of them, and tries each way out."""
    draw = world.applied()
    until(world, contributed=2)
    unwelcome = reckon(world, draw.id).now
    settings, given = world.site.service.settings.draws, world.application()
    ways: list[Callable[[Any], object]] = [
        lambda tx: service.cancel(tx, draw.id, reason="重抽"),
        lambda tx: service.resubmit(tx, settings, draw.id, given=given),
        lambda tx: service.apply(tx, settings, draw.session_id, given=given),
        lambda tx: service.approve(tx, draw.id, reason="重抽"),
        lambda tx: service.decline(tx, draw.id, reason="重抽"),
    ]
    for way in ways:
        for role in (Role.INITIATOR, Role.SUPERVISOR, Role.CENTRE_STAFF, Role.SYSTEM_ADMINISTRATOR):
            with pytest.raises(ExpertpoolError):
                world.sealing.as_(role, way)
    second = again(world, draw)
    world.go_on(world.vault())
    assert world.state(second) is DrawState.REFERRED
    assert sits(world, draw) == unwelcome


# ---------------------------------------------------------------- contributors


def enrolled(world: DrawWorld, number: int) -> Agent:
    keys = Keys(credit_code(number))
    agent = Agent(keys, world.sealing.enrol(keys))
    world.agents.append(agent)
    return agent


@pytest.mark.parametrize("before", [timedelta(hours=168), timedelta(hours=168, microseconds=-1)])
def test_a_key_that_was_approved_too_late_neither_contributes_nor_stands_by(
    world: DrawWorld, before: timedelta
) -> None:
    late = enrolled(world, 9)
    world.clock.advance(before)
    draw = apply_late(world)
    world.go_on(world.vault(), rounds=2)
    named = [each["organisation"] for each in (*draw["contributors"], *draw["alternates"])]
    assert (late.holder.id in named) is (before == timedelta(hours=168))
    assert (late.holder.id in draw["holders"]["keys"]) is (before == timedelta(hours=168))


def apply_late(world: DrawWorld) -> dict[str, Any]:
    """A draw for a session a day later, up to its intent."""

    project = world.project()
    at = world.clock.now() + timedelta(hours=5)
    timed = replace(SITTING, starts=at, opens_at=at - timedelta(hours=1))
    sitting = world.sealing.as_(Role.INITIATOR, lambda tx: projects.schedule_session(tx, project.id, facts=timed))
    draw = world.apply(sitting)
    vault = world.vault()
    while vault.step():
        pass
    return intent_of(world, draw)


def test_a_key_approved_while_the_request_waits_is_not_asked(world: DrawWorld) -> None:
    draw = world.applied(draw_at=world.clock.now() + timedelta(hours=1))
    late = enrolled(world, 9)
    world.clock.advance(timedelta(hours=1))
    world.go_on(world.vault())
    assert world.state(draw) is DrawState.FILLING
    assert late.holder.id not in str(intent_of(world, draw))


def test_an_organisation_has_one_key_and_a_key_one_organisation(world: DrawWorld) -> None:
    known = world.agents[1].keys
    for keys in (Keys(known.organisation), replace(known, organisation=credit_code(9))):
        with pytest.raises(ExpertpoolError) as refused:
            world.sealing.enrol(keys)
        assert refused.value.code in ("sealing.holder-in-force", "sealing.key-used-before")


def test_a_party_of_the_project_does_not_contribute_to_its_draw(world: DrawWorld) -> None:
    party = world.agents[1]
    owner = replace(FACTS.parties[1], code=party.keys.organisation, name="是密钥保管方的招标人")
    project = world.project(replace(FACTS, parties=(FACTS.parties[0], owner, FACTS.parties[2])))
    draw = world.apply(world.sitting(project))
    world.go_on(world.vault())
    assert world.state(draw) is DrawState.FILLING
    assert organisations(world) == [world.agents[0].holder.id, world.agents[2].holder.id]
    assert party.holder.id not in str(intent_of(world, draw))


# ---------------------------------------------------------------- the pool


@pytest.mark.parametrize(("days", "state"), [(7, DrawState.FILLING), (6, DrawState.RETURNED)])
def test_facts_that_favour_count_seven_days_after_they_were_ledgered(
    sqlite_url: str, tmp_path: Path, days: int, state: DrawState
) -> None:
    clock = FixedClock(TODAY - timedelta(days=days))
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        world = DrawWorld(World(site, clock)).prepare(experts=400)
        world.changed["settling_hours"] = 24  # keys are as old as the pool; here only its facts matter
        draw = world.applied()
        world.go_on(world.vault(), rounds=7)
        assert world.state(draw) is state


def test_who_is_removed_after_the_intent_is_drawn_as_the_roster_stood(world: DrawWorld) -> None:
    """The table is that of ledger size R: removing the unwelcome, or adding the welcome, changes nothing."""
    draw = world.applied()
    until(world, contributed=1)
    foreseen = intent_of(world, draw)["table"]
    with world.session() as session:
        made = stored_table(session, world.parts().keys, draw.id)
    eligible = [each for each, lines in zip(made.experts, made.table.lines, strict=True) if lines]
    protector = Protector(world.site.service.keys)

    def remove(tx: Any) -> None:
        for each in eligible[:300]:
            experts.take_step(tx, protector, each, Verb.REMOVE, ground="专家库〔2026〕9号")

    world.sealing.as_(Role.COMPETENT_DEPARTMENT, remove)
    world.go_on(world.vault())
    with world.session() as session:
        assert stored_table(session, world.parts().keys, draw.id).table.root().hex() == foreseen
    assert sits(world, draw) == reckon(world, draw.id).now
    assert len(world.told) == 4
