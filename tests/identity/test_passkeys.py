"""Passkeys: whose finger opens which account, and every way in which an answer can be wrong."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from expertpool.cli.worker_command import collect_upkeep
from expertpool.core.clock import FixedClock
from expertpool.core.ledger_store import SqlLog
from expertpool.core.reconcile import reconcile
from expertpool.core.settings import ServiceSettings
from expertpool.identity import challenges, passkeys
from expertpool.identity.lockout import OF_ACCOUNT
from expertpool.identity.models import Passkey, PasskeyUse, SpentChallenge, TrailKind, TrailRow, Way
from expertpool.identity.passkey_sign_in import _parsed
from expertpool.identity.roles import Role
from expertpool.identity.service import retire_actor
from expertpool.web.access import CONFIRMED_FOR
from ledger.entry import parse_entry
from tests.browser import Browser, entered, settle
from tests.identity.authenticator import NEW, PRESENT, VERIFIED, Authenticator, answer, asked, register
from tests.website import Website, opened

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
REFUSED = "通行密钥未被接受"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    with opened(sqlite_url, tmp_path, clock=clock, SERVICE__BASE_URL="http://localhost") as website:
        yield website


@pytest.fixture
def staff(site: Website) -> Browser:
    return entered(site, Role.CENTRE_STAFF)


@pytest.fixture
def key(staff: Browser) -> Authenticator:
    """A passkey of the centre's staff."""
    made = Authenticator()
    answer = register(staff, made)
    assert answer.headers.get("Location") == "/account", answer.text
    return made


def rows(site: Website, model: type[Any]) -> list[Any]:
    with Session(site.service.engine) as session:
        return list(session.scalars(select(model)))


def trail(site: Website) -> Counter[tuple[TrailKind, str | None]]:
    return Counter((row.kind, row.cause) for row in rows(site, TrailRow) if row.way is Way.PASSKEY)


def kinds(site: Website) -> list[str]:
    log = SqlLog(site.service.engine)
    return [parse_entry(entry).kind for entry in log.entries(0, log.head().size)]


def test_a_passkey_signs_in_and_is_two_factors(site: Website, staff: Browser, key: Authenticator) -> None:
    assert "办公室电脑" in staff.get("/account").text
    assert "尚未使用" in staff.get("/account").text
    browser = Browser(site)
    assert answer(browser, key, count=1).headers["Location"] == "/home"
    assert browser.get("/account").status_code == 200
    assert browser.get(NEW).status_code == 200  # which asks for a second factor given just now
    assert "最近使用" in browser.get("/account").text
    assert trail(site) == {(TrailKind.WAY_ADDED, None): 1, (TrailKind.SIGNED_IN, None): 1}
    assert kinds(site)[-1] == "actor.way-added"


def test_what_an_authenticator_is_asked(site: Website, staff: Browser, key: Authenticator) -> None:
    wish = asked(staff.get(NEW).text)
    assert wish["rp"]["id"] == "localhost"
    assert wish["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert wish["attestation"] == "none"
    assert len(wish["excludeCredentials"]) == 1
    wish = asked(Browser(site).get("/sign-in").text)
    assert (wish["rpId"], wish["userVerification"], wish["allowCredentials"]) == ("localhost", "required", [])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "origin": ({"origin": "http://localhost.evil.example"}, "signature"),
    "scheme": ({"origin": "https://localhost"}, "signature"),
    "site": ({"site": "evil.example"}, "signature"),
    "not-verified": ({"flags": PRESENT}, "signature"),
    "not-present": ({"flags": VERIFIED}, "signature"),
    "user": ({"user": b"act_somebody-else"}, "signature"),
    "key": ({"key": Authenticator().key}, "signature"),
    "credential": ({"credential": b"another"}, "unknown"),
}


def test_every_wrong_answer_reads_the_same(site: Website, key: Authenticator, clock: FixedClock) -> None:
    expected: Counter[tuple[TrailKind, str | None]] = Counter({(TrailKind.WAY_ADDED, None): 1})
    for wrong, (bent, cause) in WRONG.items():
        browser = Browser(site)
        refused = answer(browser, replace(key), **bent)
        assert (refused.status_code, REFUSED in refused.text) == (403, True), wrong
        assert browser.get("/account").status_code == 303, wrong
        expected[(TrailKind.REFUSED, cause)] += 1
        assert trail(site) == expected, wrong
        clock.advance(OF_ACCOUNT.refill)


@pytest.mark.parametrize(
    ("late", "taken"), [(challenges.VALID, True), (challenges.VALID + timedelta(seconds=1), False)], ids=["in", "late"]
)
def test_a_challenge_has_its_time(
    site: Website, key: Authenticator, clock: FixedClock, late: timedelta, *, taken: bool
) -> None:
    browser = Browser(site)
    signed = key.get(asked(browser.get("/sign-in").text))
    clock.advance(late)
    done = browser.send("/sign-in/passkey", {"response": signed}, page="/sign-in")
    assert (done.status_code == 303) == taken
    assert trail(site)[(TrailKind.REFUSED, "challenge")] == (not taken)


def test_a_challenge_is_answered_once_and_by_its_browser(site: Website, key: Authenticator, clock: FixedClock) -> None:
    browser = Browser(site)
    signed = key.get(asked(browser.get("/sign-in").text))
    another = Browser(site)
    assert another.send("/sign-in/passkey", {"response": signed}, page="/sign-in").status_code == 403
    held = browser.cookie()
    assert held is not None
    assert browser.send("/sign-in/passkey", {"response": signed}, page="/sign-in").status_code == 303
    browser.client.set_cookie("expertpool-demo", held)  # as it was before signing in
    assert browser.send("/sign-in/passkey", {"response": signed}, page="/sign-in").status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "challenge")] == 2
    clock.advance(challenges.VALID + timedelta(seconds=1))
    collect_upkeep()["sign-in.forget-challenges"](site.service.engine, clock.now())
    assert rows(site, SpentChallenge) == []


def test_a_challenge_for_one_purpose_serves_no_other(site: Website, staff: Browser, key: Authenticator) -> None:
    to_register = asked(staff.get(NEW).text)
    refused = staff.send("/confirm/passkey", {"response": key.get(to_register)}, page="/confirm")
    assert refused.status_code == 403
    to_sign = {**asked(staff.get("/confirm").text), "user": to_register["user"], "rp": to_register["rp"]}
    assert staff.send(NEW, {"name": "x", "response": Authenticator().create(to_sign)}).status_code == 422


def test_whoever_only_looks_leaves_no_row(site: Website) -> None:
    for _ in range(3):
        Browser(site).get("/sign-in")
    assert rows(site, SpentChallenge) == []


@pytest.mark.parametrize(("counts", "taken"), [((1, 2), True), ((5, 5), False), ((5, 4), False), ((5, 0), False)])
def test_a_count_that_goes_back_is_a_copy(
    site: Website, key: Authenticator, counts: tuple[int, int], *, taken: bool
) -> None:
    first, second = counts
    assert answer(Browser(site), key, count=first).status_code == 303
    assert (answer(Browser(site), key, count=second).status_code == 303) == taken
    assert trail(site)[(TrailKind.REFUSED, "counter")] == (not taken)
    assert [row.count for row in rows(site, PasskeyUse)] == [second if taken else first]


def test_authenticators_that_do_not_count_are_taken(site: Website, key: Authenticator) -> None:
    for _ in range(2):
        assert answer(Browser(site), key).status_code == 303


def test_to_register_and_to_remove_take_the_second_factor(
    site: Website, staff: Browser, key: Authenticator, clock: FixedClock
) -> None:
    (held,) = rows(site, Passkey)
    clock.advance(CONFIRMED_FOR + timedelta(seconds=1))
    for path in (NEW, f"/account/passkeys/{held.id}"):
        assert staff.get(path).headers["Location"] == f"/confirm?next={path}"
        assert staff.send(path, {}, page="/account").headers["Location"].startswith("/confirm")
    assert answer(staff, key, "/confirm", count=1).status_code == 303
    assert staff.get(NEW).status_code == 200
    assert trail(site)[(TrailKind.CONFIRMED, None)] == 1


def test_nobody_confirms_with_somebody_elses_passkey(site: Website, key: Authenticator) -> None:
    other = entered(site, Role.SUPERVISOR)
    register(other, Authenticator())
    refused = answer(other, key, "/confirm", count=1)
    assert refused.status_code == 403
    assert REFUSED in refused.text
    assert trail(site)[(TrailKind.CONFIRMATION_REFUSED, "unknown")] == 1


def test_one_removes_ones_own_and_no_other(site: Website, staff: Browser, key: Authenticator) -> None:
    (held,) = rows(site, Passkey)
    way = f"/account/passkeys/{held.id}"
    other = entered(site, Role.SUPERVISOR)
    assert other.get(way).status_code == 404
    assert other.send(way, {}, page="/account").status_code == 404
    assert "移除后不能再用它登录" in staff.get(way).text
    assert staff.send(way, {}).headers["Location"] == "/account"
    assert rows(site, Passkey) == rows(site, PasskeyUse) == []
    assert kinds(site)[-1] == "actor.way-removed"
    assert answer(Browser(site), key).status_code == 403
    assert staff.get(way).status_code == 404


def test_a_way_put_into_the_database_is_found(site: Website, staff: Browser, key: Authenticator) -> None:
    (held,) = rows(site, Passkey)
    assert reconcile(site.service.engine) == []
    planted = {"id": "psk_x", "actor_id": held.actor_id, "credential": b"x", "public": b"x", "name": "x"}
    with site.service.engine.begin() as connection:
        connection.execute(insert(Passkey).values(**planted, added=START))
        connection.execute(update(Passkey).where(Passkey.id == held.id).values(public=b"another"))
    found = {(each.what, each.table, each.key) for each in reconcile(site.service.engine)}
    assert found == {("added", "passkeys", "psk_x"), ("changed", "passkeys", held.id)}
    with site.service.engine.begin() as connection:
        connection.execute(delete(PasskeyUse))
    assert answer(Browser(site), key).status_code == 403
    assert "办公室电脑" in staff.get("/account").text


@pytest.mark.parametrize("bent", [{"flags": PRESENT}, {"origin": "http://evil.example"}], ids=["unverified", "origin"])
def test_what_is_not_registered(site: Website, staff: Browser, bent: dict[str, Any]) -> None:
    refused = register(staff, Authenticator(**bent))
    assert refused.status_code == 422
    assert "未能登记通行密钥" in refused.text
    assert rows(site, Passkey) == []


def test_a_passkey_belongs_to_one_account_and_an_account_has_so_many(
    site: Website, staff: Browser, key: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = register(entered(site, Role.SUPERVISOR), key)
    assert again.status_code == 409
    assert "已登记过" in again.text
    monkeypatch.setattr(passkeys, "MOST", 2)
    assert register(staff, Authenticator(), "手机").status_code == 303
    assert "最多登记 2 个" in register(staff, Authenticator(), "手机").text


@pytest.mark.parametrize(
    "name", ["", " ", "a" * 61, "a\u202eb", "a\nb"], ids=["none", "blank", "long", "turned", "two"]
)
def test_a_name_is_one_line(site: Website, staff: Browser, name: str) -> None:
    assert register(staff, Authenticator(), name).status_code == 422
    assert rows(site, Passkey) == []


def test_lockouts_count_passkeys_and_passwords_alike(site: Website, staff: Browser, key: Authenticator) -> None:
    wrong = {"account": "demo-centre-staff", "password": "wrong", "code": "000000"}
    assert Browser(site).send("/sign-in", wrong).status_code == 403
    right = key.origin
    for _ in range(OF_ACCOUNT.burst - 1):
        assert REFUSED in answer(Browser(site), key, origin="http://evil.example").text
    locked = answer(Browser(site), key, origin=right)
    assert "分钟后再试" in locked.text
    assert "分钟后再试" in Browser(site).send("/sign-in", wrong).text
    assert trail(site)[(TrailKind.LOCKED, None)] == 1


def test_closed_accounts_and_new_credentials_end_passkeys(site: Website, clock: FixedClock) -> None:
    with site.service.signing():
        site.token(Role.FINANCE)
        person = settle(site, Role.FINANCE)
        clock.advance(timedelta(minutes=2))
        browser, key = Browser(site), Authenticator()
        browser.sign_in(person)
        register(browser, key)
        settle(site, Role.FINANCE)
        assert answer(Browser(site), key).status_code == 403
        assert rows(site, Passkey) == []
    staff, key = entered(site, Role.CENTRE_STAFF), Authenticator()
    register(staff, key)
    (held,) = rows(site, Passkey)
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        retire_actor(tx, held.actor_id, reason="调离")
    assert answer(Browser(site), key).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "unknown")] == 2


def test_nothing_of_a_passkey_is_logged(site: Website, staff: Browser, key: Authenticator) -> None:
    with capture_logs() as logged:
        answer(Browser(site), key, count=1)
        answer(Browser(site), key, origin="http://evil.example")
    assert REFUSED not in str(logged)
    for part in (key.credential.hex(), "clientDataJSON", "public-key", "办公室电脑"):
        assert part not in str(logged)


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://experts.centre.example", ("experts.centre.example", "https://experts.centre.example")),
        ("https://experts.centre.example:8443/pool", ("experts.centre.example", "https://experts.centre.example:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", None),
        ("https://[2001:db8::1]", None),
    ],
    ids=["plain", "port-and-path", "demonstration", "ipv4", "ipv6"],
)
def test_passkeys_belong_to_a_host_name(address: str, party: tuple[str, str] | None) -> None:
    found = passkeys.relying_party(ServiceSettings(base_url=address))
    assert (None if found is None else (found.id, found.origin)) == party


def test_where_there_is_no_host_name_nobody_is_offered_one(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path) as site:
        assert "data-passkey" not in Browser(site).get("/sign-in").text
        staff = entered(site, Role.CENTRE_STAFF)
        assert "passkeys/new" not in staff.get("/account").text
        assert staff.get(NEW).status_code == 404


def test_pages_do_without_a_script(site: Website, staff: Browser, key: Authenticator) -> None:
    """What needs one is hidden until it runs, and the policy allows it from a file."""
    shown = Browser(site).get("/sign-in")
    assert re.search(r"<section[^>]*data-passkey-card hidden>", shown.text)
    assert 'name="password"' in shown.text
    assert "static/passkeys.js" in shown.text
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]
    assert "data-passkey=" in staff.get("/confirm").text
    assert "data-passkey=" not in entered(site, Role.SUPERVISOR).get("/confirm").text  # has none


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "challenge"]), inner
            )
        ),
        max_leaves=12,
    ).map(json.dumps),
)


@given(HOSTILE)
def test_any_text_is_an_answer_that_is_refused(response: str) -> None:
    """The parsers of an answer raise nothing but what is caught."""
    party = passkeys.RelyingParty("localhost", "http://localhost", "x")
    answered = passkeys.Answer(party, response, "")
    assert isinstance(answered.challenge(), bytes)
    given_ = _parsed(answered)
    assert given_ is None or isinstance(given_.raw_id, bytes)


BROKEN: list[Callable[[dict[str, Any]], str]] = [
    lambda _: "[" * 8000,
    lambda signed: json.dumps({**signed, "rawId": "é"}),
    lambda signed: json.dumps({**signed, "response": {**signed["response"], "authenticatorData": "AA"}}),
    lambda signed: json.dumps({**signed, "response": {**signed["response"], "signature": "AAAA"}}),
    lambda signed: json.dumps({**signed, "response": {**signed["response"], "clientDataJSON": "bnVsbA"}}),
    lambda signed: json.dumps({**signed, "id": "AAAA"}),
]


def test_malformed_answers_are_refused(site: Website, key: Authenticator, clock: FixedClock) -> None:
    for broken in BROKEN:
        browser = Browser(site)
        signed = json.loads(key.get(asked(browser.get("/sign-in").text)))
        sent = {"response": broken(signed)}
        assert browser.send("/sign-in/passkey", sent, page="/sign-in").status_code == 403
        clock.advance(OF_ACCOUNT.refill)
