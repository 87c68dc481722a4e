"""Answers by code over the line: what whoever has a code sees and may say, and that every refusal is one."""

import threading
from datetime import datetime

import pytest

from expertpool.core.vault_line import QuestionMalformed, refusal
from expertpool.draws.keeping import Occupant
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import SeatState
from expertpool.identity import service as identity
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import CentreKind
from expertpool.identity.roles import Role
from expertpool.invitations import verbs
from expertpool.invitations.desk_errors import CodeRefused, TooManyAttempts
from tests.draws.scenes import seats
from tests.draws.world import STARTS
from tests.projects.world import FACTS
from tests.vault.world import SOURCE, VaultWorld

NOBODYS = "ZZZZZZZZ"


@pytest.fixture
def called(world: VaultWorld) -> dict[str, Occupant]:
    """Who was called, by seat."""
    return world.draws.seated(world.draw)


def answer(world: VaultWorld, occupant: Occupant, word: str) -> dict[str, object]:
    return world.ask(verbs.ANSWER, code=occupant.answer_code, word=word, source=SOURCE)


def not_taken(world: VaultWorld, code: str, word: str, source: str = SOURCE) -> bytes:
    return refusal(world.refused(verbs.ANSWER, code=code, word=word, source=source))


def test_a_code_shows_when_where_and_how_it_stands_and_nothing_else(
    world: VaultWorld, called: dict[str, Occupant]
) -> None:
    seat, occupant = next(iter(called.items()))
    shown = world.ask(verbs.LOOK, code=f" {occupant.answer_code.lower()} ", source=SOURCE)
    assert shown.keys() == {"starts", "place", "expected_minutes", "state", "answer_until", "may"}
    assert datetime.fromisoformat(shown["starts"]) == STARTS
    assert (shown["state"], shown["may"]) == ("called", ["accept", "decline"])
    assert datetime.fromisoformat(shown["answer_until"]) > world.clock.now()
    for secret in (FACTS.title, FACTS.code, seat, occupant.phone, occupant.expert, occupant.arrival_code):
        assert secret not in str(shown)


def test_who_accepts_is_told_so_and_again_changes_nothing(world: VaultWorld, called: dict[str, Occupant]) -> None:
    seat, occupant = next(iter(called.items()))
    first = answer(world, occupant, "accept")
    assert (first["state"], first["answer_until"]) == ("accepted", None)
    assert answer(world, occupant, "accept") == first
    assert seats(world.draws, world.draw)[seat].state is SeatState.ACCEPTED
    assert len(world.draws.bodies("draw.accepted-seat")) == 1


def test_who_declines_leaves_the_seat(world: VaultWorld, called: dict[str, Occupant]) -> None:
    seat, occupant = next(iter(called.items()))
    assert answer(world, occupant, "decline")["state"] == "declined"
    (body,) = world.draws.bodies("draw.vacated")
    assert body["seat"] == seat


def test_declining_again_is_no_mistake(world: VaultWorld, called: dict[str, Occupant]) -> None:
    occupant = next(iter(called.values()))
    answer(world, occupant, "decline")
    assert answer(world, occupant, "decline")["state"] == "declined"
    world.draws.go_on(world.vault, rounds=2)
    assert answer(world, occupant, "leave")["may"] == []
    assert len(world.draws.bodies("draw.vacated")) == 1


def test_every_refusal_is_the_same_and_changes_nothing(world: VaultWorld, called: dict[str, Occupant]) -> None:
    gone, one, other, _ = called.values()
    answer(world, gone, "decline")
    answer(world, one, "accept")
    entries = len(world.draws.sealing.entries())
    answers = {
        not_taken(world, NOBODYS, "accept"),
        not_taken(world, "", "accept"),
        not_taken(world, one.answer_code[:-1], "accept"),
        not_taken(world, one.arrival_code, "accept"),
        not_taken(world, gone.answer_code, "accept"),
        refusal(world.refused(verbs.LOOK, code=NOBODYS, source=SOURCE)),
        refusal(world.refused(verbs.NOTE, actor=world.clerk, code=NOBODYS, word="late", minutes=5)),
        refusal(world.refused(verbs.NOTE, actor=world.clerk, code=other.answer_code, word="late", minutes=5)),
    }
    world.until_assembly(59)
    answers.add(not_taken(world, one.answer_code, "leave"))
    assert answers == {refusal(CodeRefused())}
    assert len(world.draws.sealing.entries()) == entries


@pytest.mark.parametrize("word", ["late", "ACCEPT", "", "leave the room"])
def test_an_expert_says_no_other_words(world: VaultWorld, called: dict[str, Occupant], word: str) -> None:
    with pytest.raises(QuestionMalformed):
        answer(world, next(iter(called.values())), word)


def test_wrong_codes_are_counted_and_right_ones_are_not(world: VaultWorld, called: dict[str, Occupant]) -> None:
    most = world.site.service.settings.vault.attempts_per_hour
    occupant = next(iter(called.values()))
    for _ in range(most - 1):
        not_taken(world, NOBODYS, "accept")
    for _ in range(3):
        assert world.ask(verbs.LOOK, code=occupant.answer_code, source=SOURCE)
    assert not_taken(world, NOBODYS, "accept") == refusal(CodeRefused())
    over = world.refused(verbs.LOOK, code=occupant.answer_code, source=SOURCE)
    assert isinstance(over, TooManyAttempts)
    assert world.ask(verbs.LOOK, code=occupant.answer_code, source="198.51.100.1")


def test_all_at_once_fill_the_draw_once(either_world: VaultWorld) -> None:
    world = either_world
    called = world.draws.seated(world.draw)
    threads = [threading.Thread(target=answer, args=(world, occupant, "accept")) for occupant in [*called.values()] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.draws.state(world.draw) is DrawState.FILLED
    assert len(world.draws.bodies("draw.filled")) == 1
    assert len(world.draws.bodies("draw.accepted-seat")) == len(called) - 1


# ---------------------------------------------------------------- the duty desk


def note(world: VaultWorld, occupant: Occupant, word: str, minutes: int = 0) -> dict[str, object]:
    return world.ask(verbs.NOTE, actor=world.clerk, code=occupant.answer_code, word=word, minutes=minutes)


def test_the_duty_desk_notes_who_comes_late_and_learns_nothing(world: VaultWorld, called: dict[str, Occupant]) -> None:
    occupant = next(iter(called.values()))
    answer(world, occupant, "accept")
    assert note(world, occupant, "late", 20) == {}
    assert note(world, occupant, "late", 20) == {}
    assert len(world.draws.bodies("invitation.late")) == 1
    assert world.draws.sealing.entries()[-1]["actor"] == world.clerk


def test_the_duty_desk_notes_leave(world: VaultWorld, called: dict[str, Occupant]) -> None:
    seat, occupant = next(iter(called.items()))
    answer(world, occupant, "accept")
    assert note(world, occupant, "leave") == {}
    assert world.draws.sealing.entries()[-1]["actor"] == world.clerk
    assert seats(world.draws, world.draw)[seat].state is SeatState.VACANT


@pytest.mark.parametrize("word", ["accept", "decline", ""])
def test_the_duty_desk_answers_for_nobody(world: VaultWorld, called: dict[str, Occupant], word: str) -> None:
    with pytest.raises(QuestionMalformed):
        note(world, next(iter(called.values())), word)


def test_a_clerk_who_guesses_is_stopped(world: VaultWorld, called: dict[str, Occupant]) -> None:
    most = world.site.service.settings.vault.attempts_per_hour
    given = {"actor": world.clerk, "word": "late", "minutes": 5}
    for _ in range(most):
        world.refused(verbs.NOTE, code=NOBODYS, **given)
    code = next(iter(called.values())).answer_code
    assert isinstance(world.refused(verbs.NOTE, code=code, **given), TooManyAttempts)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CENTRE_STAFF, Role.EXPERT)])
def test_no_other_role_notes_anything(world: VaultWorld, called: dict[str, Occupant], role: Role) -> None:
    world.site.token(role)
    occupant = next(iter(called.values()))
    answer(world, occupant, "accept")
    given = {"actor": world.site.actors[role].id, "word": "late", "minutes": 5}
    assert isinstance(world.refused(verbs.NOTE, code=occupant.answer_code, **given), NotPermitted)
    assert isinstance(world.refused(verbs.NOTE, code=NOBODYS, **given), NotPermitted), "whatever the code"


def test_a_clerk_of_another_centre_is_refused_like_a_wrong_code(world: VaultWorld, called: dict[str, Occupant]) -> None:
    with world.site.service.transactions.begin(world.site.actors[Role.SYSTEM_ADMINISTRATOR].id) as tx:
        branch = identity.open_centre(
            tx,
            code="branch",
            name_zh="分中心",
            name_en="Branch",
            kind=CentreKind.COUNTY_BRANCH,
            parent_id=world.site.centre.id,
        )
    with world.site.service.transactions.begin(world.site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        clerk = identity.register_actor(tx, code="clerk", role=Role.CENTRE_STAFF, centre_id=branch.id)
    occupant = next(iter(called.values()))
    answer(world, occupant, "accept")
    given = {"actor": clerk.id, "word": "late", "minutes": 5}
    refused = [refusal(world.refused(verbs.NOTE, code=code, **given)) for code in (occupant.answer_code, NOBODYS)]
    assert refused == [refusal(CodeRefused())] * 2
