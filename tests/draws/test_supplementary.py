"""The supplementary draw: what a first draw could not fill, by an intent of its own."""

from datetime import timedelta
from functools import partial
from io import BytesIO

import pytest

from expertpool.draws import service
from expertpool.draws.errors import ApprovalUnsigned, NothingToSupplement
from expertpool.draws.exporting import export
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.queries import request_of
from expertpool.draws.supplementing import STANDING
from expertpool.identity.roles import Role
from expertpool.invitations.answering import Word
from expertpool.protocol.agents import approval_key, make_approval, open_task
from expertpool.protocol.bundle import write_bundle
from expertpool.protocol.replay import Trust, as_text, replay
from ledger import ed25519
from tests.draws.bidding import STRANGERS, bidder, deliver, employers, opening, reschedule
from tests.draws.scenes import kinds, seats, sits
from tests.draws.world import OPENS, STARTS, DrawWorld
from tests.sealing.world import private_opener

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


def supplemented(world: DrawWorld, first: Draw) -> Draw:
    return world.sealing.as_(Role.INITIATOR, lambda tx: service.supplement(tx, first.id, reason="补一席"))


def test_members_keep_their_seats_and_nobody_is_drawn_twice(world: DrawWorld) -> None:
    first = exhausted(world)
    intent = world.bodies("draw.completed")[0]["intent"]
    world.changed["vacancies"] = 20
    vault = world.vault()

    more = supplemented(world, first)
    world.go_on(vault, rounds=1)
    assert world.state(more) is DrawState.REFERRED
    approval = signed(more, intent)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, more.id, reason="补一席", signed=approval))
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


def test_agents_are_handed_an_approval_of_this_very_draw(world: DrawWorld) -> None:
    """What the contributors' rule asks for, opened from the mailbox as the agents open it."""
    first = exhausted(world)
    intent = world.bodies("draw.completed")[0]["intent"]
    more, vault = supplemented(world, first), world.vault()
    world.go_on(vault, rounds=1)
    approval = signed(more, intent)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, more.id, reason="补一席", signed=approval))
    while vault.step():
        pass
    centre = world.agents[0]
    [task] = world.sealing.tasks(centre.holder, centre.keys)
    plain = open_task(private_opener(centre.keys.share), centre.holder.id, task["id"], task["sealed"])
    later = world.bodies("draw.intended")[-1]
    assert (later["draw"], later["first"]) == (more.id, intent)
    assert approval_key(plain["approval"], later["draw"], later["first"]) == ed25519.public_key(SUPERVISOR)


def test_a_supplementary_draw_needs_the_supervisors_signature(world: DrawWorld) -> None:
    first = exhausted(world)
    intent = world.bodies("draw.completed")[0]["intent"]
    more = supplemented(world, first)
    world.go_on(world.vault(), rounds=1)
    for wrong in (None, signed(more, 0), signed(first, intent)):
        with pytest.raises(ApprovalUnsigned):
            world.sealing.as_(Role.SUPERVISOR, partial(service.approve, draw_id=more.id, reason="补", signed=wrong))
    assert world.state(more) is DrawState.REFERRED


def test_a_draw_that_is_full_has_nothing_to_supplement(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    with pytest.raises(NothingToSupplement):
        supplemented(world, draw)


def test_a_member_whom_the_bidders_strike_is_not_retained(world: DrawWorld) -> None:
    """The list is opened while the supplementary draw waits for its approval: what it asks for is too little now."""
    first = exhausted(world)
    intent = world.bodies("draw.completed")[0]["intent"]
    vault, more = world.vault(), supplemented(world, first)
    world.go_on(vault, rounds=1)
    member = next(sits(world, first)[code] for code, seat in seats(world, first).items() if seat.state in STANDING)
    deliver(world, first, map(bidder, (*employers(world, [member]), *STRANGERS)))
    approval = signed(more, intent)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, more.id, reason="一席无法补足", signed=approval))
    opening(world)
    world.go_on(vault, rounds=2)
    world.clock.advance(timedelta(seconds=1))  # where it came first it waited for the opening, and is looked at again
    world.go_on(vault, rounds=2)
    assert kinds(world, first)[-1] == "draw.seat-lost"
    assert world.state(more) is DrawState.RETURNED
    assert len(world.bodies("draw.intended")) == 1
    world.sealing.as_(Role.INITIATOR, lambda tx: service.cancel(tx, more.id, reason="重新申请"))
    again = supplemented(world, first)
    with world.session() as session:
        request = request_of(session.get_one(Draw, again.id))
    held = sum(seat.state in STANDING for seat in seats(world, first).values())
    assert (request.retained, sum(request.seats)) == (held, 4 - held)


def test_a_supplementary_draw_is_for_the_session_as_it_stands(world: DrawWorld) -> None:
    first = exhausted(world)
    reschedule(world, first, STARTS + timedelta(days=1))
    more = supplemented(world, first)
    with world.session() as session:
        request = request_of(session.get_one(Draw, more.id))
    assert (request.starts, request.opens_at) == (STARTS + timedelta(days=1), OPENS)
    world.go_on(world.vault(), rounds=1)
    assert world.state(more) is DrawState.REFERRED, "and not returned for having moved"
