"""A suspension decided for a seat is a fact of the next draw's decisions, and whoever audits decides it again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from expertpool.draws.exporting import export
from expertpool.draws.models import SeatSuspension
from expertpool.draws.suspending import binding
from policies.facts import Suspension, day_of
from tests.draws.prepared import prepared
from tests.draws.scenes import another_project
from tests.draws.test_bundle import checked
from tests.draws.world import DrawWorld


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    with prepared(sqlite_url, tmp_path, experts=300) as world:
        yield world


def test_the_auditors_replay_decides_a_suspension_by_seat_again(world: DrawWorld) -> None:
    vault, first = world.vault(), world.applied()
    world.go_on(vault)
    seat, occupant = next(iter(world.seated(first).items()))
    today = day_of(world.clock.now())
    pause = Suspension(today, today + timedelta(days=90))
    with world.session() as session, session.begin():
        at = {"draw_id": first.id, "seat": seat, "vacancy": 0}
        decided = SeatSuspension(case_id="cas_1", start=today, until=pause.until, **at)
        session.add(decided)
    with world.session() as session:
        assert binding(session, world.parts()) == {occupant.expert: (pause,)}
    second = another_project(world)
    world.go_on(vault)
    assert occupant.expert not in {each.expert for each in world.seated(second).values()}
    world.filled(vault, second)
    world.close(vault, second)
    with world.session() as session, session.begin():
        session.get_one(SeatSuspension, "cas_1").applied = world.clock.now()
    with world.session() as session:
        assert binding(session, world.parts()) == {}, "the pool has it now"
    bundle = export(world.parts(), second.id, audit=True)
    assert bundle.audit is not None
    said = [line for line in bundle.audit.decisions.lines() if b'"suspensions":[[' in line]
    assert len(said) == 1
    assert b'"rule":"status.suspension"' in said[0]
    assert checked(world, second.id, audit=True).verdict == "proven"
