"""Pages and browsers: cookies, forms, sessions, and the ways in that there are not."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Response
from sqlalchemy import event

from expertpool.core.clock import FixedClock
from expertpool.identity.browsers import IDLE, LONGEST
from expertpool.identity.roles import Role
from expertpool.web.access import CONFIRMED_FOR, confirmed, signed_in
from expertpool.web.forms import local_path
from expertpool.web.rendering import page
from tests.browser import Browser, Person, entered, settle
from tests.website import Website, opened, problem_of, production

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    with opened(sqlite_url, tmp_path, clock=clock) as website, website.service.signing():
        website.app.add_url_rule("/exceptional", view_func=exceptional)
        yield website


@pytest.fixture
def person(site: Website, clock: FixedClock) -> Person:
    settled = settle(site, Role.CENTRE_STAFF)
    clock.advance(3 * STEP)
    return settled


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def test_a_page_for_accounts_sends_to_sign_in_and_back(site: Website, person: Person) -> None:
    browser = Browser(site)
    answer = browser.get("/account?lang=en")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/account%3Flang%3Den")
    shown = browser.get(answer.headers["Location"]).text
    assert 'name="next" value="/account?lang=en"' in shown
    assert browser.sign_in(person, next="/account?lang=en").headers["Location"] == "/account?lang=en"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/a\\b",
        "http:/evil.example",
        "",
    ],
)
def test_one_is_sent_nowhere_else(site: Website, person: Person, target: str) -> None:
    assert local_path(target, "/home") == "/home"
    answer = Browser(site).sign_in(person, next=target)
    assert answer.headers["Location"] == "/home"


@pytest.mark.parametrize("target", ["/today", "/today?day=2026-11-21&x=%2F", "/a/b#c", "/"])
def test_one_is_sent_on_here(target: str) -> None:
    assert local_path(target, "/home") == target


def test_the_cookie_of_a_demonstration(site: Website) -> None:
    (given,) = Browser(site).get("/sign-in").headers.getlist("Set-Cookie")
    name, _, rest = given.partition("=")
    assert name == "expertpool-demo"
    assert set(rest.split("; ")[1:]) == {"HttpOnly", "Path=/", "SameSite=Lax"}


@pytest.fixture
def live(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    with opened(sqlite_url, tmp_path, clock=clock, **production(tmp_path)) as website:
        yield website


SECURE = {"Host": "experts.centre.example", "Accept": "text/html"}


def test_the_cookie_in_production_is_bound_to_the_host(live: Website) -> None:
    browser = Browser(live, SECURE)
    (given,) = browser.get("/sign-in").headers.getlist("Set-Cookie")
    name, _, rest = given.partition("=")
    assert name == "__Host-expertpool"
    assert set(rest.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}  # and no Domain


def test_production_has_no_way_in_with_one_click(live: Website) -> None:
    browser = Browser(live, SECURE)
    base = {"base_url": "https://experts.centre.example"}
    shown = browser.get("/sign-in", **base).text
    assert "sign-in/demo" not in shown
    token = re.search(r'name="form_token" value="(\w+)"', shown)
    assert token is not None
    answer = browser.post("/sign-in/demo", {"form_token": token[1], "role": "supervisor"}, **base)
    assert answer.status_code == 403
    assert "identity" not in answer.text
    assert "一键登录只用于演示" in answer.text
    json = browser.post(
        "/sign-in/demo", {"form_token": token[1], "role": "supervisor"}, headers={"Accept": "*/*"}, **base
    )
    problem_of(json, 403, "identity.demonstration-only")


@pytest.mark.parametrize("host", ["evil.example", "experts.centre.example.evil.example"])
def test_another_host_gets_no_form(live: Website, host: str) -> None:
    answer = Browser(live, {**SECURE, "Host": host}).get("/sign-in")
    assert answer.status_code == 400
    assert "form_token" not in answer.text
    assert "evil.example" not in answer.text


def test_a_form_without_its_token_does_nothing(site: Website, person: Person) -> None:
    browser = Browser(site)
    fields = {"account": person.account, "password": person.password, "code": person.code(browser.clock)}
    browser.get("/sign-in")
    for wrong in ({}, {"form_token": ""}, {"form_token": "0" * 64}, {"form_token": "é"}):
        assert browser.post("/sign-in", {**fields, **wrong}).status_code == 403
    problem_of(browser.post("/sign-in", fields, headers={"Accept": "*/*"}), 403, "web.form-expired")
    assert browser.sign_in(person).status_code == 303  # nothing was used up


def test_a_form_of_another_browser_does_nothing(site: Website, person: Person) -> None:
    """Signing somebody in as oneself, from elsewhere, so that they work in one's account (login CSRF)."""
    token = re.search(r'name="form_token" value="(\w+)"', Browser(site).get("/sign-in").text)
    assert token is not None
    victim = Browser(site)
    victim.get("/sign-in")
    fields = {"account": person.account, "password": person.password, "code": person.code(victim.clock)}
    assert victim.post("/sign-in", {"form_token": token[1], **fields}).status_code == 403
    without_cookie = Browser(site)
    assert without_cookie.post("/sign-in", {"form_token": token[1], **fields}).status_code == 403


@pytest.mark.parametrize(
    ("said", "taken"),
    [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False), ("x", False)],
)
def test_a_browser_says_where_a_form_comes_from(site: Website, said: str, *, taken: bool) -> None:
    browser = entered(site, Role.CENTRE_STAFF)
    answer = browser.send("/sign-out", {}, page="/account", headers={"Sec-Fetch-Site": said})
    assert answer.status_code == (303 if taken else 403)
    assert is_signed_in(browser) == (not taken)


def test_a_form_from_before_signing_in_is_of_no_use_after(site: Website) -> None:
    browser = Browser(site)
    token = re.search(r'name="form_token" value="(\w+)"', browser.get("/sign-in").text)
    assert token is not None
    browser.send("/sign-in/demo", {"role": "centre-staff"}, page="/sign-in")
    assert browser.post("/sign-out", {"form_token": token[1]}).status_code == 403
    assert is_signed_in(browser)


def test_a_session_is_never_one_that_a_browser_brought(site: Website, person: Person) -> None:
    """Session fixation: whoever planted the cookie knows only what it was before."""
    browser = Browser(site)
    planted = "A" * 43
    browser.client.set_cookie("expertpool-demo", planted)
    assert browser.sign_in(person).status_code == 303
    assert browser.cookie() not in (None, planted)
    thief = Browser(site)
    thief.client.set_cookie("expertpool-demo", planted)
    assert not is_signed_in(thief)
    assert is_signed_in(browser)


@pytest.mark.parametrize("bad", ["", "x", "é" * 43, "A" * 43, "A" * 4000, "../../etc"])
def test_a_made_up_cookie_is_nobody(site: Website, bad: str) -> None:
    browser = Browser(site)
    browser.client.set_cookie("expertpool-demo", bad)
    assert browser.get("/account").status_code == 303


def test_signing_out_ends_the_session_itself(site: Website) -> None:
    browser = entered(site, Role.CENTRE_STAFF)
    held = browser.cookie()
    assert held is not None
    browser.send("/sign-out", {}, page="/account")
    assert browser.cookie() is None
    browser.client.set_cookie("expertpool-demo", held)
    assert not is_signed_in(browser)


def test_one_sees_and_ends_ones_own_sessions_only(site: Website) -> None:
    here, there, other = (
        entered(site, Role.CENTRE_STAFF),
        entered(site, Role.CENTRE_STAFF),
        entered(site, Role.SUPERVISOR),
    )
    found = re.search(r"/account/sessions/(bss_\w+)/end", here.get("/account").text)
    assert found is not None
    ending = f"/account/sessions/{found[1]}/end"
    assert other.send(ending, {}, page="/account").status_code == 404
    assert is_signed_in(there)
    assert here.send(ending, {}, page="/account").status_code == 303
    assert not is_signed_in(there)
    assert is_signed_in(here)
    assert here.send(ending, {}, page="/account").status_code == 404


def test_a_session_ends_when_idle(site: Website, clock: FixedClock) -> None:
    browser = entered(site, Role.CENTRE_STAFF)
    for _ in range(3):
        clock.advance(IDLE - timedelta(seconds=1))
        assert is_signed_in(browser)
    clock.advance(IDLE)
    assert not is_signed_in(browser)


def test_a_session_ends_at_its_last_moment(site: Website, clock: FixedClock) -> None:
    browser, over = entered(site, Role.CENTRE_STAFF), clock.now() + LONGEST
    while clock.now() + IDLE / 2 < over:
        clock.advance(IDLE / 2)
        assert is_signed_in(browser)
    clock.advance(over - clock.now() - timedelta(seconds=1))
    assert is_signed_in(browser)
    clock.advance(timedelta(seconds=1))
    assert not is_signed_in(browser)


def test_a_page_is_no_write(site: Website, clock: FixedClock) -> None:
    browser, writes = entered(site, Role.CENTRE_STAFF), []
    event.listen(
        site.service.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: (
            writes.append(statement)
            if statement.startswith(("UPDATE", "INSERT", "DELETE")) and "ledger_" not in statement  # the signer's
            else None
        ),
    )
    for _ in range(5):
        browser.get("/account")
    assert writes == []
    clock.advance(timedelta(minutes=1))
    browser.get("/account")
    assert [statement.split()[:2] for statement in writes] == [["UPDATE", "browser_sessions"]]


def test_a_cookie_does_not_open_the_api_nor_a_token_the_pages(site: Website) -> None:
    browser = entered(site, Role.CENTRE_STAFF)
    problem_of(browser.get("/api/v1/me"), 401, "web.not-signed-in")
    token = site.token(Role.CENTRE_STAFF)
    answer = site.client.get("/account", headers={"Authorization": f"Bearer {token}"})
    problem_of(answer, 401, "web.sign-in-needed")


@pytest.mark.parametrize(("method", "kind"), [("POST", "application/json"), ("POST", "multipart/form-data")])
def test_forms_are_forms(site: Website, method: str, kind: str) -> None:
    answer = site.client.open("/sign-in", method=method, data=b"{}", content_type=kind)
    problem_of(answer, 415, "web.unsupported-content-type")


def test_the_api_takes_no_form(site: Website) -> None:
    answer = site.call("POST", "/api/v1/centres", role=Role.SYSTEM_ADMINISTRATOR, data={"code": "x"})
    problem_of(answer, 415, "web.unsupported-content-type")


def test_a_form_has_limits_too(site: Website) -> None:
    browser = Browser(site)
    answer = browser.post("/sign-in", {"account": "a" * (1024 * 1024)}, headers={"Accept": "*/*"})
    problem_of(answer, 413, "web.too-large")
    problem_of(browser.post("/sign-in", {"account": "a\0b"}, headers={"Accept": "*/*"}), 400, "web.bad-request")


@signed_in("account.see-own")
@confirmed
def exceptional() -> Response:
    """A page for which the second factor must be fresh."""
    return page("identity/account.html", sessions=[], held=None)


def test_an_exception_asks_for_the_code_again(site: Website, person: Person, clock: FixedClock) -> None:
    browser = Browser(site)
    browser.sign_in(person)
    clock.advance(CONFIRMED_FOR)
    assert browser.get("/exceptional").status_code == 200
    clock.advance(timedelta(seconds=1))
    asked = browser.get("/exceptional")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/confirm?next=/exceptional")
    before = browser.cookie()
    assert browser.send("/confirm", {"code": "000000"}).status_code == 422
    assert browser.get("/exceptional").status_code == 303
    done = browser.send("/confirm", {"code": person.code(clock), "next": "/exceptional"})
    assert (done.status_code, done.headers["Location"]) == (303, "/exceptional")
    assert browser.get("/exceptional").status_code == 200
    assert browser.cookie() != before
    thief = Browser(site)
    thief.client.set_cookie("expertpool-demo", str(before))
    assert not is_signed_in(thief)


def test_confirming_is_limited_as_signing_in_is(site: Website, person: Person) -> None:
    browser = Browser(site)
    browser.sign_in(person)
    for _ in range(5):
        assert browser.send("/confirm", {"code": "000000"}).status_code == 422
    assert browser.send("/confirm", {"code": person.code(browser.clock, 1)}).status_code == 403


def test_errors_are_pages_for_readers_and_problems_for_programs(site: Website) -> None:
    browser = entered(site, Role.FINANCE)
    answer = browser.get("/nope")
    assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")
    assert "没有这个地址" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    for accept in ("", "*/*", "application/json", "application/problem+json, text/html;q=0.5"):
        problem_of(site.client.get("/nope", headers={"Accept": accept}), 404, "web.not-found")
    problem_of(browser.get("/api/v1/nope"), 404, "web.not-found")


def test_pages_are_hardened_too(site: Website) -> None:
    answer = Browser(site).get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", answer.text)


def test_a_chosen_language_is_kept(site: Website) -> None:
    browser = Browser(site)
    assert "登录" in browser.get("/sign-in").text
    assert "Sign in" in browser.get("/sign-in?lang=en").text
    assert "Sign in" in browser.get("/sign-in").text
    assert "登录" in browser.get("/sign-in?lang=zh").text
    assert "登录" in browser.get("/sign-in").text
