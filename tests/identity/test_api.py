"""Centres and accounts over HTTP: who sees and does what, page by page."""

from typing import Any

import pytest

from expertpool.identity import service
from expertpool.identity.models import CentreKind
from expertpool.identity.roles import Role
from tests.website import Website, problem_of

SYSTEM, SECURITY, AUDIT = Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR


def register(site: Website, code: str, centre: str, role: Role = Role.CENTRE_STAFF) -> str:
    with site.service.transactions.begin(site.actors[SECURITY].id) as tx:
        return service.register_actor(tx, code=code, role=role, centre_id=centre).id


def branch(site: Website, code: str) -> str:
    with site.service.transactions.begin(site.actors[SYSTEM].id) as tx:
        names = {"name_zh": "分中心", "name_en": "Branch"}
        return service.open_centre(tx, code=code, **names, kind=CentreKind.COUNTY_BRANCH, parent_id=site.centre.id).id


def codes(site: Website, role: Role = SECURITY, **query: Any) -> tuple[list[str], str | None]:
    body = site.call("GET", "/api/v1/actors", role=role, query_string=query).get_json()
    return [item["code"] for item in body["items"]], body["next"]


def test_ones_own_account(site: Website) -> None:
    body = site.call("GET", "/api/v1/me", role=AUDIT).get_json()
    assert body["id"] == site.actors[AUDIT].id
    assert body["role"] == "audit-administrator"
    assert "token_hash" not in body


def test_centres_are_listed_by_code(either_site: Website) -> None:
    for code in ("b", "a", "z"):
        branch(either_site, code)
    body = either_site.call("GET", "/api/v1/centres", role=Role.CENTRE_STAFF).get_json()
    assert [centre["code"] for centre in body["items"]] == ["a", "b", "csggzy", "z"]
    assert [centre["parent_id"] for centre in body["items"]].count(either_site.centre.id) == 3


def test_accounts_come_in_pages(either_site: Website) -> None:
    for number in range(5):
        register(either_site, f"m-{number}", either_site.centre.id)
    everyone, end = codes(either_site)
    assert (len(everyone), end) == (8, None)
    assert everyone == sorted(everyone)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(4):
        page, query["after"] = codes(either_site, SECURITY, **query)
        assert len(page) == 2
        seen += page
    assert (seen, query["after"]) == (everyone, None)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"after": "A"}, {"limt": 1}])
def test_a_page_that_is_none(site: Website, query: dict[str, Any]) -> None:
    answer = site.call("GET", "/api/v1/actors", role=SECURITY, query_string=query)
    body = problem_of(answer, 422, "web.invalid-input")
    assert [blamed["field"] for blamed in body["errors"]] == list(query)


def test_a_branch_sees_its_own_accounts_and_the_prefecture_all(either_site: Website) -> None:
    site = either_site
    one, other = branch(site, "one"), branch(site, "other")
    register(site, "staff-one", one)
    register(site, "staff-other", other)
    theirs = register(site, "security-one", one, SECURITY)
    with site.service.transactions.begin(theirs) as tx:
        token = service.issue_token(tx, theirs).text()
    listed = site.client.get("/api/v1/actors", headers={"Authorization": f"Bearer {token}"}).get_json()["items"]
    assert [item["code"] for item in listed] == ["security-one", "staff-one"]
    assert {"security-one", "staff-one", "staff-other"} < set(codes(site, AUDIT)[0])


def test_a_token_is_issued_used_and_ended_over_http(site: Website) -> None:
    with site.service.signing():
        given = {"code": "li", "role": "supervisor", "centre_id": site.centre.id}
        actor = site.call("POST", "/api/v1/actors", role=SECURITY, json=given).get_json()["id"]
        token = site.call("POST", f"/api/v1/actors/{actor}/token", role=SECURITY).get_json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert site.client.get("/api/v1/me", headers=headers).get_json()["code"] == "li"
        retired = site.call("POST", f"/api/v1/actors/{actor}/retirement", role=SECURITY, json={"reason": "left"})
    assert (retired.status_code, retired.get_json()["active"]) == (201, False)
    problem_of(site.client.get("/api/v1/me", headers=headers), 401, "web.not-signed-in")


def test_a_branch_is_opened_over_http(site: Website) -> None:
    given = {
        "code": "yuelu",
        "name_zh": "岳麓分中心",
        "name_en": "Yuelu branch",
        "kind": "county-branch",
        "parent_id": site.centre.id,
    }
    with site.service.signing():
        answer = site.call("POST", "/api/v1/centres", role=SYSTEM, json=given)
        wrong = site.call("POST", "/api/v1/centres", role=SYSTEM, json={**given, "code": "x", "kind": "prefecture"})
    assert answer.status_code == 201
    assert given.items() <= answer.get_json().items()
    assert problem_of(wrong, 422, "identity.wrong-place")["errors"][0]["field"] == "parent_id"
