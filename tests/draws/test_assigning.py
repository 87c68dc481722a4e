"""Seats become people when the rulebook opens names to the payer: not a moment before, in no table and no statement."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from expertpool.core.jobs_table import OutboxJob
from expertpool.core.reconcile import reconcile
from expertpool.draws.assigning import ASSIGNED, Assigning, assign, assigned, assignments_of, seated_experts
from expertpool.draws.models import Assignment, Draw
from expertpool.experts.models import Expert
from expertpool.projects.handover import note_outcome
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.terms import MilestoneKind
from tests.draws.dying_vault import dies
from tests.draws.prepared import prepared
from tests.draws.world import DrawWorld

AWARD, NOTICE = MilestoneKind.AWARD_FIXED, MilestoneKind.NOTICE_PUBLISHED


class Closed:
    """A draw that is closed, of which one member had declined."""

    def __init__(self, world: DrawWorld) -> None:
        self.world = world
        self.vault = world.vault()
        self.draw: Draw = world.applied()
        world.go_on(self.vault)
        world.filled(self.vault, self.draw, declines=1)
        world.close(self.vault, self.draw)

    def outcome(self, kind: MilestoneKind, lots: slice = slice(None)) -> None:
        """The trading system states the outcome of these lots."""
        self.world.clock.advance(timedelta(days=1))
        with self.world.site.service.transactions.begin("svc:test") as tx:
            sitting = tx.session.get_one(EvaluationSession, self.draw.session_id)
            project = tx.session.get_one(Project, sitting.project_id)
            for each in sitting.session_lots[lots]:
                note_outcome(tx, project, each.lot, kind, at=tx.now, said=tx.now, document="0" * 64)

    def look(self) -> bool:
        """What a new process of the vault would do."""
        return Assigning(self.world.parts()).step()

    def known(self) -> dict[tuple[str, int], str]:
        with self.world.session() as session:
            return dict(assigned(session, self.draw.id))

    def seated(self) -> dict[tuple[str, int], str]:
        with self.world.session() as session:
            return dict(seated_experts(session, self.world.parts(), self.draw.id))


@pytest.fixture
def closed(sqlite_url: str, tmp_path: Path) -> Iterator[Closed]:
    with prepared(sqlite_url, tmp_path, experts=300) as world:
        yield Closed(world)


def test_seats_are_people_once_and_from_the_moment_that_the_award_is_fixed(closed: Closed) -> None:
    everyone = closed.seated()
    assert len(everyone) == 5  # four seats, and who declined one of them
    assert (closed.look(), closed.known()) == (False, {})
    closed.outcome(AWARD)
    assert closed.look()
    assert closed.known() == everyone
    with closed.world.session() as session:
        for (seat, vacancy), expert in everyone.items():
            [own] = assignments_of(session, expert)
            assert (own.draw_id, own.seat, own.vacancy, own.at) == (
                closed.draw.id,
                seat,
                vacancy,
                closed.world.clock.now(),
            )
    assert closed.look() is False
    closed.outcome(NOTICE)
    assert closed.look() is False
    [body] = closed.world.bodies("draw.assigned")
    assert body.keys() == {"_sd", "draw", "intent", "rows"}  # who it was is a digest
    with closed.world.session() as session:
        jobs = session.scalars(select(OutboxJob.args).where(OutboxJob.kind == ASSIGNED)).all()
    assert [json.loads(args) for args in jobs] == [{"draw": closed.draw.id}]
    assert reconcile(closed.world.site.service.engine) == []


def test_a_look_leaves_a_draw_alone_until_something_is_stated(closed: Closed) -> None:
    looks = Assigning(closed.world.parts())
    statements: list[str] = []
    assert looks.step() is False
    event.listen(closed.world.site.service.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    closed.world.clock.advance(timedelta(milliseconds=500))
    assert (looks.step(), statements) == (False, [])
    closed.world.clock.advance(timedelta(seconds=1))
    assert looks.step() is False
    assert len([each for each in statements if each.startswith("SELECT")]) == 1
    closed.outcome(AWARD)
    assert looks.step()


def test_nothing_before_the_moment_tells_whose_seat_it_was(closed: Closed) -> None:
    """No row, entry or image has an expert's identifier of the drawn that it did not have of everybody."""
    dump = _everything(closed.world)
    with closed.world.session() as session:
        pool = set(session.scalars(select(Expert.id)))
    drawn = set(closed.seated().values())
    found = {expert: _places(dump, expert) for expert in pool}
    usual = set(map(frozenset, (places for expert, places in found.items() if expert not in drawn)))
    assert {frozenset(found[expert]) for expert in drawn} <= usual
    assert [table for table, rows in dump.items() if table == "draw_assignments" and rows] == []
    closed.outcome(AWARD)
    closed.look()
    after = _everything(closed.world)
    assert all("draw_assignments.expert_id" in _places(after, expert) for expert in drawn)  # the same look finds it now


def test_a_vault_that_dies_while_it_assigns_begins_again(closed: Closed) -> None:
    everyone = closed.seated()
    closed.outcome(AWARD)
    assert dies(closed.world, "release.seats-assigned")
    assert closed.known() == {}
    closed.look()
    assert closed.known() == everyone


def test_only_a_closed_draw_is_assigned(sqlite_url: str, tmp_path: Path) -> None:
    with prepared(sqlite_url, tmp_path, experts=300) as world:
        draw = world.applied()
        world.go_on(world.vault())
        assert assign(world.parts(), draw.id) is False
        seats = {(seat, 0) for seat in world.seated(draw)}
        with world.session() as session:
            assert session.scalar(select(func.count()).select_from(Assignment)) == 0
            assert seated_experts(session, world.parts(), draw.id).keys() == seats


def _everything(world: DrawWorld) -> dict[str, list[dict[str, Any]]]:
    with sqlite3.connect(world.site.service.settings.database.url.removeprefix("sqlite:///")) as base:
        base.row_factory = sqlite3.Row
        names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in base.execute(f"SELECT * FROM {name}")] for name in names}


def _places(dump: dict[str, list[dict[str, Any]]], expert: str) -> set[str]:
    """The columns in which an identifier stands, in a value or as a part of one."""
    wanted = expert.encode()
    return {
        f"{table}.{column}"
        for table, rows in dump.items()
        for row in rows
        for column, value in row.items()
        if isinstance(value, str | bytes) and wanted in (value if isinstance(value, bytes) else value.encode())
    }
