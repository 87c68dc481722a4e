"""The pool over HTTP: every verb for every role, and how far a centre reaches."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from expertpool.experts.lifecycle import Verb
from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role
from tests.experts.desk import FACTS, GROUND, MANAGER, TRAINING, WHO, Desk, second_manager
from tests.experts.pool import credit_code, id_number
from tests.website import problem_of


class Route(NamedTuple):
    """One verb: its permission, its path and body, and how to bring an expert to where it applies."""

    permission: str
    path: str
    body: Any = GROUND
    ready: Callable[[Desk, int], str] = lambda desk, serial: desk.apply(serial)


def enrolled(desk: Desk, serial: int) -> str:
    return desk.enrol(serial)


def reviewed(desk: Desk, serial: int) -> str:
    return desk.take(desk.apply(serial), Verb.REVIEW)


def suspended(desk: Desk, serial: int) -> str:
    return desk.take(desk.enrol(serial), Verb.SUSPEND)


def left(desk: Desk, serial: int) -> str:
    return desk.take(desk.enrol(serial), Verb.LEAVE)


def expired(desk: Desk, serial: int) -> str:
    expert_id = left(desk, serial)
    desk.clock.advance(timedelta(days=365 * 30 + 9))
    return expert_id


ROLES = [role for role in Role if role is not Role.EXPERT]  # experts have no account
ROUTES = [
    Route("expert.review", "review"),
    Route("expert.reject", "rejection"),
    Route("expert.enrol", "enrolment", GROUND, reviewed),
    Route("expert.suspend", "suspension", GROUND, enrolled),
    Route("expert.reinstate", "reinstatement", GROUND, suspended),
    Route("expert.renew", "renewal", {**GROUND, "until": None}, enrolled),
    Route("expert.leave", "leaving", GROUND, enrolled),
    Route("expert.remove", "removal", GROUND, enrolled),
    Route("expert.reapply", "reapplication", GROUND, left),
    Route("expert.amend", "facts", {**FACTS, **GROUND}),
    Route("expert.amend", "contact", {"phone": None, "account": None}),
    Route("expert.amend", "absences", {"absences": []}),
    Route("expert.amend", "trainings", TRAINING),
    Route("expert.erase", "contact-erasure", GROUND, left),
    Route("expert.erase", "record-erasure", GROUND, expired),
]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_verb_for_every_role(desk: Desk, route: Route, subtests: pytest.Subtests) -> None:
    for serial, role in enumerate(ROLES):
        expert = route.ready(desk, serial)
        with subtests.test(role=role):
            path, held = f"/api/v1/experts/{expert}/{route.path}", {"If-Match": "*"}
            answer = desk.site.call("POST", path, role=role, json=route.body, headers=held)
            if role in PERMISSIONS[route.permission]:
                assert answer.status_code == 201, answer.text
            else:
                problem_of(answer, 403, "web.role-refused")


@pytest.mark.parametrize(
    ("permission", "path", "body"),
    [
        ("expert.see", "/experts", None),
        ("expert.see", "/experts/{expert}", None),
        ("expert.see", "/experts/{expert}/trainings", None),
        ("expert.apply", "/experts", {**FACTS, **WHO, **GROUND, "id_number": id_number(7), "centre_id": ""}),
        ("organisation.see", "/organisations", None),
        ("organisation.see", "/organisation-aliases", None),
        ("organisation.register", "/organisations", {"centre_id": "", "code": credit_code(8), "name": "n"}),
    ],
)
def test_every_list_and_admission_for_every_role(
    desk: Desk, permission: str, path: str, body: Any, subtests: pytest.Subtests
) -> None:
    address = "/api/v1" + path.format(expert=desk.apply())
    method, done = ("POST", 201) if body else ("GET", 200)
    content: dict[str, Any] = {"json": {**body, "centre_id": desk.site.centre.id}} if body else {}
    for role in ROLES:
        with subtests.test(role=role):
            answer = desk.site.call(method, address, role=role, **content)
            if role in PERMISSIONS[permission]:
                assert answer.status_code == done, answer.text
            else:
                problem_of(answer, 403, "web.role-refused")


def test_a_branch_does_not_reach_up_and_the_prefecture_reaches_down(desk: Desk) -> None:
    expert, branch = desk.enrol(), desk.branch()
    theirs = second_manager(desk, branch)
    get, post = desk.site.client.get, desk.site.client.post
    assert get("/api/v1/experts", headers=theirs).get_json()["items"] == []
    problem_of(get(f"/api/v1/experts/{expert}", headers=theirs), 404, "experts.unknown")
    problem_of(get(f"/api/v1/experts/{expert}/trainings", headers=theirs), 404, "experts.unknown")
    problem_of(post(f"/api/v1/experts/{expert}/leaving", headers=theirs, json=GROUND), 404, "experts.unknown")
    upwards = {"centre_id": desk.site.centre.id}
    for path in ("experts", "organisations", "organisation-aliases"):
        answer = get(f"/api/v1/{path}", headers=theirs, query_string=upwards)
        problem_of(answer, 403, "identity.not-permitted")
    problem_of(post("/api/v1/experts", headers=theirs, json=desk.application()), 403, "identity.not-permitted")
    own = post("/api/v1/experts", headers=theirs, json=desk.application(centre_id=branch)).get_json()
    assert [item["id"] for item in desk.get("/experts", centre_id=branch)["items"]] == [own["id"]]
    assert desk.get(f"/experts/{own['id']}")["centre_id"] == branch
    unknown = "ctr_" + "0" * 26
    answer = desk.site.call("GET", "/api/v1/experts", role=MANAGER, query_string={"centre_id": unknown})
    problem_of(answer, 403, "identity.not-permitted")
