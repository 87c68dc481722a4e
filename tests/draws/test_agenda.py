"""A round looks at the draws of which something has changed, and at no other."""

from datetime import timedelta

import pytest

from expertpool.core import checkpoints
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.vault.agenda import Agenda
from expertpool.vault.process import STEPS
from ledger.policy import parse_policy
from tests.draws.scenes import another_project, decline, sits
from tests.draws.world import STARTS, DrawWorld

SECOND = timedelta(seconds=1)


def agenda(world: DrawWorld) -> Agenda:
    return Agenda(world.parts(), STEPS)


def looked_at(agenda: Agenda, draw: Draw) -> bool:
    """Whether a draw is looked at; then there was nothing to do."""
    found = [due for due in agenda.due() if due.draw == draw.id]
    for due in found:
        agenda.nothing_to_do(due)
    return bool(found)


def test_a_draw_is_left_alone_until_it_changes(world: DrawWorld) -> None:
    draw, own = world.applied(), agenda(world)
    assert looked_at(own, draw)
    assert not looked_at(own, draw)
    world.vault().step()
    assert looked_at(own, draw)


def test_each_process_looks_at_each_draw_once(world: DrawWorld) -> None:
    draw = world.applied()
    assert looked_at(agenda(world), draw)
    assert looked_at(agenda(world), draw)


def test_what_no_row_tells_is_looked_for_every_second(world: DrawWorld) -> None:
    draw, own = world.applied(), agenda(world)
    assert looked_at(own, draw)
    world.clock.advance(SECOND / 2)
    assert not looked_at(own, draw)
    world.clock.advance(SECOND / 2)
    assert looked_at(own, draw)


def test_a_quorum_past_the_last_act_is_a_change_once(world: DrawWorld) -> None:
    draw, vault, own = world.applied(), world.vault(), agenda(world)
    while vault.step():
        pass
    assert world.state(draw) is DrawState.INTENT
    looked_at(own, draw)
    world.sign()
    assert looked_at(own, draw)
    another_project(world)  # the ledger grows
    world.sign()
    assert not looked_at(own, draw)


def test_a_refusal_and_a_vacancy_are_changes(world: DrawWorld) -> None:
    world.agents[1].refuses = "agents.deadline-passed"
    draw, vault, own = world.applied(), world.vault(), agenda(world)
    world.go_on(vault)
    assert world.state(draw) is DrawState.FILLING  # an alternate stepped in
    looked_at(own, draw)
    decline(world, draw, min(sits(world, draw)))
    vault.step()
    assert looked_at(own, draw)


def test_a_committee_that_is_complete_is_looked_at_once_a_minute_and_when_its_report_is_signed(
    world: DrawWorld,
) -> None:
    draw, vault, own = world.applied(), world.vault(), agenda(world)
    world.go_on(vault)
    world.filled(vault, draw)
    world.clock.advance(STARTS.replace(second=0) - world.clock.now())
    assert looked_at(own, draw)
    world.clock.advance(59 * SECOND)
    assert not looked_at(own, draw)
    world.clock.advance(SECOND)
    assert looked_at(own, draw)
    world.close(vault, draw)
    assert world.state(draw) is DrawState.CLOSED
    assert not looked_at(own, draw)


def test_of_one_day_only_the_first_is_looked_at_until_it_has_its_result(world: DrawWorld) -> None:
    both, vault = [world.applied(), another_project(world)], world.vault()
    while vault.step():
        pass
    states = {draw.id: world.state(draw) for draw in both}
    assert sorted(states.values()) == [DrawState.ACCEPTED, DrawState.INTENT]
    assert [due.state for due in agenda(world).due()] == [DrawState.INTENT]
    world.go_on(vault, rounds=24)
    assert {world.state(draw) for draw in both} == {DrawState.FILLING}


def test_a_draw_before_its_time_is_not_looked_at(world: DrawWorld) -> None:
    draw, vault = world.applied(draw_at=world.clock.now() + timedelta(minutes=1)), world.vault()
    while vault.step():
        pass
    assert world.state(draw) is DrawState.ACCEPTED
    assert not looked_at(agenda(world), draw)
    world.clock.advance(timedelta(minutes=1))
    assert looked_at(agenda(world), draw)


def test_the_longest_due_comes_first(world: DrawWorld) -> None:
    world.clock.advance(timedelta(minutes=5))
    late, early = world.applied(), another_project(world, draw_at=world.clock.now() - timedelta(minutes=1))
    assert [due.draw for due in agenda(world).due()] == [early.id, late.id]
    assert {due.state for due in agenda(world).due()} == {DrawState.SUBMITTED}


@pytest.mark.parametrize("quorum", ["none", "other", "own"])
def test_how_far_a_quorum_has_come(world: DrawWorld, quorum: str) -> None:
    service = world.site.service
    world.sign()
    cosigned = checkpoints.latest(service.engine)
    world.project()
    service.signer.step()
    newest = checkpoints.latest(service.engine)
    assert cosigned is not None
    assert newest is not None
    assert newest.size > cosigned.size
    text = service.policy_text
    if quorum == "none":
        text = text.replace("quorum 市公证处", "quorum none")
    if quorum == "other":  # a policy that does not know the log: nothing counts under it
        text = "\n".join(line for line in text.split("\n") if not line.startswith("log"))
    expected = {"none": newest.size, "other": 0, "own": cosigned.size}[quorum]
    assert checkpoints.witnessed(service.engine, parse_policy(text.encode())) == expected
