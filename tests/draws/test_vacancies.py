"""Vacancies: logged first, drawn from the same table as they stood, bounded."""

import pytest

from expertpool.core.jobs_table import OutboxJob
from expertpool.draws import service
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, SeatState
from expertpool.identity.roles import Role
from expertpool.invitations.answering import ANSWERED, Word
from expertpool.protocol.request import SeatLine
from tests.draws.reckoning import reckon
from tests.draws.scenes import decline, seats, sits
from tests.draws.world import DrawWorld


@pytest.fixture
def drawn(world: DrawWorld) -> Draw:
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    assert world.state(draw) is DrawState.FILLING
    return draw


def test_declined_seats_are_drawn_anew_and_called(either_world: DrawWorld) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    for round_ in range(3):
        seat = sorted(sits(world, draw))[round_]
        before = sits(world, draw)[seat]
        decline(world, draw, seat)
        world.go_on(vault, rounds=2)
        assert sits(world, draw)[seat] != before
        assert len(world.told) == 5 + round_
    assert sits(world, draw) == reckon(world, draw.id).now
    assert [body["vacancy"] for body in world.bodies("draw.vacated")] == [1, 2, 3]
    world.filled(vault, draw)
    assert world.state(draw) is DrawState.FILLED


def test_one_seat_may_fall_vacant_again_and_nobody_comes_back(world: DrawWorld, drawn: Draw) -> None:
    vault, seat = world.vault(), min(sits(world, drawn))
    held = [sits(world, drawn)[seat]]
    for _ in range(5):
        decline(world, drawn, seat)
        world.go_on(vault, rounds=2)
        held.append(sits(world, drawn)[seat])
    assert len(set(held)) == 6
    assert not set(held) & {expert for code, expert in sits(world, drawn).items() if code != seat}
    assert sits(world, drawn) == reckon(world, drawn.id).now


def test_vacancies_at_once_are_refilled_by_number_in_whatever_order_they_were_logged(
    world: DrawWorld, drawn: Draw
) -> None:
    """Answers of one moment are taken in the order of their random identifiers."""
    codes = sorted(sits(world, drawn))
    for each in codes[:3]:
        decline(world, drawn, each)
    world.go_on(world.vault(), rounds=2)
    assert sorted(body["seat"] for body in world.bodies("draw.vacated")) == codes[:3]
    assert [body["vacancy"] for body in world.bodies("draw.refilled")] == [1, 2, 3]
    assert sits(world, drawn) == reckon(world, drawn.id).now


def test_a_vacancy_is_drawn_as_of_when_it_was_logged_whatever_was_logged_since(world: DrawWorld, drawn: Draw) -> None:
    """The next vacancy is logged before the first is refilled, or after: seat one gets the same member."""
    one, two, *_ = sorted(sits(world, drawn))
    vault = world.vault()
    decline(world, drawn, one)
    while not world.bodies("draw.vacated"):
        vault._outbox.run_one()
    alone = reckon(world, drawn.id).now
    decline(world, drawn, two)
    while len(world.bodies("draw.vacated")) < 2:
        vault._outbox.run_one()
    assert world.bodies("draw.refilled") == []
    world.go_on(vault, rounds=2)
    assert sits(world, drawn)[one] == alone[one]


@pytest.mark.parametrize("cap", [0, 2])
def test_past_the_cap_no_seat_is_drawn_anew(world: DrawWorld, cap: int) -> None:
    world.changed["vacancies"] = cap
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    for number in range(cap + 2):
        decline(world, draw, sorted(sits(world, draw))[int(number > cap)])
        world.go_on(vault, rounds=2)
    assert world.state(draw) is DrawState.EXHAUSTED
    assert len(world.bodies("draw.vacated")) == len(world.bodies("draw.refilled")) == cap
    assert [seat.state for seat in seats(world, draw).values()].count(SeatState.UNFILLABLE) == 2
    assert sits(world, draw) == reckon(world, draw.id).now


def test_a_seat_that_nobody_is_left_for_exhausts_the_draw(world: DrawWorld) -> None:
    """Eight are eligible for four seats: the fifth vacancy finds nobody."""
    draw, vault = world.applied(lines=(SeatLine(("A0301",), 4, 0),)), world.vault()
    world.go_on(vault)
    before = world.state(draw)
    for _ in range(5):
        if world.state(draw) is DrawState.FILLING:
            decline(world, draw, min(code for code, seat in seats(world, draw).items()))
            world.go_on(vault, rounds=2)
    assert (before, world.state(draw)) == (DrawState.FILLING, DrawState.EXHAUSTED)
    (told,) = world.bodies("draw.vacancy-exhausted")
    assert told["vacancy"] == len(world.bodies("draw.vacated"))
    assert seats(world, draw)[told["seat"]].state is SeatState.UNFILLABLE
    assert sits(world, draw) == reckon(world, draw.id).now


@pytest.mark.parametrize("code", ["", "0" * 8, "ZZZZZZZZ", "x" * 5000, "应答码", "\x00", "A" * 7])
def test_a_code_that_opens_nothing_changes_nothing(world: DrawWorld, drawn: Draw, code: str) -> None:
    before = world.sealing.entries()
    world.answer(code, Word.DECLINE)
    world.go_on(world.vault(), rounds=1)
    assert world.sealing.entries() == before
    with world.session() as session:
        answers = session.query(OutboxJob).filter_by(kind=ANSWERED)
        assert all(job.done_at for job in answers), "it is not tried again and again either"


def test_a_repeated_answer_counts_once(world: DrawWorld, drawn: Draw) -> None:
    vault, seat = world.vault(), min(sits(world, drawn))
    code = world.seated(drawn)[seat].answer_code
    for _ in range(3):
        world.answer(code, Word.DECLINE)
    world.go_on(vault, rounds=2)
    assert len(world.bodies("draw.vacated")) == 1
    world.answer(code, Word.DECLINE)
    world.answer(code, Word.ACCEPT)
    world.go_on(vault, rounds=2)
    assert len(world.bodies("draw.vacated")) == 1
    assert seats(world, drawn)[seat].state is SeatState.CALLED, "who declined cannot accept for the next"


def test_who_accepted_may_still_decline_while_the_committee_fills(world: DrawWorld, drawn: Draw) -> None:
    vault, seat = world.vault(), min(sits(world, drawn))
    code = world.seated(drawn)[seat].answer_code
    world.answer(code, Word.ACCEPT)
    world.answer(code, Word.ACCEPT)
    world.go_on(vault, rounds=1)
    assert len(world.bodies("draw.accepted-seat")) == 1
    world.answer(code, Word.DECLINE)
    world.go_on(vault, rounds=2)
    assert len(world.bodies("draw.vacated")) == len(world.bodies("draw.refilled")) == 1
    assert seats(world, drawn)[seat].state is SeatState.CALLED


def test_a_cancelled_draw_refills_nothing(world: DrawWorld, drawn: Draw) -> None:
    vault = world.vault()
    decline(world, drawn, min(sits(world, drawn)))
    while not world.bodies("draw.vacated"):
        vault._outbox.run_one()
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.cancel(tx, drawn.id, reason="项目终止"))
    world.go_on(vault, rounds=2)
    assert (world.state(drawn), world.bodies("draw.refilled")) == (DrawState.CANCELLED, [])
