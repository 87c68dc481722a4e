"""Single sign-on: whom the provider vouches for, to whom, when, how strongly; and a provider that misbehaves."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from expertpool.core.clock import FixedClock
from expertpool.core.ledger_store import SqlLog
from expertpool.identity import challenges, lockout, oidc_provider
from expertpool.identity.lockout import OF_ACCOUNT
from expertpool.identity.models import Actor, LinkedSubject, SignInLimit, SpentChallenge, TrailKind, TrailRow, Way
from expertpool.identity.roles import Role
from expertpool.identity.service import retire_actor
from expertpool.web.access import CONFIRMED_FOR
from ledger.entry import parse_entry
from tests.browser import Browser, entered
from tests.identity.fake_provider import CLIENT, SECRET, FakeProvider, Mood, serving
from tests.website import Website, opened

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REFUSED, UNAVAILABLE = "统一身份认证登录未成功", "统一身份认证平台现在无法使用"
NOW = int(START.timestamp())


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def provider(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    monkeypatch.setenv(oidc_provider.SECRET, SECRET)
    with serving(clock) as running:
        yield running


@pytest.fixture
def more() -> dict[str, str]:
    """Settings besides those of every site here."""
    return {}


@pytest.fixture
def site(
    sqlite_url: str, tmp_path: Path, clock: FixedClock, provider: FakeProvider, more: dict[str, str]
) -> Iterator[Website]:
    settings = {"OIDC__ISSUER": provider.issuer, "OIDC__CLIENT_ID": CLIENT, **more}
    with opened(sqlite_url, tmp_path, clock=clock, **settings) as website:
        yield website


@pytest.fixture
def security(site: Website) -> Browser:
    return entered(site, Role.SECURITY_ADMINISTRATOR)


@pytest.fixture
def account(site: Website, security: Browser) -> str:
    """An account of the centre's staff, linked to the subject ``zhang``."""
    entered(site, Role.CENTRE_STAFF)
    with Session(site.service.engine) as session:
        found = session.scalars(select(Actor.id).where(Actor.role == Role.CENTRE_STAFF)).one()
    assert link(security, found, "zhang").status_code == 303
    return found


def link(security: Browser, account: str, subject: str) -> TestResponse:
    return security.send(f"/accounts/{account}/subjects", {"subject": subject}, page=f"/accounts/{account}/ways")


def leave(browser: Browser, way: str = "/sign-in/oidc?next=/account") -> str:
    """Where the browser is sent."""
    answer = browser.get(way)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def come_back(browser: Browser, address: str, code: str) -> TestResponse:
    state = parse_qs(urlsplit(address).query)["state"][0]
    return browser.get("/sign-in/oidc/return", query_string={"state": state, "code": code})


def sign_in(browser: Browser, provider: FakeProvider, **claims: Any) -> TestResponse:
    address = leave(browser)
    return come_back(browser, address, provider.grant(address, **claims))


def trail(site: Website) -> Counter[tuple[TrailKind, str | None]]:
    with Session(site.service.engine) as session:
        rows = session.scalars(select(TrailRow).where(TrailRow.way == Way.OIDC))
        return Counter((row.kind, row.cause) for row in rows)


def test_a_linked_identity_signs_in_and_goes_on(site: Website, provider: FakeProvider, account: str) -> None:
    browser = Browser(site)
    assert sign_in(browser, provider).headers["Location"] == "/account"
    assert "zhang" in browser.get("/account").text
    assert trail(site) == {(TrailKind.WAY_ADDED, None): 1, (TrailKind.SIGNED_IN, None): 1}


def test_where_the_browser_is_sent(site: Website, provider: FakeProvider) -> None:
    address = leave(Browser(site))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{provider.issuer}/authorize?")
    assert asked.keys() == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert (asked["response_type"], asked["scope"], asked["code_challenge_method"]) == ("code", "openid", "S256")
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/sign-in/oidc/return"
    assert "account" not in address  # where to go on is nobody's business there
    with Session(site.service.engine) as session:
        assert session.scalars(select(SpentChallenge)).all() == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "issuer": ({"iss": "https://another.example"}, "token"),
    "audience": ({"aud": "another"}, "token"),
    "no-audience": ({"aud": None}, "token"),
    "audience-among-others": ({"aud": [CLIENT, "another"]}, "token"),
    "for-another-party": ({"aud": [CLIENT, "another"], "azp": "another"}, "token"),
    "nonce": ({"nonce": "0" * 64}, "token"),
    "no-nonce": ({"nonce": None}, "token"),
    "expired": ({"exp": NOW - 60}, "token"),
    "no-expiry": ({"exp": None}, "token"),
    "expiry-as-text": ({"exp": "tomorrow"}, "token"),
    "issued-long-ago": ({"iat": NOW - 601}, "token"),
    "issued-later": ({"iat": NOW + 61}, "token"),
    "not-yet": ({"nbf": NOW + 61}, "token"),
    "authenticated-later": ({"auth_time": NOW + 61}, "token"),
    "no-subject": ({"sub": None}, "token"),
    "subject-a-number": ({"sub": 7}, "token"),
    "somebody-else": ({"sub": "li"}, "unknown"),
}


def test_every_wrong_token_reads_the_same(site: Website, provider: FakeProvider, account: str) -> None:
    expected: Counter[tuple[TrailKind, str | None]] = Counter({(TrailKind.WAY_ADDED, None): 1})
    for wrong, (claims, cause) in WRONG.items():
        browser = Browser(site)
        refused = sign_in(browser, provider, **claims)
        assert (refused.status_code, REFUSED in refused.text) == (403, True), wrong
        assert browser.get("/account").status_code == 303, wrong
        expected[(TrailKind.REFUSED, cause)] += 1
        assert trail(site) == expected, wrong


def test_the_other_side_of_each_limit(site: Website, provider: FakeProvider, account: str) -> None:
    for claims in (
        {"exp": NOW - 59},
        {"iat": NOW - 600},
        {"iat": NOW + 60, "nbf": NOW + 60},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
    ):
        assert sign_in(Browser(site), provider, **claims).status_code == 303, claims


def test_signatures_of_another_key_of_a_secret_or_of_nobody(
    site: Website, provider: FakeProvider, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = provider.token
    secret = OctKey.import_key(SECRET * 3)
    forged = {
        "another key": lambda claims: jwt.encode({"alg": "ES256", "kid": "one"}, claims, ECKey.generate_key("P-256")),
        "our secret": lambda claims: jwt.encode({"alg": "HS256", "kid": "one"}, claims, secret),
        "nobody": lambda claims: "eyJhbGciOiJub25lIn0." + honest(claims).split(".")[1] + ".",
        "no token": lambda _: "x",
    }
    for name, make in forged.items():
        monkeypatch.setattr(provider, "token", make)
        assert REFUSED in sign_in(Browser(site), provider).text, name
    assert trail(site)[(TrailKind.REFUSED, "token")] == len(forged)


def test_a_state_counts_once_in_time_and_for_its_browser(
    site: Website, provider: FakeProvider, account: str, clock: FixedClock
) -> None:
    browser, thief = Browser(site), Browser(site)
    address = leave(browser)
    thief.get("/sign-in")
    assert come_back(thief, address, provider.grant(address)).status_code == 403
    held = browser.cookie()
    assert held is not None
    assert come_back(browser, address, provider.grant(address)).status_code == 303
    browser.client.set_cookie("expertpool-demo", held)
    assert come_back(browser, address, provider.grant(address)).status_code == 403
    late = Browser(site)
    address = leave(late)
    clock.advance(challenges.VALID + SECOND)
    assert come_back(late, address, provider.grant(address)).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "challenge")] == 3
    assert provider.asked.count("/token") == 1  # nobody is asked for what is not ours


def test_what_is_no_state_of_ours(site: Website) -> None:
    for state in ("", "x", "AAAA", "é", "A" * 400, "A" * 2001):
        answer = Browser(site).get("/sign-in/oidc/return", query_string={"state": state, "code": "x"})
        assert answer.status_code in (403, 422), state


def test_a_code_of_another_errand_is_refused_there(site: Website, provider: FakeProvider, account: str) -> None:
    """PKCE: whoever puts a stolen code into a browser of his own gets nowhere."""
    stolen = provider.grant(leave(Browser(site)))
    browser = Browser(site)
    assert come_back(browser, leave(browser), stolen).status_code == 403
    assert come_back(browser, leave(browser), "").status_code == 403  # cancelled there
    assert trail(site)[(TrailKind.REFUSED, "provider-refused")] == 2


def test_a_provider_that_misbehaves_is_said_to(
    site: Website, provider: FakeProvider, account: str, clock: FixedClock
) -> None:
    for mood in set(Mood) - {Mood.WELL}:
        browser = Browser(site)
        address = leave(browser)
        code = provider.grant(address)
        provider.mood = mood
        if mood not in (Mood.ANOTHER, Mood.UNSAFE):  # what it says of itself is known for a while
            told = come_back(browser, address, code)
            assert (told.status_code, UNAVAILABLE in told.text) == (503, True), mood
        clock.advance(oidc_provider.KNOWN_FOR)
        with capture_logs() as logged:
            told = browser.get("/sign-in/oidc")
        assert (told.status_code, UNAVAILABLE in told.text) == (503, True), mood
        assert [line["step"] for line in logged if line["event"] == "oidc.failed"] == ["discovery"], mood
        provider.mood = Mood.WELL
        assert sign_in(browser, provider).status_code == 303, mood
    assert trail(site)[(TrailKind.REFUSED, "provider-failed")] == len(Mood) - 3


def test_a_new_key_of_the_provider_counts_at_once(site: Website, provider: FakeProvider, account: str) -> None:
    assert sign_in(Browser(site), provider).status_code == 303
    provider.key, provider.header = ECKey.generate_key("P-256", {"kid": "two"}), {"alg": "ES256", "kid": "two"}
    assert sign_in(Browser(site), provider).status_code == 303


def test_without_our_secret_it_is_said_to_be_unavailable(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(oidc_provider.SECRET)
    assert UNAVAILABLE in Browser(site).get("/sign-in/oidc").text


def test_alone_it_is_no_second_factor(site: Website, provider: FakeProvider, account: str) -> None:
    browser = Browser(site)
    sign_in(browser, provider)
    assert browser.get("/account/tokens/new").headers["Location"].startswith("/confirm")
    assert "/confirm/oidc" not in browser.get("/confirm").text
    address = leave(browser, "/confirm/oidc?next=/account")
    assert come_back(browser, address, provider.grant(address)).status_code == 403
    assert trail(site)[(TrailKind.CONFIRMATION_REFUSED, "strength")] == 1


STRONG = {"OIDC__ACR": "high,highest", "OIDC__AMR": "mfa"}
ENOUGH = {"acr": "highest", "amr": ["pwd", "mfa"]}


@pytest.mark.parametrize("more", [STRONG], ids=["strong"])
def test_what_is_not_strong_enough(site: Website, provider: FakeProvider, account: str) -> None:
    weak: list[dict[str, Any]] = [{}, {"acr": "low", "amr": ["mfa"]}, {"acr": "high"}, {"acr": "high", "amr": ["x"]}]
    for claims in (*weak, {"acr": "high", "amr": "mfa"}, {"acr": ["high"], "amr": ["mfa"]}):
        assert REFUSED in sign_in(Browser(site), provider, **claims).text, claims
    assert trail(site)[(TrailKind.REFUSED, "strength")] == 6


@pytest.mark.parametrize("more", [STRONG], ids=["strong"])
def test_strong_enough_it_confirms_as_long_as_it_is_fresh(
    site: Website, provider: FakeProvider, account: str, clock: FixedClock
) -> None:
    browser = Browser(site)
    assert "acr_values=high+highest" in leave(browser)
    sign_in(browser, provider, **ENOUGH)
    assert browser.get("/account/tokens/new").status_code == 200
    stale = Browser(site)
    sign_in(stale, provider, **ENOUGH, auth_time=NOW - 301)
    silent = Browser(site)
    sign_in(silent, provider, **ENOUGH, auth_time=None)
    for each in (stale, silent):
        assert each.get("/account/tokens/new").status_code == 303
    clock.advance(CONFIRMED_FOR + SECOND)
    assert browser.get("/account/tokens/new").status_code == 303
    assert "/confirm/oidc" in browser.get("/confirm").text
    address = leave(browser, "/confirm/oidc?next=/account/tokens/new")
    assert "prompt=login&max_age=0" in address
    old = int(clock.now().timestamp()) - 301
    assert come_back(browser, address, provider.grant(address, **ENOUGH, auth_time=old)).status_code == 403
    address = leave(browser, "/confirm/oidc?next=/account/tokens/new")
    done = come_back(browser, address, provider.grant(address, **ENOUGH))
    assert done.headers["Location"] == "/account/tokens/new"
    assert browser.get("/account/tokens/new").status_code == 200
    found = trail(site)
    assert (found[(TrailKind.CONFIRMED, None)], found[(TrailKind.CONFIRMATION_REFUSED, "auth-time")]) == (1, 1)


@pytest.mark.parametrize("more", [STRONG], ids=["strong"])
def test_nobody_confirms_with_somebody_elses_identity(site: Website, provider: FakeProvider, account: str) -> None:
    other = entered(site, Role.SUPERVISOR)
    address = leave(other, "/confirm/oidc")
    assert come_back(other, address, provider.grant(address, **ENOUGH)).status_code == 403
    assert trail(site)[(TrailKind.CONFIRMATION_REFUSED, "unknown")] == 1


@pytest.mark.parametrize("more", [{"OIDC__CLAIM": "employee"}], ids=["another-claim"])
def test_another_claim_may_be_what_is_linked(site: Website, provider: FakeProvider, account: str) -> None:
    assert sign_in(Browser(site), provider, sub="anything", employee="zhang").status_code == 303
    assert sign_in(Browser(site), provider).status_code == 403


def test_linking_and_removing_is_noticed(
    site: Website, security: Browser, provider: FakeProvider, account: str
) -> None:
    browser = Browser(site)
    sign_in(browser, provider)
    entered(site, Role.SUPERVISOR)
    with Session(site.service.engine) as session:
        other = session.scalars(select(Actor.id).where(Actor.role == Role.SUPERVISOR)).one()
        held = session.scalars(select(LinkedSubject.id)).one()
    assert "已关联到一个账号" in link(security, other, "zhang").text
    assert link(security, other, "a\u202eb").status_code == 422
    way = f"/accounts/{account}/subjects/{held}/removal"
    assert security.send(way.replace(account, other), {}, page="/account").status_code == 404
    assert security.send(way, {}, page="/account").status_code == 303
    assert browser.get("/account").status_code == 303  # signed out
    assert sign_in(Browser(site), provider).status_code == 403
    log = SqlLog(site.service.engine)
    entries = [parse_entry(entry) for entry in log.entries(0, log.head().size)]
    told = [entry for entry in entries if entry.kind.startswith("actor.way-")]
    assert [(each.kind, each.body["way"]) for each in told] == [
        ("actor.way-added", "oidc"),
        ("actor.way-removed", "oidc"),
    ]
    assert "zhang" not in str([each.body for each in told])


def test_an_account_that_has_to_wait_waits_here_too(site: Website, provider: FakeProvider, account: str) -> None:
    wrong = {"account": "demo-centre-staff", "password": "wrong", "code": "000000"}
    for _ in range(OF_ACCOUNT.burst):
        Browser(site).send("/sign-in", wrong)
    assert "分钟后再试" in sign_in(Browser(site), provider).text


def test_success_costs_the_source_nothing(site: Website, provider: FakeProvider, account: str) -> None:
    sign_in(Browser(site), provider)
    with Session(site.service.engine) as session:
        held = session.get(SignInLimit, lockout.source_of(site.service.keys, "127.0.0.1"))
        assert held is not None
        assert held.due <= START


def test_closed_accounts_stay_out(site: Website, provider: FakeProvider, account: str) -> None:
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        retire_actor(tx, account, reason="调离")
    assert sign_in(Browser(site), provider).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "unknown")] == 1


def test_nothing_secret_is_logged_or_kept(site: Website, provider: FakeProvider, account: str) -> None:
    browser = Browser(site)
    address = leave(browser)
    code = provider.grant(address)
    with capture_logs() as logged:
        come_back(browser, address, code)
        come_back(browser, address, code)
    sent = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    for secret in (code, sent["state"], sent["nonce"], SECRET):
        assert secret not in str(logged)


def test_nobody_is_sent_to_another_site(site: Website, provider: FakeProvider, account: str) -> None:
    browser = Browser(site)
    for wished in ("https://evil.example", "//evil.example", "/\\evil.example"):
        address = leave(browser, f"/sign-in/oidc?next={wished}")
        assert come_back(browser, address, provider.grant(address)).headers["Location"] == "/home"


def test_where_it_is_not_set_up_there_is_nothing(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> None:
    with opened(sqlite_url, tmp_path, clock=clock) as site:
        browser = entered(site, Role.SECURITY_ADMINISTRATOR)
        assert "/sign-in/oidc" not in Browser(site).get("/sign-in").text
        for path in ("/sign-in/oidc", "/sign-in/oidc/return?state=x&code=y", "/confirm/oidc"):
            assert browser.get(path).status_code == 404
        assert link(browser, site.actors[Role.SYSTEM_ADMINISTRATOR].id, "zhang").status_code == 503
