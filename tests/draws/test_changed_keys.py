"""A key holder changes its keys while a request is under way: what was submitted keeps the keys that it found."""

from datetime import timedelta

import pytest

from expertpool.draws.lifecycle import DrawState
from expertpool.identity.roles import Role
from expertpool.sealing import service
from tests.draws.scenes import organisations
from tests.draws.world import Agent, DrawWorld
from tests.sealing.world import Keys

SETTLING_HOURS = 1
SECOND = timedelta(seconds=1)


def change_keys(world: DrawWorld) -> Agent:
    """The first outside holder's successors, approved now."""
    former = world.agents[1]
    keys = Keys(former.keys.organisation, former=former.keys.transport)
    later = Agent(keys, world.sealing.enrol(keys))
    world.agents.append(later)
    return later


@pytest.mark.parametrize(("late", "names_successor"), [(-SECOND, False), (timedelta(0), True)], ids=["before", "after"])
def test_a_request_names_the_keys_that_had_settled_when_it_was_submitted(
    world: DrawWorld, late: timedelta, *, names_successor: bool
) -> None:
    """Submitted a second before the successors have settled, drawn long after: still with the former keys."""
    world.changed["settling_hours"] = SETTLING_HOURS
    former, later = world.agents[1], change_keys(world)
    world.clock.advance(timedelta(hours=SETTLING_HOURS) + late)
    draw = world.applied()
    world.clock.advance(timedelta(minutes=5))
    world.go_on(world.vault())
    assert world.state(draw) is DrawState.FILLING
    named = (later if names_successor else former).holder
    assert organisations(world) == [world.agents[0].holder.id, named.id]
    (intent,) = world.bodies("draw.intended")
    other = (former if names_successor else later).holder
    assert named.id in str(intent)
    assert other.id not in str(intent)  # neither to contribute, nor as alternate, nor to seal to


def test_retiring_the_former_keys_early_loses_the_draw_that_names_them_and_no_other(world: DrawWorld) -> None:
    """Why they are retired last: whoever retires them too early has what names them drawn without them."""
    world.changed["settling_hours"] = SETTLING_HOURS
    former = world.agents[1]
    change_keys(world)
    world.clock.advance(timedelta(hours=SETTLING_HOURS) - SECOND)
    draw = world.applied()
    world.sealing.as_(
        Role.SECURITY_ADMINISTRATOR, lambda tx: service.retire_holder(tx, former.holder.id, reason="过早")
    )
    world.agents.remove(former)
    world.go_on(world.vault())
    assert former.holder.id not in organisations(world)
    assert world.state(draw) is DrawState.FILLING
