"""kill -9 at every step of a draw: whoever goes on gets the same committee, once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from expertpool.core.faults import CRASH_POINTS
from expertpool.core.ledger_store import SqlLog
from expertpool.core.reconcile import reconcile
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Contribution, Draw, SealedRecord, Seat, TablePart, Vacancy, WorkingCopy
from expertpool.invitations.answering import Word
from ledger.entry import parse_entry
from tests.draws.bidding import STRANGERS, bidder, deliver, employers, opening, reschedule
from tests.draws.dying_vault import LEASE, dies
from tests.draws.prepared import prepared
from tests.draws.reckoning import reckon
from tests.draws.scenes import decline, organisations, sits, until
from tests.draws.world import STARTS, DrawWorld

EXPERTS = 400


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    yield from small_world(sqlite_url, tmp_path)


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    yield from small_world(database_url, tmp_path)


def small_world(url: str, var: Path) -> Iterator[DrawWorld]:
    with prepared(url, var, EXPERTS) as world:
        yield world


def submitted(world: DrawWorld) -> Draw:
    return world.applied()


def centre_answered(world: DrawWorld) -> Draw:
    draw = world.applied()
    world.go_on(world.vault(), rounds=1)
    return draw


def outsider_answered(world: DrawWorld) -> Draw:
    draw = world.applied()
    until(world, contributed=1)
    world.sign()
    vault = world.vault()
    while vault.step():
        pass
    world.attend()
    return draw


def outsider_silent(world: DrawWorld) -> Draw:
    world.agents[1].silent = True
    draw = centre_answered(world)
    world.go_on(world.vault(), rounds=3)
    world.clock.advance(timedelta(seconds=121))
    return draw


def contributed(world: DrawWorld) -> Draw:
    draw = world.applied()
    until(world, contributed=2)
    world.sign()
    return draw


def declined(world: DrawWorld) -> Draw:
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    decline(world, draw, min(sits(world, draw)))
    return draw


def listed(world: DrawWorld) -> Draw:
    """The opening has come, and somebody who sits works for a bidder."""
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    unit = employers(world, [sits(world, draw)[min(sits(world, draw))]])[0]
    deliver(world, draw, [bidder(each) for each in (unit, *STRANGERS)])
    opening(world)
    return draw


def moved(world: DrawWorld) -> Draw:
    """The session begins an hour later than the committee was called for."""
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    reschedule(world, draw, STARTS + timedelta(hours=1))
    return draw


Stage = Callable[[DrawWorld], Draw]


@dataclass(frozen=True)
class Death:
    """Where a draw stands when the vault starts, and where the vault dies."""

    stage: Stage
    point: str
    occurrence: int = 1

    def __str__(self) -> str:
        return f"{self.stage.__name__} {self.point} {self.occurrence}"


SHORT = [
    Death(submitted, "draw.evaluated"),
    Death(submitted, "tx.after-commit"),
    Death(submitted, "draw.table-made"),
    Death(submitted, "draw.part-written"),
    Death(submitted, "tx.before-commit", 2),
    Death(submitted, "tx.after-commit", 2),
    Death(submitted, "draw.asked"),
    Death(centre_answered, "draw.contribution-verified"),
    Death(centre_answered, "outbox.leased"),
    Death(outsider_answered, "draw.contribution-written"),
    Death(outsider_answered, "outbox.after-done"),
    Death(outsider_silent, "draw.stepped-in"),
    Death(contributed, "draw.computed"),
    Death(contributed, "draw.seats-written"),
    Death(contributed, "draw.result-written"),
    Death(contributed, "tx.before-commit", 2),
    Death(contributed, "tx.after-commit", 2),
    Death(declined, "draw.vacated"),
    Death(declined, "draw.refill-computed"),
    Death(declined, "draw.refill-written"),
    Death(listed, "draw.bidders-decided"),
    Death(listed, "draw.bidders-written"),
    Death(listed, "draw.vacated"),
    Death(listed, "tx.after-commit"),
    Death(moved, "draw.followed"),
    Death(moved, "draw.followed", 2),
]
"""One death for each step that a draw takes, and the commits around the intent and the result."""
STAGES = (submitted, centre_answered, outsider_answered, outsider_silent, contributed, declined, listed, moved)
VACATES = (declined, listed)
LONG = [
    Death(stage, point, occurrence)
    for stage in STAGES
    for point in CRASH_POINTS
    if point.split(".")[0] in {"draw", "tx", "outbox"}
    for occurrence in (1, 3)
]


def nothing_half_written(world: DrawWorld, draw: Draw) -> None:
    """Rows, entries and seats agree, whatever was going on."""
    log = SqlLog(world.site.service.engine)
    entries = [parse_entry(data) for data in log.entries(0, log.head().size)]
    assert [entry.index for entry in entries] == list(range(len(entries)))
    assert [entry.prev for entry in entries[1:]] == [entry.hash.hex() for entry in entries[:-1]]
    world.site.service.signer.check()
    assert reconcile(world.site.service.engine) == []
    own = [entry for entry in entries if entry.body.get("draw") == draw.id]
    number = {kind: sum(entry.kind == f"draw.{kind}" for entry in own) for kind in COUNTED}
    seats = 4 * number["completed"]
    with world.session() as session:
        assert count(session, TablePart, draw) == number["intended"]
        assert count(session, Contribution, draw) == number["contributed"]
        assert count(session, Seat, draw) == seats
        assert count(session, Vacancy, draw) == number["vacated"]
        assert count(session, WorkingCopy, draw) == seats + number["refilled"]
        assert count(session, SealedRecord, draw) == seats + number["refilled"] + min(1, number["contributed"])
    assert number["intended"] <= 1
    assert number["completed"] <= 1


COUNTED = ("intended", "contributed", "completed", "vacated", "refilled")


def count(session: object, table: type, draw: Draw) -> int:
    return len(session.scalars(select(table).where(table.draw_id == draw.id)).all())  # type: ignore[attr-defined]  # any table of draws


def killed_and_resumed(world: DrawWorld, death: Death) -> bool:
    """Let a vault die, start another, and compare with what follows from the contributions; says whether it died."""
    draw = death.stage(world)
    died = dies(world, death.point, death.occurrence)
    nothing_half_written(world, draw)

    world.clock.advance(LEASE + timedelta(microseconds=1))  # then another vault takes over what was leased
    vault = world.vault()
    world.go_on(vault, rounds=7)

    assert world.state(draw) is DrawState.FILLING
    assert len(organisations(world)) == 2
    nothing_half_written(world, draw)
    assert sits(world, draw) == reckon(world, draw.id).now
    assert len(world.bodies("draw.completed")) == len(world.bodies("draw.intended")) == 1
    assert len(world.bodies("draw.refilled")) == len(world.bodies("draw.vacated")) == int(death.stage in VACATES)
    assert len(world.bodies("draw.bidders-opened")) == int(death.stage is listed)
    assert len(world.bodies("draw.postponed")) == len(world.bodies("draw.resumed")) == int(death.stage is moved)
    for occupant in world.seated(draw).values():
        world.answer(occupant.answer_code, Word.ACCEPT)
    world.go_on(vault, rounds=2)
    assert world.state(draw) is DrawState.FILLED
    return died


@pytest.mark.parametrize("death", SHORT, ids=str)
def test_a_killed_vault_is_resumed_to_the_same_committee(world: DrawWorld, death: Death) -> None:
    assert killed_and_resumed(world, death), "the point was not reached"


@pytest.mark.faults
@pytest.mark.parametrize("death", LONG, ids=str)
def test_killed_at_every_point_and_stage(either_world: DrawWorld, death: Death) -> None:
    """Not every stage passes every point so often: then the vault comes to its end, and all is as well."""
    killed_and_resumed(either_world, death)


def test_every_step_of_a_draw_is_died_at() -> None:
    assert {death.point for death in SHORT} >= {point for point in CRASH_POINTS if point.startswith("draw.")}
