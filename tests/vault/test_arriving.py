"""Arrival: yes with seat and place, or one and the same no, each on record and none with an identity in it."""

import threading
from typing import Any

import pytest
from sqlalchemy import event

from expertpool.core.reconcile import reconcile
from expertpool.core.vault_line import refusal
from expertpool.draws.keeping import Occupant
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import SeatState
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.invitations import verbs
from expertpool.invitations.desk_errors import ArrivalRefused
from tests.draws.scenes import decline, seats
from tests.vault.world import VaultWorld

SEATS = 4
FAILURES = 3 * SEATS


@pytest.fixture
def expected(world: VaultWorld) -> dict[str, Occupant]:
    """Everyone accepted, and it is an hour before the assembly."""
    accepted = world.accept()
    world.until_assembly(60)
    return accepted


def failures(world: VaultWorld) -> int:
    return len(world.draws.bodies("draw.arrival-failed"))


def test_whoever_shows_both_is_let_in_to_a_seat(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    seat, occupant = next(iter(expected.items()))
    told = world.arrive(occupant)
    assert (told["seat"], told["place"]) == (seat, "第三评标室")
    assert seats(world.draws, world.draw)[seat].state is SeatState.SIGNED_IN
    (body,) = world.draws.bodies("draw.signed-in")
    assert (body["draw"], body["seat"], body["site"]) == (world.draw.id, seat, 0)
    entry = world.draws.sealing.entries()[-1]
    assert (entry["actor"], entry["index"]) == (world.clerk, told["entry"])
    assert reconcile(world.site.service.engine) == []


def test_twice_is_once(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    occupant = next(iter(expected.values()))
    assert world.arrive(occupant) == world.arrive(occupant)
    assert len(world.draws.bodies("draw.signed-in")) == 1


def test_everybody_signs_in_and_the_draw_stays_filled(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    assert {world.arrive(occupant)["seat"] for occupant in expected.values()} == expected.keys()
    assert world.draws.state(world.draw) is DrawState.FILLED
    assert failures(world) == 0


def test_every_no_is_the_same(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    one, other = list(expected.values())[:2]
    number = one.id_number
    wrong: list[dict[str, Any]] = [
        {"code": "000000" if one.arrival_code != "000000" else "111111"},
        {"code": other.arrival_code},
        {"code": ""},
        {"id_number": other.id_number},
        {"id_number": number[:-1] + ("0" if number[-1] != "0" else "1")},
        {"id_number": ""},
        {"id_number": "", "code": ""},
        {"id_number": "no number"},
    ]
    answers = {refusal(world.turned_away(one, **changed)) for changed in wrong}
    answers |= {refusal(world.turned_away(one, site=site)) for site in (1, 99)}
    assert answers == {refusal(ArrivalRefused())}
    assert failures(world) == len(wrong) + 1, "site 1 there is, 99 there is not"
    assert {state.state for state in seats(world.draws, world.draw).values()} == {SeatState.ACCEPTED}


def test_a_minute_too_early_is_a_no_and_on_the_minute_a_yes(world: VaultWorld) -> None:
    occupant = next(iter(world.accept().values()))
    world.until_assembly(61)
    assert refusal(world.turned_away(occupant)) == refusal(ArrivalRefused())
    world.until_assembly(60)
    assert world.arrive(occupant)["seat"]


def test_whoever_has_not_accepted_is_not_expected(world: VaultWorld) -> None:
    occupant = next(iter(world.draws.seated(world.draw).values()))
    world.until_assembly(60)
    assert isinstance(world.turned_away(occupant), ArrivalRefused)


def test_whoever_was_replaced_is_not_expected(world: VaultWorld) -> None:
    seat, gone = next(iter(world.draws.seated(world.draw).items()))
    decline(world.draws, world.draw, seat)
    world.draws.go_on(world.vault, rounds=2)
    assert world.accept()[seat].expert != gone.expert
    world.until_assembly(60)
    assert isinstance(world.turned_away(gone), ArrivalRefused)


def test_after_three_failures_a_seat_the_right_ones_are_refused_too(
    world: VaultWorld, expected: dict[str, Occupant]
) -> None:
    one, other = list(expected.values())[:2]
    for _ in range(FAILURES - 1):
        world.turned_away(one, code="x")
    assert world.arrive(one)["seat"]
    world.turned_away(one, code="x")
    assert refusal(world.turned_away(other)) == refusal(ArrivalRefused())
    assert refusal(world.turned_away(one)) == refusal(ArrivalRefused())
    assert failures(world) == FAILURES


def test_a_session_that_there_is_not_is_nobodys(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    occupant = next(iter(expected.values()))
    assert isinstance(world.turned_away(occupant, session="ses_00000000000000000000000000"), NotPermitted)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CENTRE_STAFF, Role.EXPERT)])
def test_nobody_else_may_ask(world: VaultWorld, expected: dict[str, Occupant], role: Role) -> None:
    world.site.token(role)
    occupant = next(iter(expected.values()))
    assert isinstance(world.turned_away(occupant, actor=world.site.actors[role].id), NotPermitted)
    assert failures(world) == 0


def test_nothing_that_is_shown_is_in_a_statement_or_an_entry(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    occupant = next(iter(expected.values()))
    statements: list[str] = []

    def seen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append(f"{statement} {parameters}")

    event.listen(world.site.service.engine, "before_cursor_execute", seen)
    world.arrive(occupant)
    world.turned_away(occupant, code="TURNEDAWAY")
    said = f"{statements} {world.draws.sealing.entries()}"
    for secret in (occupant.id_number, f"'{occupant.arrival_code}'", occupant.phone, occupant.expert, "TURNEDAWAY"):
        assert secret not in said


def test_the_statements_of_a_no_do_not_follow_from_who_it_was(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    one, other = list(expected.values())[:2]

    def statements(occupant: Occupant, **changed: Any) -> list[str]:
        found: list[str] = []

        def seen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            found.append(statement)

        event.listen(world.site.service.engine, "before_cursor_execute", seen)
        world.turned_away(occupant, **changed)
        event.remove(world.site.service.engine, "before_cursor_execute", seen)
        return [statement for statement in found if not statement.startswith("PRAGMA")]  # once for a connection

    expected_ones = statements(one, code="x")
    assert statements(other, code="x") == expected_ones
    assert statements(one, id_number=other.id_number) == expected_ones
    assert statements(one, id_number="nobody's") == expected_ones


def test_two_desks_at_once_record_one_sign_in_and_no_more_failures_than_there_may_be(
    either_world: VaultWorld,
) -> None:
    world = either_world
    occupant = next(iter(world.accept().values()))
    world.until_assembly(60)
    answers: list[object] = []

    def desk() -> None:
        answers.append(world.arrive(occupant)["seat"])
        for _ in range(FAILURES // 2):
            world.turned_away(occupant, code="x")

    threads = [threading.Thread(target=desk) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    assert len(set(answers)) == 1
    assert len(world.draws.bodies("draw.signed-in")) == 1
    assert failures(world) == FAILURES


def test_a_vault_that_was_started_anew_has_not_forgotten(world: VaultWorld, expected: dict[str, Occupant]) -> None:
    one, other = list(expected.values())[:2]
    for _ in range(FAILURES):
        world.turned_away(one, code="x")
    world.restart()
    assert isinstance(world.turned_away(other), ArrivalRefused)


def test_the_verb_takes_what_it_says(world: VaultWorld) -> None:
    assert verbs.MATCH.takes.keys() == {"actor", "session", "site", "id_number", "code"}
