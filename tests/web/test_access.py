"""Every route says who may use it, or nothing starts; what it says is enforced before the request is read."""

import re

import pytest
from structlog.testing import capture_logs

from expertpool.app import create_app
from expertpool.core import rooms
from expertpool.identity.permissions import has_verb
from expertpool.identity.roles import Role
from expertpool.web import openapi
from expertpool.web.access import PUBLIC, SIGNED, VAULT, RouteWithoutRule, is_page, public, requires, rule_of, signed_in
from tests.browser import Browser, entered
from tests.website import Website, problem_of

PUBLIC_ROUTES = {
    "/",
    "/api/v1/agents/checkpoints",
    "/api/v1/openapi.json",
    "/guide",
    "/healthz",
    "/i",
    "/invitation",
    "/ledger",
    "/ledger/checkpoint",
    "/ledger/draws/<draw>",
    "/ledger/draws/<draw>/bundle",
    "/ledger/entries/<int:index>",
    "/ledger/entries/<int:index>/bytes",
    "/ledger/entries/<int:index>/proof",
    "/ledger/policy",
    "/ledger/proof/<int:index>",
    "/ledger/search",
    "/ledger/tile/<path:address>",
    "/ledger/verify",
    "/me",
    "/me/code",
    "/me/open",
    "/me/receipt",
    "/me/sign-in",
    "/me/sign-out",
    "/readyz",
    "/set-up",
    "/sign-in",
    "/sign-in/demo",
    "/sign-in/passkey",
    "/static/<path:filename>",
}


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


def test_these_routes_are_public_and_no_others(site: Website) -> None:
    rules = {route.rule: rule_of(site.app.view_functions[route.endpoint]) for route in site.app.url_map.iter_rules()}
    assert {route for route, rule in rules.items() if rule == PUBLIC} == PUBLIC_ROUTES
    assert None not in rules.values()


def test_a_route_that_lost_its_rule_while_running_is_closed(site: Website) -> None:
    site.app.add_url_rule("/late", view_func=lambda: "never")
    problem_of(site.client.get("/late"), 500, "web.failed")


PAGES = [
    ("GET", "/home", "account.see-own"),
    ("GET", "/confirm", "account.see-own"),
    ("POST", "/confirm", "account.see-own"),
    ("POST", "/confirm/passkey", "account.see-own"),
    ("GET", "/account", "account.see-own"),
    ("GET", "/account/passkeys/new", "passkey.manage"),
    ("POST", "/account/passkeys/new", "passkey.manage"),
    ("GET", "/account/passkeys/psk_x", "passkey.manage"),
    ("POST", "/account/passkeys/psk_x", "passkey.manage"),
    ("POST", "/account/sessions/ses_x/end", "account.see-own"),
    ("GET", "/account/tokens", "token.see"),
    ("GET", "/account/tokens/new", "token.limit"),
    ("POST", "/account/tokens", "token.limit"),
    ("POST", "/account/tokens/stk_x/ending", "token.end"),
    ("POST", "/sign-out", "account.see-own"),
    ("GET", "/accounts", "actor.invite"),
    ("GET", "/accounts/act_x/invitation", "actor.invite"),
    ("POST", "/accounts/act_x/invitation", "actor.invite"),
    ("GET", "/trail", "trail.see"),
    ("GET", "/system", "system.see"),
    ("POST", "/system/jobs/job_x/retry", "job.retry"),
    ("GET", "/today", "desk.today"),
    ("GET", "/supervision", "desk.supervision"),
    ("GET", "/supervision/drw_x", "desk.supervision"),
    ("POST", "/supervision/drw_x", "draw.approve"),
    ("GET", "/agency", "desk.agency"),
    ("GET", "/agency/ses_x", "desk.agency"),
    ("POST", "/agency/ses_x", "draw.submit"),
    ("POST", "/agency/ses_x/lines", "draw.ask"),
    ("POST", "/agency/ses_x/supplement", "draw.supplement"),
    ("GET", "/draws/drw_x", "draw.see"),
    ("GET", "/duty", "invitation.note"),
    ("POST", "/duty", "invitation.note"),
    ("GET", "/arrivals", "session.sign-in"),
    ("GET", "/arrivals/ses_x/0", "session.sign-in"),
    ("POST", "/arrivals/ses_x/0", "session.sign-in"),
]
"""What browsers get to with a cookie; everything else that is protected wants a token."""
PROTECTED = [
    ("GET", "/api/v1/me", "account.see-own"),
    ("GET", "/api/v1/centres", "centre.see"),
    ("POST", "/api/v1/centres", "centre.open"),
    ("GET", "/api/v1/actors", "actor.see"),
    ("POST", "/api/v1/actors", "actor.register"),
    ("POST", "/api/v1/actors/act_x/token", "token.issue"),
    ("GET", "/api/v1/tokens", "token.see"),
    ("POST", "/api/v1/tokens", "token.limit"),
    ("POST", "/api/v1/tokens/stk_x/ending", "token.end"),
    ("POST", "/api/v1/actors/act_x/retirement", "actor.retire"),
    ("POST", "/api/v1/actors/act_x/invitation", "actor.invite"),
    ("GET", "/api/v1/trail", "trail.see"),
    ("GET", "/api/v1/system", "system.see"),
    ("POST", "/api/v1/jobs/job_x/retry", "job.retry"),
    ("GET", "/api/v1/trail-days", "trail.see"),
    ("GET", "/api/v1/experts", "expert.see"),
    ("POST", "/api/v1/experts", "expert.apply"),
    ("GET", "/api/v1/experts/exp_x", "expert.see"),
    ("POST", "/api/v1/experts/exp_x/review", "expert.review"),
    ("POST", "/api/v1/experts/exp_x/rejection", "expert.reject"),
    ("POST", "/api/v1/experts/exp_x/enrolment", "expert.enrol"),
    ("POST", "/api/v1/experts/exp_x/suspension", "expert.suspend"),
    ("POST", "/api/v1/experts/exp_x/reinstatement", "expert.reinstate"),
    ("POST", "/api/v1/experts/exp_x/renewal", "expert.renew"),
    ("POST", "/api/v1/experts/exp_x/leaving", "expert.leave"),
    ("POST", "/api/v1/experts/exp_x/removal", "expert.remove"),
    ("POST", "/api/v1/experts/exp_x/reapplication", "expert.reapply"),
    ("POST", "/api/v1/experts/exp_x/facts", "expert.amend"),
    ("POST", "/api/v1/experts/exp_x/contact", "expert.amend"),
    ("POST", "/api/v1/experts/exp_x/absences", "expert.amend"),
    ("GET", "/api/v1/experts/exp_x/trainings", "expert.see"),
    ("POST", "/api/v1/experts/exp_x/trainings", "expert.amend"),
    ("POST", "/api/v1/experts/exp_x/contact-erasure", "expert.erase"),
    ("POST", "/api/v1/experts/exp_x/record-erasure", "expert.erase"),
    ("GET", "/api/v1/organisations", "organisation.see"),
    ("POST", "/api/v1/organisations", "organisation.register"),
    ("POST", "/api/v1/organisations/org_x/aliases", "organisation.propose-alias"),
    ("GET", "/api/v1/organisation-aliases", "organisation.see"),
    ("POST", "/api/v1/organisation-aliases/als_x/approval", "organisation.approve-alias"),
    ("GET", "/api/v1/projects", "project.see"),
    ("POST", "/api/v1/projects", "project.register"),
    ("GET", "/api/v1/projects/prj_x", "project.see"),
    ("POST", "/api/v1/projects/prj_x/amendment", "project.amend"),
    ("GET", "/api/v1/projects/prj_x/recusals", "recusal.see"),
    ("POST", "/api/v1/projects/prj_x/recused-units", "recusal.name"),
    ("POST", "/api/v1/projects/prj_x/recused-persons", "recusal.name"),
    ("POST", "/api/v1/recusals/rcs_x/withdrawal", "recusal.withdraw"),
    ("GET", "/api/v1/sessions", "project.see"),
    ("POST", "/api/v1/projects/prj_x/sessions", "session.schedule"),
    ("GET", "/api/v1/sessions/ses_x", "project.see"),
    ("POST", "/api/v1/sessions/ses_x/rescheduling", "session.reschedule"),
    ("POST", "/api/v1/sessions/ses_x/postponement", "session.postpone"),
    ("POST", "/api/v1/sessions/ses_x/cancellation", "session.cancel"),
    ("POST", "/api/v1/sessions/ses_x/arrivals", "session.sign-in"),
    ("POST", "/api/v1/invitations/note", "invitation.note"),
    ("GET", "/api/v1/draws", "draw.see"),
    ("GET", "/api/v1/draws/drw_x", "draw.see"),
    ("POST", "/api/v1/sessions/ses_x/draw", "draw.submit"),
    ("POST", "/api/v1/sessions/ses_x/feasibility", "draw.ask"),
    ("POST", "/api/v1/draws/drw_x/submission", "draw.submit"),
    ("POST", "/api/v1/draws/drw_x/approval", "draw.approve"),
    ("POST", "/api/v1/draws/drw_x/refusal", "draw.decline"),
    ("POST", "/api/v1/draws/drw_x/supplement", "draw.supplement"),
    ("POST", "/api/v1/draws/drw_x/cancellation", "draw.cancel"),
    ("POST", "/api/v1/draws/drw_x/suspension", "draw.suspend"),
    ("POST", "/api/v1/draws/drw_x/reconvention", "draw.reconvene"),
    ("GET", "/api/v1/holders", "holder.see"),
    ("POST", "/api/v1/holders", "holder.register"),
    ("POST", "/api/v1/holders/khd_x/approval", "holder.approve"),
    ("POST", "/api/v1/holders/khd_x/retirement", "holder.retire"),
    ("GET", "/api/v1/recipients", "recipient.see"),
    ("POST", "/api/v1/recipients", "recipient.register"),
    ("POST", "/api/v1/recipients/rcp_x/approval", "recipient.approve"),
    ("POST", "/api/v1/recipients/rcp_x/retirement", "recipient.retire"),
    ("GET", "/api/v1/draws/drw_x/releases", "release.see"),
    ("POST", "/api/v1/draws/drw_x/releases", "release.see"),
    ("GET", "/api/v1/draws/drw_x/releases/1", "release.see"),
    ("POST", "/api/v1/draws/drw_x/orders", "release.order"),
    ("POST", "/api/v1/draws/drw_x/break-glass", "release.break-glass"),
    ("POST", "/api/v1/vault-key", "vault.register"),
    ("GET", "/api/v1/supervisor-keys", "holder.see"),
    ("POST", "/api/v1/supervisor-keys", "supervisor-key.register"),
    ("POST", "/api/v1/supervisor-keys/sky_x/approval", "supervisor-key.approve"),
    ("POST", "/api/v1/supervisor-keys/sky_x/revocation", "supervisor-key.revoke"),
    ("GET", "/api/v1/door/senders", "sender.see"),
    ("POST", "/api/v1/door/senders", "sender.register"),
    ("POST", "/api/v1/door/senders/snd_x/keys", "sender-key.register"),
    ("POST", "/api/v1/door/keys/sky_x/approval", "sender-key.approve"),
    ("POST", "/api/v1/door/keys/sky_x/revocation", "sender-key.revoke"),
]
IN_PATH = {
    "passkey_id": "psk_x",
    "job_id": "job_x",
    "actor_id": "act_x",
    "expert_id": "exp_x",
    "organisation_id": "org_x",
    "token_id": "stk_x",
    "alias_id": "als_x",
    "project_id": "prj_x",
    "recusal_id": "rcs_x",
    "session_id": "ses_x",
    "sender_id": "snd_x",
    "key_id": "sky_x",
    "draw_id": "drw_x",
    "holder_id": "khd_x",
    "recipient_id": "rcp_x",
    "number": "1",
    "site": "0",
}
VAULT_ROUTES = {
    "/api/v1/invitations/answer",
    "/api/v1/invitations/look",
    "/api/v1/me/invitations",
    "/api/v1/me/one-time-code",
    "/api/v1/me/sign-in",
    "/api/v1/me/sign-out",
}
SIGNED_ROUTES = {
    "/api/v1/agents/cosignatures",
    "/api/v1/agents/openings",
    "/api/v1/agents/tasks",
    "/api/v1/agents/tasks/<task_id>",
    "/api/v1/door/messages",
    "/api/v1/gateways/<name>/reports",
}


def protected(site: Website, *, pages: bool) -> set[tuple[str, str, str | None]]:
    """Method, address and verb of the routes that are neither public nor signed."""
    views = site.app.view_functions
    return {
        (
            method,
            re.sub(r"<(?:int\([^)]*\):)?([a-z_]+)>", lambda match: IN_PATH[match[1]], route.rule),
            rule_of(views[route.endpoint]),
        )
        for route in site.app.url_map.iter_rules()
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
        if route.rule not in PUBLIC_ROUTES | SIGNED_ROUTES | VAULT_ROUTES and is_page(views[route.endpoint]) == pages
    }


def test_the_protected_routes_are_these(site: Website) -> None:
    assert protected(site, pages=False) == set(PROTECTED)
    assert protected(site, pages=True) == set(PAGES)


@pytest.mark.parametrize(("method", "path", "verb"), PAGES)
def test_a_page_opens_for_its_roles_only(site: Website, method: str, path: str, verb: str) -> None:
    stranger = Browser(site)
    if method == "GET":
        assert stranger.get(path).headers["Location"].startswith("/sign-in?next=")
    else:
        assert stranger.post(path, {}).status_code == 403  # no form of ours
        assert stranger.send(path, {}, page="/sign-in").headers["Location"].startswith("/sign-in?next=")
    for role in Role:
        if role is Role.EXPERT:
            continue
        browser = entered(site, role)
        answer = browser.get(path) if method == "GET" else browser.send(path, {}, page="/account")
        refused = "您的角色没有此权限" in answer.text
        assert refused == (not has_verb(role, verb)), role
        assert answer.status_code < 500


def test_these_routes_take_what_is_signed_and_no_others(site: Website) -> None:
    rules = {route.rule: rule_of(site.app.view_functions[route.endpoint]) for route in site.app.url_map.iter_rules()}
    assert {route for route, rule in rules.items() if rule == SIGNED} == SIGNED_ROUTES
    assert {route for route, rule in rules.items() if rule == VAULT} == VAULT_ROUTES


@pytest.mark.parametrize(("method", "path", "verb"), PROTECTED)
def test_without_a_token_nothing_is_told(site: Website, method: str, path: str, verb: str) -> None:
    problem_of(site.call(method, path, data=b"{not json", content_type="application/json"), 401, "web.not-signed-in")
    problem_of(site.call(method, path, headers={"Authorization": "Bearer x"}), 401, "web.not-signed-in")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXPERT])
def test_a_role_gets_to_its_verbs_only(site: Website, role: Role) -> None:
    for method, path, verb in PROTECTED:
        answer = site.call(method, path, role=role, json={} if method == "POST" else None)
        if has_verb(role, verb):
            assert answer.get_json().get("code") != "web.role-refused"
        else:
            assert problem_of(answer, 403, "web.role-refused")["params"] == {"verb": verb}


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
