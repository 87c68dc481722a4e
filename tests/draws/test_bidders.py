"""Late recusals: the sealed list of bidders is opened once, at the opening, and the whole table decided again."""

from datetime import timedelta

import pytest

from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import BidderList, Draw, ListState, SeatState
from expertpool.draws.striking import open_bidders
from expertpool.protocol.replay import as_text
from tests.draws.bidding import SECOND, STRANGERS, bidder, deliver, elsewhere, employers, opening, struck
from tests.draws.scenes import kinds, seats, sits
from tests.draws.test_bundle import checked
from tests.draws.world import DrawWorld


@pytest.fixture
def drawn(world: DrawWorld) -> Draw:
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    assert world.state(draw) is DrawState.FILLING
    return draw


def of(world: DrawWorld, draw: Draw, *seated: int) -> list[dict[str, object]]:
    """Bidders for whom the members on some seats work, with strangers to make them enough."""
    people = [expert for _, expert in sorted(sits(world, draw).items())]
    units = {unit.code: unit for unit in employers(world, [people[place] for place in seated])}
    return [bidder(unit) for unit in (*units.values(), *STRANGERS)]


def emptied(world: DrawWorld, draw: Draw, before: dict[str, str]) -> list[str]:
    """The seats of those who were struck: a colleague of a member may sit beside them by chance."""
    gone = struck(world, draw)
    return sorted(seat for seat, expert in before.items() if expert in gone)


def test_the_list_is_opened_when_the_opening_has_come_and_not_a_second_before(world: DrawWorld, drawn: Draw) -> None:
    deliver(world, drawn, of(world, drawn, 0))
    opening(world, plus=-SECOND)
    assert not open_bidders(world.parts(), drawn.id)
    assert world.bodies("draw.bidders-opened") == []
    opening(world)
    assert open_bidders(world.parts(), drawn.id)
    assert not open_bidders(world.parts(), drawn.id), "once"
    (told,) = world.bodies("draw.bidders-opened")
    assert told["vacancies"] == 0


@pytest.mark.parametrize("count", [1, 2])
def test_members_who_are_struck_lose_their_seats(either_world: DrawWorld, count: int) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()
    world.go_on(vault, rounds=6)
    before = sits(world, draw)
    deliver(world, draw, of(world, draw, *range(count)))
    opening(world)
    world.go_on(vault, rounds=3)
    lost = emptied(world, draw, before)
    after = sits(world, draw)
    assert set(sorted(before)[:count]) <= set(lost)
    assert {seat for seat in after if after[seat] != before[seat]} == set(lost)
    assert [body["seat"] for body in world.bodies("draw.vacated")] == lost
    assert not struck(world, draw) & set(after.values())
    assert world.state(draw) is DrawState.FILLING
    world.filled(vault, draw, declines=1)
    assert world.state(draw) is DrawState.FILLED
    assert not struck(world, draw) & set(sits(world, draw).values())


@pytest.mark.parametrize("audit", [False, True], ids=["public", "audit"])
def test_the_bundle_of_a_draw_with_recusals_replays(either_world: DrawWorld, *, audit: bool) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()
    world.go_on(vault, rounds=6)
    world.filled(vault, draw, declines=1)
    before = sits(world, draw)
    deliver(world, draw, of(world, draw, 0, 2))
    opening(world)
    world.go_on(vault, rounds=3)
    lost = emptied(world, draw, before)
    assert len(lost) >= 2
    world.filled(vault, draw, declines=2)
    world.close(vault, draw)
    report = checked(world, draw.id, audit=audit)
    assert report.verdict == "proven", as_text(report, "en")
    assert report.step("struck").outcome == "ok"
    assert report.step("recusals").outcome == ("ok" if audit else "not-checked")
    assert len(world.bodies("draw.vacated")) == 1 + len(lost) + 2


def test_a_filled_committee_loses_a_member_and_fills_again(world: DrawWorld, drawn: Draw) -> None:
    vault = world.vault()
    world.filled(vault, drawn)
    assert world.state(drawn) is DrawState.FILLED
    before = sits(world, drawn)
    deliver(world, drawn, of(world, drawn, 1))
    opening(world)
    world.go_on(vault, rounds=3)
    assert world.state(drawn) is DrawState.FILLING
    called = [code for code, seat in sorted(seats(world, drawn).items()) if seat.state is SeatState.CALLED]
    assert called == emptied(world, drawn, before) != []


def test_who_does_not_sit_is_struck_too_and_never_drawn_later(world: DrawWorld) -> None:
    """Vacancy after vacancy: the bidders' people never come up."""
    world.changed["vacancies"] = 40
    draw, vault = world.applied(), world.vault()
    world.go_on(vault, rounds=6)
    unit = elsewhere(world, draw)
    deliver(world, draw, [bidder(each) for each in (unit, *STRANGERS)])
    opening(world)
    world.go_on(vault, rounds=2)
    gone = struck(world, draw)
    assert gone
    assert world.bodies("draw.vacated") == []
    for _ in range(12):
        world.filled(vault, draw, declines=1)
        assert not gone & set(sits(world, draw).values())


def test_nobody_is_struck_by_strangers(world: DrawWorld, drawn: Draw) -> None:
    before = sits(world, drawn)
    deliver(world, drawn, map(bidder, STRANGERS))
    opening(world)
    world.go_on(world.vault(), rounds=2)
    assert len(world.bodies("draw.bidders-opened")) == 1
    assert (struck(world, drawn), sits(world, drawn)) == (set(), before)


def test_without_a_list_it_is_noted_once_and_the_list_is_opened_when_it_comes(world: DrawWorld, drawn: Draw) -> None:
    vault = world.vault()
    opening(world)
    world.go_on(vault, rounds=3)
    assert kinds(world, drawn).count("draw.bidders-missing") == 1
    world.clock.advance(timedelta(minutes=5))
    before = sits(world, drawn)
    deliver(world, drawn, of(world, drawn, 0))
    world.go_on(vault, rounds=3)
    assert kinds(world, drawn).count("draw.bidders-missing") == 1
    assert kinds(world, drawn).count("draw.bidders-opened") == 1
    assert kinds(world, drawn).count("draw.refilled") == len(emptied(world, drawn, before)) > 0


@pytest.mark.parametrize("number", [0, 2, 3])
def test_fewer_than_three_bidders_are_noted_and_strike_nobody(world: DrawWorld, drawn: Draw, number: int) -> None:
    before = sits(world, drawn)
    deliver(world, drawn, of(world, drawn, 0)[:number])
    opening(world)
    world.go_on(world.vault(), rounds=3)
    enough = number == 3
    assert kinds(world, drawn).count("draw.bidders-too-few") == int(not enough)
    lost = emptied(world, drawn, before)
    assert (min(before) in lost) == enough == bool(lost)
    assert [body["seat"] for body in world.bodies("draw.vacated")] == lost
    with world.session() as session:
        state = session.get_one(BidderList, drawn.id).state
    assert state is (ListState.OPENED if enough else ListState.TOO_FEW)


def test_past_the_cap_a_struck_seat_stays_empty(world: DrawWorld) -> None:
    world.changed["vacancies"] = 1
    draw, vault = world.applied(), world.vault()
    world.go_on(vault, rounds=6)
    world.filled(vault, draw)
    before = sits(world, draw)
    deliver(world, draw, of(world, draw, 0, 1))
    opening(world)
    world.go_on(vault, rounds=3)
    assert world.state(draw) is DrawState.EXHAUSTED
    assert kinds(world, draw).count("draw.seat-lost") == len(emptied(world, draw, before)) - 1 > 0
    world.close(vault, draw)
    assert checked(world, draw.id, audit=True).verdict == "proven"
