"""A draw from request to filled committee."""

from expertpool.draws.lifecycle import DrawState
from expertpool.invitations.answering import Word
from tests.draws.world import DrawWorld


def test_a_committee_is_drawn_called_and_filled(either_world: DrawWorld) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()

    world.go_on(vault)

    assert world.state(draw) is DrawState.FILLING
    seated = world.seated(draw)
    assert len(seated) == len({each.expert for each in seated.values()}) == 4
    assert len(world.told) == 4
    for occupant in seated.values():
        world.answer(occupant.answer_code, Word.ACCEPT)
    world.go_on(vault, rounds=2)
    assert world.state(draw) is DrawState.FILLED
