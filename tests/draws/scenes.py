"""What several tests of draws ask and do."""

from dataclasses import replace
from typing import Any

from expertpool.draws.models import Draw, Seat
from expertpool.draws.queries import seats_of
from expertpool.invitations.answering import Word
from tests.draws.world import DrawWorld
from tests.projects.world import FACTS, SITTING


def sits(world: DrawWorld, draw: Draw) -> dict[str, str]:
    """Who sits on which seat."""
    return {seat: occupant.expert for seat, occupant in world.seated(draw).items()}


def seats(world: DrawWorld, draw: Draw) -> dict[str, Seat]:
    with world.session() as session:
        return {seat.code: seat for seat in seats_of(session, draw.id)}


def decline(world: DrawWorld, draw: Draw, seat: str) -> None:
    world.answer(world.seated(draw)[seat].answer_code, Word.DECLINE)


def kinds(world: DrawWorld, draw: Draw) -> list[str]:
    """The entries of a draw, by kind."""
    return [entry["kind"] for entry in world.sealing.entries() if entry["body"].get("draw") == draw.id]


def organisations(world: DrawWorld) -> list[str]:
    """Who has contributed, in the order of the ledger."""
    return [body["organisation"] for body in world.bodies("draw.contributed")]


def another_project(world: DrawWorld, number: int = 2, **changed: Any) -> Draw:
    """A draw for a project of its own on the same day."""
    code = f"E430100000100{number:04}"
    lots = tuple(replace(lot, code=f"{code}{place:03}") for place, lot in enumerate(FACTS.lots, 1))
    project = world.project(replace(FACTS, code=code, lots=lots))
    return world.apply(world.sitting(project, replace(SITTING, lots=(lots[0].code,))), **changed)


def until(world: DrawWorld, *, contributed: int) -> None:
    """Go on until so many contributions are in the ledger, and stop before anything more happens."""
    vault = world.vault()
    while len(organisations(world)) < contributed:
        world.sign()
        world.attend()
        while len(organisations(world)) < contributed and vault.step():
            pass
