"""Tags: a read that has not changed answers 304, and a write overwrites only what its sender has seen."""

from collections.abc import Iterator
from typing import Any

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.identity.roles import Role
from tests.projects.world import PROJECT_BODY
from tests.website import Website, problem_of

STAFF, SYSTEM = Role.CENTRE_STAFF, Role.SYSTEM_ADMINISTRATOR


@pytest.fixture
def signed_site(site: Website) -> Iterator[Website]:
    with site.service.signing():
        yield site


def project(site: Website) -> str:
    body = {**PROJECT_BODY, "centre_id": site.centre.id}
    answer = site.call("POST", "/api/v1/projects", role=STAFF, json=body)
    assert answer.status_code in (201, 202), answer.text
    return f"/api/v1/projects/{answer.get_json()['id']}"


def amend(site: Website, path: str, title: str, tag: str | None, *, key: str | None = None) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    body = {**PROJECT_BODY, "title": title}
    return site.call("POST", f"{path}/amendment", role=STAFF, json=body, headers=headers, key=key)


def test_a_read_that_has_not_changed_is_not_sent_again(signed_site: Website) -> None:
    site, path = signed_site, project(signed_site)
    first = site.call("GET", path, role=STAFF)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = site.call("GET", path, role=STAFF, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert site.call("GET", path, role=STAFF, headers={"If-None-Match": '"other"'}).status_code == 200
    assert amend(site, path, "新标题", tag).status_code in (201, 202)
    changed = site.call("GET", path, role=STAFF, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_a_write_overwrites_only_what_its_sender_has_seen(signed_site: Website) -> None:
    site, path = signed_site, project(signed_site)
    seen = site.call("GET", path, role=STAFF).headers["ETag"]
    problem_of(amend(site, path, "无标签", None), 428, "web.precondition-needed")
    problem_of(amend(site, path, "错标签", '"0"'), 412, "web.precondition-failed")
    problem_of(amend(site, path, "弱标签", f"W/{seen}"), 412, "web.precondition-failed")
    assert amend(site, path, "第一个", seen).status_code in (201, 202)
    problem_of(amend(site, path, "第二个", seen), 412, "web.precondition-failed")
    shown = site.call("GET", path, role=STAFF)
    assert shown.get_json()["title"] == "第一个"
    assert amend(site, path, "第三个", f'"0", {shown.headers["ETag"]}').status_code in (201, 202)
    assert amend(site, path, "不管", "*").status_code in (201, 202)
    assert list(reconcile(site.service.engine)) == []


def test_a_repeated_write_gets_its_first_answer_although_the_tag_is_old(signed_site: Website) -> None:
    site, path = signed_site, project(signed_site)
    seen = site.call("GET", path, role=STAFF).headers["ETag"]
    first = amend(site, path, "一", seen, key="k")
    assert amend(site, path, "一", seen, key="k").get_json()["title"] == first.get_json()["title"] == "一"


def test_whoever_may_not_write_learns_nothing_from_a_tag(signed_site: Website) -> None:
    site, path = signed_site, project(signed_site)
    seen = site.call("GET", path, role=STAFF).headers["ETag"]
    for tag in (seen, '"0"', None):
        headers = {} if tag is None else {"If-Match": tag}
        answer = site.call("POST", f"{path}/amendment", role=Role.INITIATOR, json=PROJECT_BODY, headers=headers)
        problem_of(answer, 403, "identity.not-permitted")


def test_who_may_keep_an_answer(site: Website) -> None:
    said = {
        path: site.call("GET", path, role=role).headers["Cache-Control"]
        for path, role in {
            "/api/v1/openapi.json": None,
            "/api/v1/centres": SYSTEM,
            f"/api/v1/experts?centre_id={site.centre.id}": Role.POOL_MANAGER,
            "/api/v1/trail?day=2026-11-21": Role.AUDIT_ADMINISTRATOR,
        }.items()
    }
    assert list(said.values()) == ["public, no-cache", "private, no-cache", "no-store", "no-store"]
    refused = site.call("GET", "/api/v1/centres")
    assert (refused.status_code, refused.headers["Cache-Control"]) == (401, "no-store")
    assert "ETag" not in refused.headers


def test_the_description_says_so(site: Website) -> None:
    described = site.client.get("/api/v1/openapi.json").get_json()["paths"]
    for path, methods in described.items():
        for method, operation in methods.items():
            if method == "get" and operation.get("x-permission") != "vault":
                assert "304" in operation["responses"], path
    replacing = {
        path
        for path, methods in described.items()
        for operation in methods.values()
        if isinstance(operation, dict) and "428" in operation.get("responses", {})
    }
    assert replacing == {
        "/api/v1/experts/{expert_id}/facts",
        "/api/v1/projects/{project_id}/amendment",
        "/api/v1/sessions/{session_id}/day/confirmation",
        "/api/v1/sessions/{session_id}/rescheduling",
    }
