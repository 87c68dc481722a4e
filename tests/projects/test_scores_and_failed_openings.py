"""Through the door: the members' scores, sealed until the report, and that bids could not be opened."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import func, select

from expertpool.core.reconcile import reconcile
from expertpool.identity.models import SenderKind
from expertpool.projects.handover import NOT_OPENED, NOT_OPENED_REASON
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, SealedBlob
from expertpool.projects.terms import SealedKind
from tests.projects.test_kinds import HOUR, TICK, code_of, prepared, stated
from tests.projects.world import CODE, NOW, OPENS, STARTS, System, World, seal, sealed_body

RECORD = hashlib.sha256(b"record").hexdigest()


def send_scores(world: World, system: System, sealed: bytes | None = None, **changed: str) -> bytes:
    data = seal(SealedKind.SCORES) if sealed is None else sealed
    world.send(system, "scores.sealed", sealed_body(data, **changed), data)
    return data


def failed(at: Any) -> dict[str, Any]:
    return {"project": CODE, "session": "S1", "at": at.isoformat(), "document": RECORD}


def sitting(world: World) -> EvaluationSession:
    with world.session() as session:
        return session.scalars(select(EvaluationSession)).one()


def test_scores_are_kept_once_and_from_the_assembly_on(either_world: World) -> None:
    world = either_world
    system = prepared(world)
    world.clock.advance(STARTS - TICK - NOW)
    assert code_of(lambda: send_scores(world, system)) == "door.scores-too-soon"
    world.clock.advance(TICK)
    data = send_scores(world, system)
    for again in (data, None):
        assert code_of(lambda again=again: send_scores(world, system, again)) == "door.scores-there"
    with world.session() as session:
        assert session.scalar(select(func.count()).select_from(SealedBlob)) == 1
    assert reconcile(world.site.service.engine) == []


@pytest.mark.parametrize(
    ("sealed", "change", "code"),
    [
        (bytes(100), {}, "door.sealed-length"),
        (bytes(16_384 + 48), {"sha256": "0" * 64}, "door.sealed-differs"),
        (bytes(16_384 + 48), {"session": "S9"}, "projects.session-unknown"),
    ],
    ids=["length", "digest", "session"],
)
def test_what_scores_are_refused_for(world: World, sealed: bytes, change: dict[str, str], code: str) -> None:
    system = prepared(world)
    world.clock.advance(STARTS - NOW)
    assert code_of(lambda: send_scores(world, system, sealed, **change)) == code


def test_a_provincial_pool_sends_no_scores(world: World) -> None:
    prepared(world)
    world.clock.advance(STARTS - NOW)
    province = world.system(SenderKind.PROVINCIAL_POOL)
    assert code_of(lambda: send_scores(world, province)) == "door.kind-not-allowed"


def test_bids_that_were_not_opened_cancel_the_session(world: World) -> None:
    system = prepared(world)
    world.clock.advance(OPENS + HOUR - NOW)
    for wrong in (OPENS - TICK, OPENS + HOUR + TICK):
        assert code_of(lambda wrong=wrong: world.send(system, NOT_OPENED, failed(wrong))) == "door.milestone-time"
    world.send(system, NOT_OPENED, failed(OPENS))
    assert (sitting(world).state, sitting(world).reason) == (SessionState.CANCELLED, NOT_OPENED_REASON)
    assert code_of(lambda: world.send(system, NOT_OPENED, failed(OPENS))) == "door.session-not-live"
    assert reconcile(world.site.service.engine) == []


def test_after_the_report_nobody_says_that_nothing_was_opened(world: World) -> None:
    system = prepared(world)
    world.clock.advance(STARTS + HOUR - NOW)
    world.send(system, "report.signed", stated("report.signed", STARTS))
    assert code_of(lambda: world.send(system, NOT_OPENED, failed(OPENS))) == "door.milestone-there"
    assert sitting(world).state is SessionState.SCHEDULED
