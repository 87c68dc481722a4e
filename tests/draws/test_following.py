"""A committee follows its session: the same people, called again for another time, or given up with it."""

from datetime import timedelta

import pytest

from expertpool.draws import service
from expertpool.draws.engagements import engagements_but
from expertpool.draws.errors import WrongState
from expertpool.draws.following import called_for, follow
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, SeatState
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from policies.facts import day_of
from tests.draws.bidding import STRANGERS, bidder, cancel, deliver, employers, opening, postpone, reschedule
from tests.draws.scenes import another_project, decline, kinds, seats, sits
from tests.draws.test_bundle import checked
from tests.draws.world import STARTS, DrawWorld

LATER = STARTS + timedelta(days=2)


@pytest.fixture
def drawn(world: DrawWorld) -> Draw:
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    assert world.state(draw) is DrawState.FILLING
    return draw


def of_following(world: DrawWorld, draw: Draw) -> list[str]:
    return [kind for kind in kinds(world, draw) if kind in ("draw.postponed", "draw.resumed", "draw.cancelled")]


def test_a_postponed_committee_waits_and_is_called_again_for_the_new_time(either_world: DrawWorld) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()
    world.go_on(vault, rounds=6)
    world.filled(vault, draw)
    before = sits(world, draw)
    postpone(world, draw, STARTS + timedelta(days=1))
    world.go_on(vault, rounds=3)
    assert world.state(draw) is DrawState.POSTPONED
    (told,) = world.bodies("draw.postponed")
    assert told["not_before"] == "2026-12-02T06:00:00.000000Z"
    reschedule(world, draw, LATER)
    world.go_on(vault, rounds=3)
    assert world.state(draw) is DrawState.FILLING
    assert {seat.state for seat in seats(world, draw).values()} == {SeatState.CALLED}
    assert sits(world, draw) == before, "nobody is drawn anew"
    (told,) = world.bodies("draw.resumed")
    assert told["starts"] == "2026-12-03T06:00:00.000000Z"
    with world.session() as session:
        assert called_for(session, session.get_one(Draw, draw.id)) == LATER
    assert of_following(world, draw) == ["draw.postponed", "draw.resumed"], "each once"


def test_a_committee_is_filled_and_closed_at_its_new_time(world: DrawWorld, drawn: Draw) -> None:
    """The bundle is that of the one intent: postponement leaves no trace in what was drawn."""
    vault = world.vault()
    world.filled(vault, drawn, declines=1)
    reschedule(world, drawn, STARTS + timedelta(hours=2))
    world.go_on(vault, rounds=3)
    world.filled(vault, drawn, declines=1)
    assert world.state(drawn) is DrawState.FILLED
    world.close(vault, drawn)
    assert checked(world, drawn.id, audit=True).verdict == "proven"
    assert len(world.bodies("draw.intended")) == len(world.bodies("draw.completed")) == 1


def test_a_session_that_moves_at_once_is_followed_step_by_step(world: DrawWorld, drawn: Draw) -> None:
    reschedule(world, drawn, LATER)
    assert follow(world.parts(), drawn.id)
    assert world.state(drawn) is DrawState.POSTPONED
    assert follow(world.parts(), drawn.id)
    assert world.state(drawn) is DrawState.FILLING
    assert not follow(world.parts(), drawn.id)


def test_another_place_alone_calls_nobody_again(world: DrawWorld, drawn: Draw) -> None:
    reschedule(world, drawn, STARTS)
    assert not follow(world.parts(), drawn.id)


def test_a_session_may_be_postponed_twice(world: DrawWorld, drawn: Draw) -> None:
    vault = world.vault()
    for day in (1, 2):
        postpone(world, drawn)
        world.go_on(vault, rounds=2)
        reschedule(world, drawn, STARTS + timedelta(days=day))
        world.go_on(vault, rounds=2)
    assert of_following(world, drawn) == ["draw.postponed", "draw.resumed"] * 2
    assert world.state(drawn) is DrawState.FILLING


def test_a_vacancy_of_a_postponed_draw_is_drawn_when_it_goes_on(world: DrawWorld, drawn: Draw) -> None:
    vault, seat = world.vault(), min(sits(world, drawn))
    before = sits(world, drawn)[seat]
    decline(world, drawn, seat)
    postpone(world, drawn)
    while not world.bodies("draw.vacated"):
        assert vault._outbox.run_one()
    assert follow(world.parts(), drawn.id)
    world.go_on(vault, rounds=2)
    assert world.bodies("draw.refilled") == []
    reschedule(world, drawn, LATER)
    world.go_on(vault, rounds=3)
    assert len(world.bodies("draw.refilled")) == 1
    assert sits(world, drawn)[seat] != before


@pytest.mark.parametrize("filled", [False, True], ids=["filling", "filled"])
def test_a_cancelled_session_ends_its_draw_and_names_stay_sealed(
    world: DrawWorld, drawn: Draw, *, filled: bool
) -> None:
    vault = world.vault()
    if filled:
        world.filled(vault, drawn)
    cancel(world, drawn)
    world.go_on(vault, rounds=2)
    assert world.state(drawn) is DrawState.CANCELLED
    assert of_following(world, drawn) == ["draw.cancelled"]


def test_a_postponed_session_that_is_cancelled_ends_its_draw(world: DrawWorld, drawn: Draw) -> None:
    postpone(world, drawn)
    world.go_on(world.vault(), rounds=2)
    cancel(world, drawn)
    world.go_on(world.vault(), rounds=2)
    assert world.state(drawn) is DrawState.CANCELLED


def test_members_are_busy_at_the_new_time_and_nowhere_while_there_is_none(world: DrawWorld, drawn: Draw) -> None:
    vault, parts = world.vault(), world.parts()

    def busy() -> dict[str, set[object]]:
        with world.session() as session:
            found = engagements_but(session, parts.keys, "drw_other")
        return {expert: {each.day for each in days} for expert, days in found.items()}

    people = set(sits(world, drawn).values())
    assert busy() == {person: {day_of(STARTS)} for person in people}
    postpone(world, drawn)
    world.go_on(vault, rounds=2)
    assert busy() == {}
    reschedule(world, drawn, LATER)
    world.go_on(vault, rounds=2)
    assert busy() == {person: {day_of(LATER)} for person in people}


def test_who_declined_is_not_busy_and_who_replaced_them_is(world: DrawWorld, drawn: Draw) -> None:
    seat = min(sits(world, drawn))
    gone = sits(world, drawn)[seat]
    decline(world, drawn, seat)
    world.go_on(world.vault(), rounds=2)
    with world.session() as session:
        found = engagements_but(session, world.parts().keys, "drw_other")
        own = engagements_but(session, world.parts().keys, drawn.id)
    assert found.keys() == set(sits(world, drawn).values())
    assert gone not in found
    assert own == {}, "one's own committee is no engagement"


def test_another_draw_on_the_new_day_passes_the_members_over(world: DrawWorld, drawn: Draw) -> None:
    """Both committees would sit on one day; the table of the second has the first's members as busy."""
    second = another_project(world)
    world.go_on(world.vault(), rounds=6)
    assert world.state(second) is DrawState.FILLING
    assert not set(sits(world, second).values()) & set(sits(world, drawn).values())


def test_a_suspended_evaluation_goes_on_with_the_same_committee(world: DrawWorld, drawn: Draw) -> None:
    vault = world.vault()
    world.filled(vault, drawn)
    before = sits(world, drawn)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.suspend(tx, drawn.id, reason="停电"))
    world.go_on(vault, rounds=2)
    assert world.state(drawn) is DrawState.SUSPENDED
    with pytest.raises(WrongState):
        world.sealing.as_(Role.SUPERVISOR, lambda tx: service.suspend(tx, drawn.id, reason="停电"))
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.reconvene(tx, drawn.id, reason="恢复供电"))
    with pytest.raises(WrongState):
        world.sealing.as_(Role.SUPERVISOR, lambda tx: service.reconvene(tx, drawn.id, reason="恢复供电"))
    assert world.state(drawn) is DrawState.RECONVENED
    assert sits(world, drawn) == before
    assert [kind for kind in kinds(world, drawn) if kind in ("draw.suspended", "draw.reconvened")] == [
        "draw.suspended",
        "draw.reconvened",
    ]
    world.close(vault, drawn)
    assert world.state(drawn) is DrawState.CLOSED
    assert checked(world, drawn.id, audit=False).verdict == "proven"


def test_the_supervisor_alone_suspends_and_reconvenes(world: DrawWorld, drawn: Draw) -> None:
    world.filled(world.vault(), drawn)
    for role in (Role.INITIATOR, Role.CENTRE_STAFF):
        with pytest.raises(NotPermitted):
            world.sealing.as_(role, lambda tx: service.suspend(tx, drawn.id, reason="停电"))
    assert world.state(drawn) is DrawState.FILLED


def test_a_reconvened_committee_loses_whom_the_bidders_strike(world: DrawWorld, drawn: Draw) -> None:
    """A seat of a reconvened evaluation is drawn anew like any other."""
    vault = world.vault()
    world.filled(vault, drawn)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.suspend(tx, drawn.id, reason="停电"))
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.reconvene(tx, drawn.id, reason="恢复供电"))
    member = sits(world, drawn)[min(sits(world, drawn))]
    deliver(world, drawn, map(bidder, (*employers(world, [member]), *STRANGERS)))
    opening(world)
    world.go_on(vault, rounds=3)
    assert world.state(drawn) is DrawState.FILLING
    assert member not in sits(world, drawn).values()


def test_a_suspended_evaluation_whose_session_is_cancelled_ends(world: DrawWorld, drawn: Draw) -> None:
    vault = world.vault()
    world.filled(vault, drawn)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.suspend(tx, drawn.id, reason="停电"))
    cancel(world, drawn)
    world.go_on(vault, rounds=2)
    assert world.state(drawn) is DrawState.CANCELLED
