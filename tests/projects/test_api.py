"""Projects and sessions over HTTP: what is shown to whom, receipts, repetitions, problems with their fields."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from expertpool.identity.roles import Role
from tests.projects.world import CODE, FACTS, NOW, PROJECT_BODY, SESSION_BODY, STARTS, UNIT, World
from tests.website import problem_of

ANY = {"If-Match": "*"}
INITIATOR, STAFF, SUPERVISOR = Role.INITIATOR, Role.CENTRE_STAFF, Role.SUPERVISOR


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """With its signer at work."""
    with world.site.service.signing():
        yield world


@pytest.fixture
def either_world(either_world: World) -> Iterator[World]:
    """The same on both databases."""
    with either_world.site.service.signing():
        yield either_world


def post(world: World, path: str, body: dict[str, Any], role: Role = INITIATOR, **more: Any) -> Any:
    answer = world.site.call("POST", f"/api/v1{path}", role=role, json=body, **more)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def get(world: World, path: str, role: Role = INITIATOR) -> Any:
    answer = world.site.call("GET", f"/api/v1{path}", role=role)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def new_project(world: World, role: Role = INITIATOR, **changed: Any) -> Any:
    return post(world, "/projects", {**PROJECT_BODY, "centre_id": world.centre.id, **changed}, role)


def test_a_whole_project_over_http(either_world: World) -> None:
    world = either_world
    project = new_project(world)
    assert project["budget"] == sum(lot.budget for lot in FACTS.lots)
    assert [lot["code"] for lot in project["lots"]] == [lot.code for lot in FACTS.lots]
    assert project["receipt"].startswith("c2sp.org/tlog-proof")
    amended = post(world, f"/projects/{project['id']}/amendment", {**PROJECT_BODY, "title": "新标题"}, headers=ANY)
    session = post(world, f"/projects/{project['id']}/sessions", SESSION_BODY)
    assert (session["state"], session["lots"]) == ("scheduled", [f"{CODE}001"])
    assert [site["site_id"] for site in session["sites"]] == [world.centre.id, None]
    later = {**SESSION_BODY, "starts": (STARTS + timedelta(hours=1)).isoformat(), "reason": "r"}
    assert post(world, f"/sessions/{session['id']}/rescheduling", later, headers=ANY)["reason"] == "r"
    assert post(world, f"/sessions/{session['id']}/postponement", {"reason": "p"})["state"] == "postponed"
    assert post(world, f"/sessions/{session['id']}/cancellation", {"reason": "c"}, STAFF)["state"] == "cancelled"
    shown = get(world, f"/projects/{project['id']}")
    assert shown == {name: value for name, value in amended.items() if not name.startswith("receipt")}
    assert get(world, f"/sessions/{session['id']}", SUPERVISOR)["state"] == "cancelled"


def test_a_repeated_write_gets_the_first_answer(world: World) -> None:
    body = {**PROJECT_BODY, "centre_id": world.centre.id}
    first, second = (post(world, "/projects", body, key="k") for _ in range(2))
    assert first == second
    assert [entry["kind"] for entry in world.entries()].count("project.registered") == 1


def test_problems_name_every_field(world: World) -> None:
    body = {
        **PROJECT_BODY,
        "centre_id": world.centre.id,
        "code": "X",
        "method": "inquiry",
        "parties": [{**PROJECT_BODY["parties"][0], "code": "1" * 18}],
    }
    answer = world.site.call("POST", "/api/v1/projects", role=INITIATOR, json=body)
    problem = problem_of(answer, 422, "projects.invalid")
    fields = {blamed["field"]: blamed["code"] for blamed in problem["errors"]}
    assert fields == {
        "code": "projects.tender-code-invalid",
        "method": "projects.method-of-other-regime",
        "lots.0.code": "projects.tender-lot-code-invalid",
        "lots.1.code": "projects.tender-lot-code-invalid",
        "parties.0.code": "experts.credit-code-invalid",
        "parties": "projects.party-missing",
    }
    for blamed in problem["errors"]:
        assert blamed["zh"] != blamed["en"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"regime": "other"}, "regime"),
        ({"title": " x"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"lots": []}, "lots"),
        ({"lots": [{**PROJECT_BODY["lots"][0], "budget": "100"}]}, "lots.0.budget"),
        ({"lots": [{**PROJECT_BODY["lots"][0], "budget": 1.5}]}, "lots.0.budget"),
        ({"lots": [{**PROJECT_BODY["lots"][0], "budget": True}]}, "lots.0.budget"),
        ({"parties": [{**PROJECT_BODY["parties"][0], "role": "bidder"}]}, "parties.0.role"),
        ({"centre_id": "x"}, "centre_id"),
        ({"more": 1}, "more"),
    ],
)
def test_forms_are_checked_before_anything_else(world: World, change: dict[str, Any], field: str) -> None:
    body = {**PROJECT_BODY, "centre_id": world.centre.id, **change}
    answer = world.site.call("POST", "/api/v1/projects", role=INITIATOR, json=body)
    problem = problem_of(answer, 422, "web.invalid-input")
    assert [blamed["field"] for blamed in problem["errors"]] == [field]


def test_an_initiator_sees_what_they_handle_and_the_centre_all(world: World) -> None:
    new_project(world)
    other = "E4301000001000002"
    lots = [{**PROJECT_BODY["lots"][0], "code": f"{other}001"}]
    theirs = new_project(world, STAFF, code=other, lots=lots)
    codes = {role: [item["code"] for item in get(world, "/projects", role)["items"]] for role in (INITIATOR, STAFF)}
    assert codes == {INITIATOR: [CODE], STAFF: [CODE, other]}
    problem_of(
        world.site.call("GET", f"/api/v1/projects/{theirs['id']}", role=INITIATOR), 403, "identity.not-permitted"
    )
    problem_of(world.site.call("GET", "/api/v1/projects/prj_none", role=STAFF), 403, "identity.not-permitted")
    problem_of(world.site.call("GET", "/api/v1/sessions/ses_none", role=STAFF), 403, "identity.not-permitted")


def test_projects_come_in_pages(world: World) -> None:
    for number in range(3):
        code = f"E430100000100000{number}"
        new_project(world, code=code, lots=[{**PROJECT_BODY["lots"][0], "code": f"{code}001"}])
    first = get(world, "/projects?limit=2")
    assert [item["code"][-1] for item in first["items"]] == ["0", "1"]
    rest = get(world, f"/projects?limit=2&after={first['next']}")
    assert [item["code"][-1] for item in rest["items"]] == ["2"]
    assert rest["next"] is None


def test_sessions_of_a_period(world: World) -> None:
    project = new_project(world)
    post(world, f"/projects/{project['id']}/sessions", SESSION_BODY)

    def found(start: Any, until: Any, role: Role = STAFF) -> int:
        query = {"start": start.isoformat(), "until": until.isoformat()}
        answer = world.site.call("GET", "/api/v1/sessions", role=role, query_string=query)
        return len(answer.get_json()["items"])

    tick = timedelta(microseconds=1)
    assert found(STARTS, STARTS + tick) == 1
    assert found(STARTS + tick, STARTS + timedelta(days=1)) == 0
    assert found(NOW, STARTS) == 0
    assert found(NOW, STARTS + tick, INITIATOR) == 1
    edge = {"start": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59-14:00"}
    answer = world.site.call("GET", "/api/v1/sessions", role=SUPERVISOR, query_string=edge)
    assert len(answer.get_json()["items"]) == 1


def test_sessions_come_in_pages(world: World) -> None:
    project = new_project(world)
    first = post(world, f"/projects/{project['id']}/sessions", SESSION_BODY)["id"]
    lots = {"code": "S2", "lots": [f"{CODE}002"]}
    second = post(world, f"/projects/{project['id']}/sessions", {**SESSION_BODY, **lots})["id"]
    query = "/sessions?start=2026-01-01T00:00:00Z&until=2027-01-01T00:00:00Z&limit=1"
    page = get(world, query)
    rest = get(world, f"{query}&after={page['next']}")
    assert [each["id"] for each in page["items"] + rest["items"]] == sorted([first, second])
    assert (page["next"], rest["next"]) == (page["items"][0]["id"], None)
    assert get(world, query.replace("limit=1", "limit=2"))["next"] is None
    nobody = world.site.call("GET", f"/api/v1{query}&after=ses_{'0' * 26}", role=INITIATOR)
    problem_of(nobody, 403, "identity.not-permitted")


def test_recusals_are_seen_by_those_concerned_and_people_are_masked(world: World) -> None:
    project = new_project(world)
    path = f"/projects/{project['id']}"
    unit = post(world, f"{path}/recused-units", {"code": UNIT, "name": "湖南某设计院", "reason": "控股关系"})
    person = {"name": "欧阳若晴", "id_number": "430102199003072317", "reason": "配偶"}
    named = post(world, f"{path}/recused-persons", person)
    assert (unit["kind"], unit["unit_code"], unit["person"]) == ("unit", UNIT, None)
    assert (named["kind"], named["person"]) == ("person", {"name": "欧**", "number": "4301**********2317"})
    withdrawn = post(world, f"/recusals/{unit['id']}/withdrawal", {"reason": "股权已转让"})
    assert withdrawn["withdrawn_reason"] == "股权已转让"
    for role in (INITIATOR, SUPERVISOR):
        items = get(world, f"{path}/recusals", role)["items"]
        assert {item["id"] for item in items} == {unit["id"], named["id"]}
        assert "若晴" not in str(items)
    problem_of(world.site.call("GET", f"/api/v1{path}/recusals", role=STAFF), 403, "web.role-refused")


def test_senders_and_keys_are_listed_for_those_who_register_and_approve(world: World) -> None:
    system = world.system()
    for role in (Role.SECURITY_ADMINISTRATOR, SUPERVISOR):
        [sender] = get(world, "/door/senders", role)["items"]
        assert (sender["id"], sender["kind"]) == (system.id, "trading-system")
        [key] = sender["keys"]
        assert key["id"] == system.key
        assert key["approved"] is not None
    body = {"reason": "lost"}
    revoked = post(world, f"/door/keys/{system.key}/revocation", body, Role.SECURITY_ADMINISTRATOR)
    assert revoked["revoked_reason"] == "lost"
