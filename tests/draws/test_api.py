"""Draws over HTTP: who may, what is refused and how, and that no answer counts anybody."""

from datetime import timedelta
from typing import Any

import pytest

from expertpool.identity.roles import Role
from tests.draws.world import CODE, DrawWorld
from tests.website import problem_of


def body(world: DrawWorld, **changed: Any) -> dict[str, Any]:
    return {
        "draw_at": world.clock.now().isoformat(),
        "lines": [{"codes": [CODE], "seats": 4}],
        "contacts": [{"name": "李四", "phone": "0731-8888 6666"}],
        "owner_representatives": [{"appointed_on": "2026-11-30", "in_writing": True}],
        **changed,
    }


@pytest.fixture
def sitting(world: DrawWorld) -> str:
    return world.sitting(world.project()).id


def test_an_initiator_applies_and_sees_how_it_stands(world: DrawWorld, sitting: str) -> None:
    applied = world.site.call("POST", f"/api/v1/sessions/{sitting}/draw", role=Role.INITIATOR, json=body(world))
    assert applied.status_code == 202, applied.text  # nobody signs in this test
    draw = applied.get_json()["id"]
    assert applied.get_json()["state"] == "submitted"
    world.go_on(world.vault())

    shown = world.site.call("GET", f"/api/v1/draws/{draw}", role=Role.CENTRE_STAFF).get_json()

    assert shown["state"] == "filling"
    assert [seat.keys() for seat in shown["seats"]] == [{"code", "line", "state"}] * 4
    listed = world.site.call("GET", "/api/v1/draws", role=Role.SUPERVISOR).get_json()
    assert [each["id"] for each in listed["items"]] == [draw]


def test_a_repeated_request_gets_the_first_answer(world: DrawWorld, sitting: str) -> None:
    path, given = f"/api/v1/sessions/{sitting}/draw", body(world)
    first = world.site.call("POST", path, role=Role.INITIATOR, key="k1", json=given)
    again = world.site.call("POST", path, role=Role.INITIATOR, key="k1", json=given)
    assert first.get_json()["id"] == again.get_json()["id"]
    refused = world.site.call("POST", path, role=Role.INITIATOR, json=given)
    problem_of(refused, 409, "draws.already-applied")


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.INITIATOR, Role.EXPERT)])
def test_nobody_else_applies(world: DrawWorld, sitting: str, role: Role) -> None:
    refused = world.site.call("POST", f"/api/v1/sessions/{sitting}/draw", role=role, json=body(world))
    assert refused.status_code == 403


def test_a_refusal_names_the_article_and_what_to_change(world: DrawWorld, sitting: str) -> None:
    given = body(world, lines=[{"codes": [CODE], "seats": 3}])
    refused = world.site.call("POST", f"/api/v1/sessions/{sitting}/draw", role=Role.INITIATOR, json=given)
    problem = problem_of(refused, 422, "draws.request-refused")
    size = next(each for each in problem["errors"] if each["field"] == "committee.size")
    assert "第三十七条" in size["zh"]
    assert "5" in size["en"]


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"lines": [{"codes": ["Z99"], "seats": 4}]}, "lines.0.codes", "draws.specialty-unknown"),
        ({"lines": [{"codes": [CODE], "seats": 4, "site": 5}]}, "lines.0.site", "draws.site-unknown"),
        ({"contacts": [{"name": "李四", "phone": "none"}]}, "contacts.0.phone", "web.invalid-input"),
        ({"recused": ["91430100700000000F"]}, "recused.0", "draws.recused-unknown"),
    ],
)
def test_bad_input_names_its_field(
    world: DrawWorld, sitting: str, changed: dict[str, Any], field: str, code: str
) -> None:
    given = body(world, **changed)
    refused = world.site.call("POST", f"/api/v1/sessions/{sitting}/draw", role=Role.INITIATOR, json=given)
    problem = problem_of(refused, 422, code)
    assert problem["errors"][0]["field"] == field


def test_feasibility_tells_a_word_for_each_line_and_no_figure(world: DrawWorld, sitting: str) -> None:
    lines = [{"codes": [CODE], "seats": 2}, {"codes": ["A080101"], "seats": 99}]
    asked = world.site.call(
        "POST", f"/api/v1/sessions/{sitting}/feasibility", role=Role.INITIATOR, json=body(world, lines=lines)
    )
    assert asked.status_code == 200, asked.text
    enough, few = asked.get_json()["lines"]
    assert enough == "enough"
    assert few in ("thin", "too_few")


def test_feasibility_cannot_be_asked_without_end(world: DrawWorld, sitting: str) -> None:
    path = f"/api/v1/sessions/{sitting}/feasibility"
    allowed = world.site.service.settings.draws.questions_per_hour
    for _ in range(allowed):
        assert world.site.call("POST", path, role=Role.INITIATOR, json=body(world)).status_code == 200
    refused = world.site.call("POST", path, role=Role.INITIATOR, json=body(world))
    problem_of(refused, 403, "draws.too-many-questions")
    world.clock.advance(timedelta(minutes=61))
    again = body(world)
    assert world.site.call("POST", path, role=Role.INITIATOR, json=again).status_code == 200


def test_a_stranger_learns_nothing(world: DrawWorld) -> None:
    refused = world.site.call("GET", "/api/v1/draws/drw_00000000000000000000000000", role=Role.CENTRE_STAFF)
    problem_of(refused, 404, "draws.unknown")
