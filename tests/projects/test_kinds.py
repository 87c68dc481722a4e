"""What each kind of message does, both sides of its bounds, and in which order things may be stated."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from expertpool.core.errors import ExpertpoolError
from expertpool.core.ledger_store import SqlLog
from expertpool.core.reconcile import reconcile
from expertpool.identity.models import SenderKind
from expertpool.identity.roles import Role
from expertpool.projects import queries, service
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, Milestone, Project, SealedBlob, SealedDelivery
from expertpool.projects.terms import MilestoneKind, SealedKind
from expertpool.web.errors import InvalidInput
from tests.projects.world import (
    CODE,
    NOW,
    OPENS,
    PROJECT_BODY,
    SESSION_BODY,
    STARTS,
    VAULT_KEY,
    System,
    World,
    seal,
    sealed_body,
)

SCHEDULE = {**SESSION_BODY, "project": CODE}
DOCUMENT = hashlib.sha256(b"report").hexdigest()
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def prepared(world: World) -> System:
    """A trading system that has told of a project and a session."""
    system = world.system()
    world.send(system, "project.upsert", PROJECT_BODY)
    world.send(system, "session.schedule", SCHEDULE)
    return system


def send_list(world: World, system: System, sealed: bytes | None = None, **more: Any) -> bytes:
    data = seal(SealedKind.BIDDER_LIST) if sealed is None else sealed
    world.send(system, "bidder-list.sealed", sealed_body(data, **more), data)
    return data


def code_of(attempt: Any) -> str:
    with pytest.raises(ExpertpoolError) as refused:
        attempt()
    return refused.value.code


def test_upsert_registers_then_amends(either_world: World) -> None:
    world = either_world
    system = world.system()
    first = world.send(system, "project.upsert", PROJECT_BODY)
    second = world.send(system, "project.upsert", {**PROJECT_BODY, "title": "新标题"})
    assert first.project_id == second.project_id
    with world.session() as session:
        assert session.get_one(Project, first.project_id).title == "新标题"
    assert reconcile(world.site.service.engine) == []


def test_upsert_names_who_handles_it(world: World) -> None:
    system = world.system()
    initiator = world.actor(Role.INITIATOR)
    for stranger in ("nobody", world.actor(Role.CENTRE_STAFF).code):
        body = {**PROJECT_BODY, "initiator": stranger}
        assert code_of(lambda body=body: world.send(system, "project.upsert", body)) == "projects.initiator-unknown"
    accepted = world.send(system, "project.upsert", PROJECT_BODY)
    with world.session() as session:
        assert session.get_one(Project, accepted.project_id).initiator_id is None
    world.send(system, "project.upsert", {**PROJECT_BODY, "initiator": initiator.code})
    with world.session() as session:
        assert session.get_one(Project, accepted.project_id).initiator_id == initiator.id
    world.send(system, "project.upsert", PROJECT_BODY)  # says nothing of it, so it stays
    with world.session() as session:
        assert session.get_one(Project, accepted.project_id).initiator_id == initiator.id


def test_schedule_adds_then_reschedules_with_a_reason(world: World) -> None:
    system = prepared(world)
    later = {**SCHEDULE, "starts": (STARTS + HOUR).isoformat()}
    assert code_of(lambda: world.send(system, "session.schedule", later)) == "projects.reason-missing"
    accepted = world.send(system, "session.schedule", {**later, "reason": "开标延期"})
    with world.session() as session:
        kept = session.get_one(EvaluationSession, accepted.session_id)
        assert (kept.starts, kept.state, kept.reason) == (STARTS + HOUR, SessionState.SCHEDULED, "开标延期")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"project": "E4301000001000009"}, "projects.project-unknown"),
        ({"lots": [f"{CODE}009"]}, "projects.session-invalid"),
        ({"starts": NOW.isoformat(), "opens_at": NOW.isoformat()}, "projects.session-invalid"),
        ({"starts": "2026-11-23T09:00:00"}, "web.invalid-input"),
        ({"starts": "9999-12-31T23:59:59-12:00", "code": "S9"}, "projects.lot-in-other-session"),
        ({"overnight": 1}, "web.invalid-input"),
        ({"expected_minutes": 0}, "web.invalid-input"),
        ({"expected_minutes": 14_401}, "web.invalid-input"),
        ({"sites": []}, "web.invalid-input"),
    ],
)
def test_what_a_schedule_is_refused_for(world: World, change: dict[str, Any], code: str) -> None:
    system = prepared(world)
    body = {**SCHEDULE, "code": "S2", **change}
    assert code_of(lambda: world.send(system, "session.schedule", body)) == code


@pytest.mark.parametrize("budget", [0, -1, 10**14 + 1])
def test_a_budget_has_bounds(world: World, budget: int) -> None:
    system = world.system()
    lots = [{**PROJECT_BODY["lots"][0], "budget": budget}]
    with pytest.raises(InvalidInput) as refused:
        world.send(system, "project.upsert", {**PROJECT_BODY, "lots": lots})
    assert [blamed["field"] for blamed in refused.value.fields] == ["lots.0.budget"]


@pytest.mark.parametrize("budget", [1, 10**14])
def test_a_budget_at_its_bounds(world: World, budget: int) -> None:
    lots = [{**PROJECT_BODY["lots"][0], "budget": budget}]
    accepted = world.send(world.system(), "project.upsert", {**PROJECT_BODY, "lots": lots})
    with world.session() as session:
        assert session.get_one(Project, accepted.project_id).budget == budget


def test_a_bidder_list_is_kept_as_it_came(either_world: World) -> None:
    world = either_world
    system = prepared(world)
    data = send_list(world, system)
    with world.session() as session:
        [delivery] = session.scalars(select(SealedDelivery))
        assert session.get_one(SealedBlob, delivery.id).data == data
        assert (delivery.number, delivery.vault_key, delivery.reason) == (1, VAULT_KEY, None)
        assert delivery.digest == hashlib.sha256(data).hexdigest()
    body = next(entry["body"] for entry in world.entries() if entry["kind"] == "sealed.received")
    assert body["sealed"] == "bidder-list"
    everything = b"".join(SqlLog(world.site.service.engine).entries(0, 1000)).decode()
    assert delivery.digest not in everything
    assert VAULT_KEY not in everything
    assert reconcile(world.site.service.engine) == []


def test_a_second_list_needs_a_reason_and_comes_before_the_opening(world: World) -> None:
    system = prepared(world)
    first = send_list(world, system)
    assert code_of(lambda: send_list(world, system)) == "door.list-there"
    world.clock.advance(OPENS - NOW - TICK)
    second = send_list(world, system, reason="补充一家投标人")
    assert first != second
    world.clock.advance(TICK)
    assert code_of(lambda: send_list(world, system, reason="too late")) == "door.opening-passed"
    with world.session() as session:
        numbers = session.scalars(select(SealedDelivery.number).order_by(SealedDelivery.number)).all()
        assert list(numbers) == [1, 2]
        [held] = session.scalars(select(EvaluationSession))
        latest = queries.latest_sealed(session, held.id, SealedKind.BIDDER_LIST)
        assert latest is not None
        assert (latest.digest, latest.reason) == (hashlib.sha256(second).hexdigest(), "补充一家投标人")
        assert held.not_before is None


def test_a_first_list_may_come_after_the_opening(world: World) -> None:
    system = prepared(world)
    world.clock.advance(OPENS - NOW + HOUR)
    send_list(world, system)


def test_the_opening_cannot_be_moved_to_supersede_a_list_after_it(world: World) -> None:
    system = prepared(world)
    send_list(world, system)
    world.clock.advance(OPENS - NOW)
    moved = {**SCHEDULE, "opens_at": (OPENS + TICK).isoformat(), "reason": "r"}
    assert code_of(lambda: world.send(system, "session.schedule", moved)) == "projects.opening-happened"
    later = {**SCHEDULE, "starts": (STARTS + HOUR).isoformat(), "reason": "评标推迟"}
    world.send(system, "session.schedule", later)
    assert code_of(lambda: send_list(world, system, reason="r")) == "door.opening-passed"


def test_an_opening_that_nobody_had_a_list_for_may_be_moved(world: World) -> None:
    system = prepared(world)
    world.clock.advance(OPENS - NOW)
    moved = {**SCHEDULE, "opens_at": (OPENS + HOUR).isoformat(), "starts": (STARTS + HOUR).isoformat(), "reason": "r"}
    world.send(system, "session.schedule", moved)


@pytest.mark.parametrize(
    ("sealed", "change", "code"),
    [
        (None, {}, "door.sealed-missing"),
        (bytes(100), {}, "door.sealed-length"),
        (bytes(16_384 + 48), {"sha256": "0" * 64}, "door.sealed-differs"),
        (bytes(16_384 + 48), {"session": "S9"}, "projects.session-unknown"),
        (bytes(16_384 + 48), {"vault_key": "A" * 64}, "web.invalid-input"),
    ],
)
def test_what_a_list_is_refused_for(world: World, sealed: bytes | None, change: dict[str, str], code: str) -> None:
    system = prepared(world)
    body = sealed_body(sealed or b"", **change)
    assert code_of(lambda: world.send(system, "bidder-list.sealed", body, sealed)) == code


def test_a_draw_result_is_taken_once_and_shown_as_not_proven(either_world: World) -> None:
    world = either_world
    prepared(world)
    province = world.system(SenderKind.PROVINCIAL_POOL)
    data, other = seal(SealedKind.DRAW_RESULT), seal(SealedKind.DRAW_RESULT)
    sent = province.sign(province.message("draw-result.sealed", sealed_body(data)), data)
    accepted = world.receive(province, sent)
    assert world.receive(province, sent).received == accepted.received
    province.sequence = 2
    for again in (data, other):
        body = sealed_body(again)
        attempt = code_of(lambda body=body, again=again: world.send(province, "draw-result.sealed", body, again))
        assert attempt == "door.result-there"
    shown = world.site.call("GET", f"/api/v1/sessions/{accepted.session_id}", role=Role.CENTRE_STAFF).get_json()
    assert shown["drawn_elsewhere"] == {
        "zh": "在外部系统抽取，本系统未予证明",
        "en": "drawn elsewhere, not proven here",
    }
    with world.session() as session:
        assert session.scalar(select(func.count()).select_from(SealedBlob)) == 1
    assert reconcile(world.site.service.engine) == []


def test_a_session_without_an_imported_result_says_nothing_of_it(world: World) -> None:
    system = prepared(world)
    send_list(world, system)
    with world.session() as session:
        [held] = session.scalars(select(EvaluationSession))
    shown = world.site.call("GET", f"/api/v1/sessions/{held.id}", role=Role.CENTRE_STAFF).get_json()
    assert shown["drawn_elsewhere"] is None


def test_a_cancelled_session_takes_nothing_and_a_postponed_one_its_list(world: World) -> None:
    system = prepared(world)
    province = world.system(SenderKind.PROVINCIAL_POOL)
    with world.session() as session:
        [held] = session.scalars(select(EvaluationSession))
    world.as_(Role.CENTRE_STAFF, lambda tx: service.postpone_session(tx, held.id, reason="r"))
    send_list(world, system)
    report = {"project": CODE, "session": "S1", "at": NOW.isoformat(), "document": DOCUMENT}
    assert code_of(lambda: world.send(system, "report.signed", report)) == "door.session-not-live"
    world.as_(Role.CENTRE_STAFF, lambda tx: service.cancel_session(tx, held.id, reason="r"))
    assert code_of(lambda: send_list(world, system, reason="r")) == "door.session-not-live"
    data = seal(SealedKind.DRAW_RESULT)
    attempt = code_of(lambda: world.send(province, "draw-result.sealed", sealed_body(data), data))
    assert attempt == "door.session-not-live"


def stated(kind: str, at: Any, lot: str = f"{CODE}001") -> dict[str, Any]:
    subject = {"session": "S1"} if kind == "report.signed" else {"lot": lot}
    return {"project": CODE, **subject, "at": at.isoformat(), "document": DOCUMENT}


def test_report_award_and_notice_come_in_this_order_each_once(either_world: World) -> None:
    world = either_world
    system = prepared(world)
    world.clock.advance(STARTS - NOW + 3 * HOUR)
    kinds = ["report.signed", "award.fixed", "notice.published"]
    for late in (2, 1):
        assert code_of(lambda late=late: world.send(system, kinds[late], stated(kinds[late], STARTS))) == (
            "door.milestone-too-soon"
        )
    for number, kind in enumerate(kinds):
        world.send(system, kind, stated(kind, STARTS + number * HOUR))
        again = code_of(lambda kind=kind: world.send(system, kind, stated(kind, STARTS + 2 * HOUR)))
        assert again == "door.milestone-there"
    with world.session() as session:
        reached = session.scalars(select(Milestone).order_by(Milestone.at)).all()
        assert [(each.kind, each.at) for each in reached] == [
            (kind, STARTS + number * HOUR) for number, kind in enumerate(MilestoneKind)
        ]
    shown = [entry["body"] for entry in world.entries() if entry["kind"] == "milestone.reached"]
    assert [body["milestone"] for body in shown] == [kind.value for kind in MilestoneKind]
    assert DOCUMENT not in str(shown)
    assert reconcile(world.site.service.engine) == []


def test_a_lot_that_was_not_evaluated_has_no_award(world: World) -> None:
    system = prepared(world)
    world.clock.advance(STARTS - NOW + HOUR)
    world.send(system, "report.signed", stated("report.signed", STARTS))
    other = stated("award.fixed", STARTS, f"{CODE}002")
    assert code_of(lambda: world.send(system, "award.fixed", other)) == "door.milestone-too-soon"
    none = stated("award.fixed", STARTS, f"{CODE}009")
    assert code_of(lambda: world.send(system, "award.fixed", none)) == "projects.lot-unknown"


@pytest.mark.parametrize(
    ("at", "right"),
    [(STARTS - TICK, "no"), (STARTS, "yes"), (STARTS + HOUR, "yes"), (STARTS + HOUR + TICK, "no")],
)
def test_a_report_is_signed_after_the_assembly_and_before_it_is_told(world: World, at: Any, right: str) -> None:
    system = prepared(world)
    world.clock.advance(STARTS + HOUR - NOW)
    body = stated("report.signed", at)
    if right == "yes":
        world.send(system, "report.signed", body)
    else:
        assert code_of(lambda: world.send(system, "report.signed", body)) == "door.milestone-time"


def test_an_award_is_not_fixed_before_its_report(world: World) -> None:
    system = prepared(world)
    world.clock.advance(STARTS + 2 * HOUR - NOW)
    world.send(system, "report.signed", stated("report.signed", STARTS + HOUR))
    early = stated("award.fixed", STARTS + HOUR - TICK)
    assert code_of(lambda: world.send(system, "award.fixed", early)) == "door.milestone-time"
    world.send(system, "award.fixed", stated("award.fixed", STARTS + HOUR))
