"""The supplementary draw: what a first draw could not fill, by an intent of its own."""

from io import BytesIO

import pytest

from expertpool.draws import service
from expertpool.draws.answering import Word
from expertpool.draws.errors import ApprovalUnsigned, NothingToSupplement
from expertpool.draws.exporting import export
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role
from expertpool.protocol.agents import make_approval
from expertpool.protocol.bundle import write_bundle
from expertpool.protocol.replay import Trust, as_text, replay
from ledger import ed25519
from tests.draws.world import DrawWorld

SUPERVISOR = bytes(range(32))


def signed(draw: Draw, first: int, reason: str = "一席无法补足") -> dict[str, str]:
    return make_approval(
        lambda message: ed25519.sign(SUPERVISOR, message), ed25519.public_key(SUPERVISOR), draw.id, first, reason
    )


def exhausted(world: DrawWorld) -> Draw:
    """A draw in which three accepted, and one seat could not be filled within the cap."""
    world.changed["vacancies"] = 1
    draw = world.applied()
    vault = world.vault()
    world.go_on(vault)
    gone = next(iter(world.seated(draw)))
    world.answer(world.seated(draw)[gone].answer_code, Word.DECLINE)
    world.go_on(vault, rounds=2)
    for seat, occupant in world.seated(draw).items():
        world.answer(occupant.answer_code, Word.DECLINE if seat == gone else Word.ACCEPT)
    world.go_on(vault, rounds=3)
    assert world.state(draw) is DrawState.EXHAUSTED
    return draw


def test_members_keep_their_seats_and_nobody_is_drawn_twice(world: DrawWorld) -> None:
    first = exhausted(world)
    intent = world.bodies("draw.completed")[0]["intent"]
    world.changed["vacancies"] = 20
    vault = world.vault()

    more = world.sealing.as_(
        Role.SUPERVISOR, lambda tx: service.supplement(tx, first.id, reason="补一席", signed=signed(first, intent))
    )
    world.go_on(vault)

    assert world.state(more) is DrawState.FILLING
    [added] = world.seated(more).values()
    everyone = {occupant.expert for occupant in world.seated(first).values()}
    assert added.expert not in everyone
    world.filled(vault, more)
    world.close(vault, first)
    for draw in (first, more):
        file = BytesIO()
        write_bundle(file, export(world.parts(), draw.id, audit=True))
        file.seek(0)
        report = replay(file, Trust(policy=world.site.service.policy))
        assert report.verdict == "proven", as_text(report, "en")


def test_a_supplementary_draw_needs_the_supervisors_signature(world: DrawWorld) -> None:
    first = exhausted(world)
    other = signed(first, 0)
    with pytest.raises(ApprovalUnsigned):
        world.sealing.as_(Role.SUPERVISOR, lambda tx: service.supplement(tx, first.id, reason="补", signed=other))


def test_a_draw_that_is_full_has_nothing_to_supplement(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    with pytest.raises(NothingToSupplement):
        world.sealing.as_(
            Role.SUPERVISOR, lambda tx: service.supplement(tx, draw.id, reason="补", signed=signed(draw, 0))
        )
