"""An ordinary project takes no human act between the agency's submission and the experts' answers."""

from collections import Counter

from expertpool.draws.lifecycle import DrawState
from expertpool.identity.models import Actor
from tests.draws.world import DrawWorld


def test_nobody_acts_between_submission_and_the_experts_answers(world: DrawWorld) -> None:
    """Every entry from the request to the last acceptance, counted by who is named in it."""
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    world.filled(vault, draw)
    assert world.state(draw) is DrawState.FILLED

    entries = world.sealing.entries()
    kinds = [entry["kind"] for entry in entries]
    first, last = kinds.index("draw.requested"), kinds.index("draw.filled")
    between = entries[first + 1 : last + 1]
    by_actor = Counter(entry["actor"] for entry in between)
    with world.session() as session:
        people = {actor.id for actor in session.query(Actor)}
    print(f"\n{len(between)} entries: {dict(by_actor)}")  # noqa: T201 -- the count is what is wanted
    assert entries[first]["actor"] in people, "the submission itself is an act of a person, and is seen as one"
    assert not people & by_actor.keys()
    assert set(by_actor) == {"svc:vault"}
    assert Counter(entry["kind"] for entry in between) == {
        "draw.accepted": 1,
        "draw.intended": 1,
        "draw.contributed": 2,
        "draw.completed": 1,
        "draw.calling": 1,
        "draw.accepted-seat": 3,
        "draw.filled": 1,
    }
