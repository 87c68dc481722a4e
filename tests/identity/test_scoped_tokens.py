"""Tokens that are limited to scopes: never more than the role, not past their day, and nothing left of an ended one."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from expertpool.core.clock import FixedClock
from expertpool.core.ledger_tables import LedgerEntry
from expertpool.core.reconcile import reconcile
from expertpool.identity import limiting, scoped_tokens, scopes, service, token_pages
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import ScopedToken, ScopedTokenUse
from expertpool.identity.permissions import PERMISSIONS, Caller, Target, may, verbs_of
from expertpool.identity.roles import Role
from tests.browser import Browser, entered
from tests.web.routes import ROUTES
from tests.website import Website, opened, problem_of

STAFF = Role.CENTRE_STAFF
SECURITY = Role.SECURITY_ADMINISTRATOR
DONE = (201, 202)
START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # ten in the morning in Beijing


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Website]:
    with opened(sqlite_url, tmp_path) as website, website.service.signing():
        yield website


@pytest.fixture
def timed(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    with opened(sqlite_url, tmp_path, clock=clock) as website, website.service.signing():
        yield website


def make(site: Website, *words: str, role: Role = STAFF, days: int = 30, **more: Any) -> TestResponse:
    given = {"name": "同步程序", "scopes": list(words), "days": days, **more}
    return site.call("POST", "/api/v1/tokens", role=role, json=given)


def made(site: Website, *words: str, **more: Any) -> dict[str, Any]:
    answer = make(site, *words, **more)
    assert answer.status_code in DONE, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def call(site: Website, token: str, path: str = "/api/v1/me", method: str = "GET", **more: Any) -> TestResponse:
    return site.client.open(path, method=method, headers={"Authorization": f"Bearer {token}"}, **more)


@given(
    st.frozensets(st.sampled_from(sorted(scopes.offered(PERMISSIONS))), max_size=4),
    st.sampled_from(sorted(PERMISSIONS)),
    st.sampled_from(list(Role)),
)
def test_a_scope_never_adds_anything(held: frozenset[str], verb: str, role: Role) -> None:
    target = Target(("mine",), "me")
    limited = may(Caller("me", role, "mine", "stk_x", held), verb, target)
    assert limited <= may(Caller("me", role, "mine"), verb, target)
    assert scopes.read(scopes.written(held)) == held
    if limited:
        assert verb not in scopes.NEVER
        group = verb.split(".", maxsplit=1)[0]
        assert verb == scopes.ALWAYS or held & {verb, f"{group}.*", *(["read"] if scopes.only_shows(verb) else [])}


@pytest.mark.parametrize(
    ("held", "verb", "covered"),
    [
        ({"read"}, "draw.see", True),
        ({"read"}, "draw.submit", False),
        ({"read"}, "expert.export", False),
        ({"draw.*"}, "draw.submit", True),
        ({"draw.*"}, "drawing.see", False),
        ({"sender.*"}, "sender-key.approve", False),
        ({"draw.see"}, "draw.see", True),
        ({"draw.see"}, "draw.submit", False),
        ({"token.*", "token.issue"}, "token.issue", False),
        ({"token.*", "token.limit"}, "token.limit", False),
        ({"actor.*"}, "actor.invite", False),
        ({"actor.*"}, "actor.register", True),
        (set(), "account.see-own", True),
        (set(), "draw.see", False),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_what_a_scope_stands_for(held: set[str], verb: str, *, covered: bool) -> None:
    assert scopes.covers(frozenset(held), verb) == covered


def test_it_is_shown_once_and_only_its_digest_is_kept(site: Website) -> None:
    body = made(site, "project.see", "session.*")
    assert re.fullmatch(r"eps_[0-9a-z]{26}_[A-Za-z0-9_-]{43}", body["token"])
    assert body["scopes"] == ["project.see", "session.*"]
    assert body["last_used"] is None
    listed = site.call("GET", "/api/v1/tokens", role=STAFF).get_json()["items"]
    assert [each["id"] for each in listed] == [body["id"]]
    assert "token" not in listed[0]
    with Session(site.service.engine) as session:
        kept = session.get_one(ScopedToken, body["id"])
        assert len(kept.digest) == 32
        secret = body["token"].split("_", 2)[2]
        assert secret.encode() not in b"".join(session.scalars(select(LedgerEntry.data)))
    assert list(reconcile(site.service.engine)) == []


def test_it_opens_what_it_covers_and_nothing_else(site: Website) -> None:
    token = made(site, "project.see")["token"]
    assert call(site, token).get_json()["id"] == site.actors[STAFF].id
    assert call(site, token, "/api/v1/projects").status_code == 200
    refused = problem_of(call(site, token, "/api/v1/draws"), 403, "web.scope-refused")
    assert refused["params"] == {"verb": "draw.see"}
    problem_of(call(site, token, "/api/v1/experts"), 403, "web.role-refused")  # the table is the upper bound
    problem_of(call(site, token, "/api/v1/tokens", "POST", json={}), 403, "web.scope-refused")


def test_a_reading_token_writes_nothing(site: Website) -> None:
    """Every write of the API, as every role that may do it at all.

    A search sends its question in a body and writes nothing; a release asks again in the service, see below.
    """
    tokens: dict[Role, str] = {}
    for route in ROUTES:
        method, path, verb = route.method, re.sub(r"<[^>]*>", "1", route.path), route.who
        if route.is_page or not route.has_verb or method == "GET" or verb.endswith(".see"):
            continue
        role = next(role for role in PERMISSIONS[verb] if role is not Role.EXPERT)
        token = tokens.get(role) or tokens.setdefault(role, made(site, "account.*", "read", role=role)["token"])
        problem_of(call(site, token, path, method, json={}), 403, "web.scope-refused")


def test_the_verb_asks_again_where_the_route_asks_for_less(site: Website) -> None:
    """To ask for a release, a route asks for ``release.see``, and the service for the audience's own verb."""
    body = made(site, "read")
    actor = site.actors[STAFF].id
    target = Target((site.centre.id,), actor)
    with site.service.transactions.begin(actor) as tx:
        service.require(tx, "release.public", target)
    with site.service.transactions.begin(actor, token=body["id"]) as tx:
        service.require(tx, "release.see", target)
        with pytest.raises(NotPermitted):
            service.require(tx, "release.public", target)


def test_the_transaction_asks_whether_the_token_still_works(site: Website) -> None:
    body, actor = made(site, "project.*"), site.actors[STAFF].id
    with site.service.transactions.begin(actor) as tx:
        limiting.end_token(tx, body["id"])
    with site.service.transactions.begin(actor, token=body["id"]) as tx, pytest.raises(NotPermitted):
        service.require(tx, "project.see", Target((site.centre.id,), actor))


REFUSED = [
    (["draw.submit"], "identity.scope-not-yours"),  # of another role
    (["expert.*"], "identity.scope-not-yours"),
    (["project.see", "project.burn"], "identity.scope-not-yours"),
    (["token.issue"], "identity.scope-not-yours"),
    (["token.limit"], "identity.scope-not-yours"),
    (["everything"], "web.invalid-input"),
    (["*"], "web.invalid-input"),
    ([], "web.invalid-input"),
    (["project.see"] * 21, "web.invalid-input"),
]


def test_scopes_beyond_the_role_are_refused(site: Website) -> None:
    for words, code in REFUSED:
        refused = problem_of(make(site, *words), 422 if code.startswith("web.") else 403, code)
        assert refused["errors"][0]["field"].split(".")[0] == "scopes"


def test_it_lasts_a_day_to_a_year(site: Website) -> None:
    for days in (1, 366):
        assert make(site, "read", days=days).status_code in DONE
    for days in (0, 367):
        problem_of(make(site, "read", days=days), 422, "web.invalid-input")


def test_it_works_until_it_expires(timed: Website, clock: FixedClock) -> None:
    body = made(timed, "read", days=2)
    clock.advance(timedelta(days=2) - timedelta(microseconds=1))
    assert call(timed, body["token"]).status_code == 200
    clock.advance(timedelta(microseconds=1))
    problem_of(call(timed, body["token"]), 401, "web.not-signed-in")
    assert timed.call("GET", "/api/v1/tokens", role=STAFF).get_json()["items"] == []
    ended = timed.call("POST", f"/api/v1/tokens/{body['id']}/ending", role=STAFF)
    problem_of(ended, 404, "identity.token-not-there")


def test_its_last_use_is_known_by_the_day(timed: Website, clock: FixedClock) -> None:
    body = made(timed, "read")

    def last_used() -> str | None:
        listed = timed.call("GET", "/api/v1/tokens", role=STAFF).get_json()["items"]
        day: str | None = listed[0]["last_used"]
        return day

    assert last_used() is None
    problem_of(call(timed, body["token"][:-1] + "~"), 401, "web.not-signed-in")
    assert last_used() is None
    call(timed, body["token"])
    assert last_used() == "2026-11-21"
    clock.advance(timedelta(hours=13, minutes=59, seconds=59))  # a second before midnight in Beijing
    call(timed, body["token"])
    assert last_used() == "2026-11-21"
    clock.advance(timedelta(seconds=1))
    call(timed, body["token"])
    assert last_used() == "2026-11-22"
    with Session(timed.service.engine) as session:
        assert session.get_one(ScopedToken, body["id"]).expires == START + timedelta(days=30)
    assert list(reconcile(timed.service.engine)) == []


def test_a_second_use_on_a_day_writes_nothing(site: Website) -> None:
    body = made(site, "read")
    with Session(site.service.engine) as session:
        caller = scoped_tokens.caller_by_token(session, body["token"], site.service.clock.now())
        assert caller is not None
        assert scoped_tokens.is_unused_today(session, caller, site.service.clock.now())
    call(site, body["token"])
    with Session(site.service.engine) as session:
        used = session.get_one(ScopedTokenUse, body["id"]).day
        assert used is not None
        noon = datetime.combine(used, START.time(), UTC)
        assert not scoped_tokens.is_unused_today(session, caller, noon)
        assert scoped_tokens.is_unused_today(session, caller, noon + timedelta(days=1))


def test_ending_ends_it_at_once(either_site: Website) -> None:  # on both databases, with nobody signing
    body = made(either_site, "read")
    assert call(either_site, body["token"]).status_code == 200
    ended = either_site.call("POST", f"/api/v1/tokens/{body['id']}/ending", role=STAFF)
    assert ended.status_code in DONE
    problem_of(call(either_site, body["token"]), 401, "web.not-signed-in")
    again = either_site.call("POST", f"/api/v1/tokens/{body['id']}/ending", role=STAFF)
    problem_of(again, 404, "identity.token-not-there")
    with Session(either_site.service.engine) as session:
        assert session.scalar(select(func.count()).select_from(ScopedTokenUse)) == 0


def test_whose_tokens_one_may_see_and_end(site: Website) -> None:
    body, staff = made(site, "read"), site.token(STAFF)
    path, own = f"/api/v1/tokens/{body['id']}/ending", site.actors[STAFF].id
    stranger = Role.AUDITOR
    problem_of(site.call("POST", path, role=stranger), 403, "identity.not-permitted")
    listing = f"/api/v1/tokens?actor_id={own}"
    problem_of(site.call("GET", listing, role=stranger), 403, "identity.not-permitted")
    problem_of(
        site.call("GET", "/api/v1/tokens?actor_id=act_" + "0" * 26, role=SECURITY), 403, "identity.not-permitted"
    )
    assert [each["id"] for each in site.call("GET", listing, role=SECURITY).get_json()["items"]] == [body["id"]]
    assert call(site, staff, listing).status_code == 200
    assert site.call("POST", path, role=SECURITY).status_code in DONE
    problem_of(call(site, body["token"]), 401, "web.not-signed-in")


@pytest.mark.parametrize("act", ["issue", "retire"])
def test_nothing_is_left_behind_by_a_token_that_was_replaced(site: Website, act: str) -> None:
    token, actor = made(site, "read")["token"], site.actors[STAFF].id
    with site.service.transactions.begin(site.actors[SECURITY].id) as tx:
        if act == "issue":
            site.tokens[STAFF] = service.issue_token(tx, actor).text()
        else:
            service.retire_actor(tx, actor, reason="left")
    problem_of(call(site, token), 401, "web.not-signed-in")
    assert list(reconcile(site.service.engine)) == []


def test_there_is_an_end_to_their_number(site: Website) -> None:
    site.token(STAFF)
    actor = site.actors[STAFF].id
    with site.service.transactions.begin(actor) as tx:
        for number in range(scoped_tokens.MOST):
            limiting.limit(tx, name=f"{number}", scopes=["read"], days=1)
    problem_of(make(site, "read"), 409, "identity.too-many-tokens")
    listed = site.call("GET", "/api/v1/tokens", role=STAFF).get_json()["items"]
    assert len(listed) == scoped_tokens.MOST
    assert site.call("POST", f"/api/v1/tokens/{listed[0]['id']}/ending", role=STAFF).status_code in DONE
    assert make(site, "read").status_code in DONE


def test_mangled_and_swapped_tokens_open_nothing(site: Website) -> None:
    body = made(site, "read")
    kind, number, secret = body["token"].split("_", 2)
    other = made(site, "read")["token"].split("_", 2)
    own = site.token(STAFF).split("_", 2)
    for bad in [
        f"ept_{number}_{secret}",
        f"{kind}_{other[1]}_{secret}",
        f"{kind}_{own[1]}_{own[2]}",
        f"ept_{own[1]}_{secret}",
        f"{kind}_{number}_{own[2]}",
        f"{kind}_{number}_{secret[::-1]}",
        body["id"],
    ]:
        problem_of(call(site, bad), 401, "web.not-signed-in")


def test_every_role_can_limit_itself_to_what_it_has() -> None:
    for role in Role:
        for scope in scopes.offered(verbs_of(role)):
            assert any(scopes.covers(frozenset({scope}), verb) for verb in verbs_of(role))


def test_in_a_browser(site: Website) -> None:
    browser = entered(site, STAFF)
    assert "没有有效的受限令牌" in browser.get("/account/tokens").text
    form = browser.get("/account/tokens/new").text
    assert 'value="draw.*"' in form
    assert 'value="expert.*"' not in form
    empty = browser.send("/account/tokens", {"name": "", "days": "90"}, page="/account/tokens/new")
    assert empty.status_code == 422
    assert "至少 1 个字符" in empty.text or "应在 1" in empty.text
    wrong = browser.send("/account/tokens", {"name": "x", "days": "9x", "scopes": "read"}, page="/account/tokens/new")
    assert wrong.status_code == 422
    shown = browser.send(
        "/account/tokens", {"name": "看板", "days": "7", "scopes": "draw.*"}, page="/account/tokens/new"
    )
    found = re.search(r'id="token">(eps_[^<]+)<', shown.text)
    assert found is not None, shown.text
    assert call(site, found[1], "/api/v1/draws").status_code == 200
    listed = browser.get("/account/tokens").text
    assert "看板" in listed
    assert found[1] not in listed
    ending = re.search(r'action="(/account/tokens/stk_[^"]+/ending)"', listed)
    assert ending is not None
    assert browser.send(ending[1], {}, page="/account/tokens").status_code == 303
    problem_of(call(site, found[1]), 401, "web.not-signed-in")


def test_a_stranger_sees_no_page_of_tokens(site: Website) -> None:
    assert Browser(site).get("/account/tokens").headers["Location"].startswith("/sign-in?next=")


def test_every_group_of_verbs_has_words_on_the_page() -> None:
    assert {verb.partition(".")[0] for verb in PERMISSIONS} == set(token_pages.GROUPS)
