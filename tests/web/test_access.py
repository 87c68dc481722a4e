"""Every route says who may use it, or nothing starts; what it says is enforced before the request is read.

Which route is for whom stands in ``tests.web.routes``, and is asserted cell by cell in ``test_routes``.
"""

import re

import pytest
from structlog.testing import capture_logs

from expertpool.app import create_app
from expertpool.core import rooms
from expertpool.identity.roles import Role
from expertpool.web import openapi
from expertpool.web.access import RouteWithoutRule, public, requires, signed_in
from tests.browser import Browser, entered
from tests.web.routes import ROUTES
from tests.website import Website, problem_of


class Room:
    """A capability with one route."""

    def __init__(self, *marks: object) -> None:
        self.blueprint = openapi.Blueprint("scratch", __name__)

        def view() -> str:
            return "never"

        for mark in marks:
            view = mark(view)  # type: ignore[operator]
        self.blueprint.add_url_rule("/scratch", view_func=view)


def start_with(site: Website, monkeypatch: pytest.MonkeyPatch, room: Room) -> None:
    monkeypatch.setattr("expertpool.app.load_rooms", lambda name: [room] if name == "pages" else [])
    create_app(site.service.settings, engine=site.service.engine, keys=site.service.keys)


def test_a_route_without_a_rule_refuses_to_start(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RouteWithoutRule, match="/scratch"):
        start_with(site, monkeypatch, Room())


def test_a_verb_that_nobody_can_have_refuses_to_start(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RouteWithoutRule, match=r"scratch\.do"):
        start_with(site, monkeypatch, Room(requires("scratch.do")))


@pytest.mark.parametrize(
    "mark", [public, requires("centre.see"), signed_in("centre.see")], ids=["public", "by-token", "by-cookie"]
)
def test_a_route_with_a_rule_starts(site: Website, monkeypatch: pytest.MonkeyPatch, mark: object) -> None:
    start_with(site, monkeypatch, Room(mark))


def test_a_route_that_lost_its_rule_while_running_is_closed(site: Website) -> None:
    site.app.add_url_rule("/late", view_func=lambda: "never")
    problem_of(site.client.get("/late"), 500, "web.failed")


def test_without_a_token_nothing_is_told_nor_read(site: Website) -> None:
    for route in ROUTES:
        if route.has_verb and not route.is_page:
            path = re.sub(r"<[^>]*>", "1", route.path)
            sent = site.call(route.method, path, data=b"{not json", content_type="application/json")
            problem_of(sent, 401, "web.not-signed-in")
            problem_of(site.call(route.method, path, headers={"Authorization": "Bearer x"}), 401, "web.not-signed-in")


def test_a_page_sends_whoever_is_not_signed_in_there_and_back(site: Website) -> None:
    stranger = Browser(site)
    stranger.get("/sign-in")
    for route in ROUTES:
        if not (route.has_verb and route.is_page):
            continue
        path = re.sub(r"<[^>]*>", "1", route.path)
        if route.method == "GET":
            assert stranger.get(path).headers["Location"] == f"/sign-in?next={path}"
        else:
            assert stranger.post(path, {}).status_code == 403, path  # no form of ours
            assert stranger.send(path, {}, page="/sign-in").headers["Location"].startswith("/sign-in?next=")


def test_a_refusal_names_the_verb(site: Website) -> None:
    refused = site.call("GET", "/api/v1/experts", role=Role.FINANCE)
    assert problem_of(refused, 403, "web.role-refused")["params"] == {"verb": "expert.see"}
    assert "您的角色没有此权限" in entered(site, Role.FINANCE).get("/today").text


def test_refusals_are_logged_without_the_secret(site: Website) -> None:
    token = site.token(Role.CENTRE_STAFF)
    with capture_logs() as logged:
        site.call("POST", "/api/v1/actors", role=Role.CENTRE_STAFF, json={"code": "secret-name"})
        site.client.get("/api/v1/me", headers={"Authorization": "Bearer " + token[:-1]})
    assert [(line["event"], line["log_level"], line["status"]) for line in logged] == [
        ("web.refused", "warning", 403),
        ("web.refused", "warning", 401),
    ]
    assert logged[0]["actor"] == site.actors[Role.CENTRE_STAFF].id
    assert logged[0]["route"] == "/api/v1/actors"
    for secret in (token, token[:-1], token.split("_", 2)[2], "secret-name"):
        assert secret not in str(logged)


def test_the_rooms_hold_what_the_application_serves() -> None:
    names = {room.__name__ for name in ("api", "pages") for room in rooms.load_rooms(name)}
    assert {"expertpool.identity.api", "expertpool.audit.api", "expertpool.audit.pages"} <= names
