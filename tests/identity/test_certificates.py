"""Certificates of CA keys: only over the proxy's socket, only good ones, only those that are linked."""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from expertpool.core.clock import FixedClock
from expertpool.core.ledger_store import SqlLog
from expertpool.identity.lockout import OF_ACCOUNT
from expertpool.identity.models import Actor, LinkedCertificate, TrailKind, TrailRow, Way
from expertpool.identity.roles import Role
from expertpool.identity.service import retire_actor
from expertpool.web.access import CONFIRMED_FOR
from expertpool.web.client_certificate import HEADER
from ledger.entry import parse_entry
from tests.browser import Browser, entered
from tests.identity.authority import CLIENT, DAY, SERVER, Authority
from tests.website import Website, opened

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
UNIX, TCP = SimpleNamespace(family=socket.AF_UNIX), SimpleNamespace(family=socket.AF_INET)
REFUSED = "证书未被接受"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(START)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, clock: FixedClock, authority: Authority) -> Iterator[Website]:
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    with opened(sqlite_url, tmp_path, clock=clock, **settings(tmp_path)) as website:
        yield website


@pytest.fixture
def account(site: Website) -> str:
    """An account of the centre's staff."""
    entered(site, Role.CENTRE_STAFF)
    with Session(site.service.engine) as session:
        return session.scalars(select(Actor.id).where(Actor.role == Role.CENTRE_STAFF)).one()


@pytest.fixture
def security(site: Website) -> Browser:
    return entered(site, Role.SECURITY_ADMINISTRATOR)


@pytest.fixture
def certificate(authority: Authority, security: Browser, account: str) -> bytes:
    """A certificate that is linked to that account."""
    pem = authority.issue()
    assert link(security, account, pem).status_code == 303
    return pem


def settings(var: Path, *lists: str) -> dict[str, str]:
    return {
        "SERVICE__SOCKET": str(var / "web"),
        "CERTIFICATES__AUTHORITIES": str(var / "ca.pem"),
        "CERTIFICATES__REVOCATION_LISTS": ",".join(str(var / name) for name in lists),
    }


def link(security: Browser, account: str, pem: bytes) -> TestResponse:
    ways = f"/accounts/{account}/ways"
    return security.send(f"/accounts/{account}/certificates", {"certificate": pem.decode()}, page=ways)


def show(browser: Browser, pem: bytes | None, over: Any = UNIX) -> TestResponse:
    """Sign in with what the proxy hands on."""
    headers = {} if pem is None else {HEADER: quote(pem, safe="")}
    environ = {"gunicorn.socket": over}
    return browser.send("/sign-in/certificate", {}, page="/sign-in", headers=headers, environ_overrides=environ)


def trail(site: Website) -> Counter[tuple[TrailKind, str | None]]:
    with Session(site.service.engine) as session:
        rows = session.scalars(select(TrailRow).where(TrailRow.way == Way.CERTIFICATE))
        return Counter((row.kind, row.cause) for row in rows)


def test_a_linked_certificate_signs_in(site: Website, account: str, certificate: bytes) -> None:
    browser = Browser(site)
    assert show(browser, certificate).headers["Location"] == "/home"
    shown = browser.get("/account").text
    assert "CN=张三·演示" in shown
    assert "序列号 <code>2a</code>" in shown
    assert trail(site) == {(TrailKind.WAY_ADDED, None): 1, (TrailKind.SIGNED_IN, None): 1}


def test_a_certificate_is_no_second_factor(site: Website, certificate: bytes) -> None:
    """Browsers show it unasked for as long as the key is plugged in."""
    browser = Browser(site)
    show(browser, certificate)
    assert browser.get("/account/passkeys/new").headers["Location"].startswith("/confirm")


def test_a_header_that_did_not_come_over_the_socket_is_ignored(site: Website, certificate: bytes) -> None:
    for number, over in enumerate((TCP, None, "text"), 1):
        browser = Browser(site)
        spoofed = show(browser, certificate, over)
        assert (spoofed.status_code, REFUSED in spoofed.text) == (403, True)
        assert browser.get("/account").status_code == 303
        assert trail(site)[(TrailKind.REFUSED, "no-certificate")] == number


def test_a_spoofed_header_signs_nobody_in_anywhere_else(site: Website, certificate: bytes) -> None:
    for over in (UNIX, TCP):
        headers = {HEADER: quote(certificate, safe=""), "Accept": "text/html"}
        answer = site.client.get("/account", headers=headers, environ_overrides={"gunicorn.socket": over})
        assert answer.headers["Location"].startswith("/sign-in")
        answer = site.client.get("/api/v1/me", headers=headers, environ_overrides={"gunicorn.socket": over})
        assert answer.status_code == 401


OTHER = Authority(START)  # of the same name, with a key of its own
BELOW = Authority(START, "an unlisted CA below", OTHER)
BAD = {
    "another-ca": (OTHER.issue(), "chain"),
    "unlisted-below": (BELOW.issue(), "chain"),
    "a-ca-itself": (OTHER.pem, "chain"),
    "not-pem": (b"hello", "malformed"),
    "half": (OTHER.issue()[:-60], "malformed"),
    "two": (OTHER.issue() + OTHER.issue(), "malformed"),
}


def test_what_no_trusted_ca_issued(site: Website, certificate: bytes, clock: FixedClock) -> None:
    expected: Counter[tuple[TrailKind, str | None]] = Counter({(TrailKind.WAY_ADDED, None): 1})
    for bad, (pem, cause) in BAD.items():
        refused = show(Browser(site), pem)
        assert (refused.status_code, REFUSED in refused.text) == (403, True), bad
        expected[(TrailKind.REFUSED, cause)] += 1
        assert trail(site) == expected, bad
        clock.advance(OF_ACCOUNT.refill)


TIMES: dict[str, tuple[tuple[Any, ...], tuple[timedelta, timedelta], str]] = {
    "over": ((CLIENT,), (-DAY, -SECOND), "expired"),
    "not-yet": ((CLIENT,), (SECOND, DAY), "expired"),
    "last-moment": ((CLIENT,), (-DAY, timedelta(0)), "unknown"),  # in force to its end, but not linked
    "servers": ((SERVER,), (-DAY, DAY), "chain"),
    "no-purpose": ((), (-DAY, DAY), "chain"),
}


def test_every_refusal_reads_the_same(site: Website, authority: Authority) -> None:
    expected: Counter[tuple[TrailKind, str | None]] = Counter()
    for serial, (name, (purposes, within, cause)) in enumerate(TIMES.items(), 100):
        refused = show(Browser(site), authority.issue(serial, purposes=purposes, within=within))
        assert (refused.status_code, REFUSED in refused.text) == (403, True), name
        expected[(TrailKind.REFUSED, cause)] += 1
        assert trail(site) == expected, name


def test_a_certificate_that_ran_out_is_refused_though_linked(
    site: Website, certificate: bytes, clock: FixedClock
) -> None:
    clock.advance(DAY + SECOND)
    assert show(Browser(site), certificate).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "expired")] == 1


def test_only_good_certificates_are_linked_and_to_one_account(
    site: Website, security: Browser, account: str, certificate: bytes, authority: Authority
) -> None:
    for pem, _ in BAD.values():
        refused = link(security, account, pem)
        assert refused.status_code == 422
        assert "此证书不能用于登录" in refused.text
    assert link(security, account, authority.issue(8, within=(-DAY, -SECOND))).status_code == 422
    entered(site, Role.SUPERVISOR)
    with Session(site.service.engine) as session:
        other = session.scalars(select(Actor.id).where(Actor.role == Role.SUPERVISOR)).one()
    taken = link(security, other, certificate)
    assert taken.status_code == 409
    assert "已关联到一个账号" in taken.text
    assert link(security, account, authority.issue(9)).status_code == 303
    with Session(site.service.engine) as session:
        assert sorted(session.scalars(select(LinkedCertificate.serial))) == ["2a", "9"]


def test_linking_and_removing_is_noticed(site: Website, security: Browser, account: str, authority: Authority) -> None:
    staff = entered(site, Role.CENTRE_STAFF)
    pem = authority.issue()
    link(security, account, pem)
    assert staff.get("/account").status_code == 303  # signed out
    staff = Browser(site)
    show(staff, pem)
    ways = security.get(f"/accounts/{account}/ways").text
    (way,) = re.findall(r'action="(/accounts/[^"]+/removal)"', ways)
    assert security.send(way, {}, page="/account").status_code == 303
    assert staff.get("/account").status_code == 303
    assert show(Browser(site), pem).status_code == 403
    assert security.send(way, {}, page="/account").status_code == 404
    log = SqlLog(site.service.engine)
    entries = [parse_entry(entry) for entry in log.entries(0, log.head().size)]
    told = [entry.body for entry in entries if entry.kind.startswith("actor.way-")]
    assert [(each["account"], each["way"]) for each in told] == [(account, "certificate")] * 2
    assert "CN=" not in str(told)


def test_to_link_takes_the_second_factor(site: Website, security: Browser, account: str, clock: FixedClock) -> None:
    clock.advance(CONFIRMED_FOR + SECOND)
    ways = f"/accounts/{account}/ways"
    assert security.get(ways).headers["Location"] == f"/confirm?next={ways}"
    for path in (f"/accounts/{account}/certificates", f"/accounts/{account}/certificates/lct_x/removal"):
        assert security.send(path, {}, page="/account").headers["Location"].startswith("/confirm")


def test_lockouts_count_certificates_too(site: Website, account: str, certificate: bytes, clock: FixedClock) -> None:
    clock.advance(DAY + SECOND)
    for _ in range(OF_ACCOUNT.burst):
        assert REFUSED in show(Browser(site), certificate).text
    wrong = {"account": "demo-centre-staff", "password": "x", "code": "1"}
    assert "分钟后再试" in Browser(site).send("/sign-in", wrong).text
    assert trail(site)[(TrailKind.LOCKED, None)] == 1


def test_closed_accounts_stay_out(site: Website, account: str, certificate: bytes) -> None:
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        retire_actor(tx, account, reason="调离")
    assert show(Browser(site), certificate).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "unknown")] == 1


def test_a_ca_whose_time_is_over_vouches_for_nobody(
    site: Website, authority: Authority, security: Browser, account: str, clock: FixedClock
) -> None:
    pem = authority.issue(within=(-DAY, 2000 * DAY))
    link(security, account, pem)
    clock.advance(1000 * DAY)
    assert show(Browser(site), pem).status_code == 303
    clock.advance(SECOND)
    assert show(Browser(site), pem).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "chain")] == 1


def test_chains_through_a_listed_ca(sqlite_url: str, tmp_path: Path, clock: FixedClock, authority: Authority) -> None:
    below = Authority(START, "二级 CA", authority)
    (tmp_path / "ca.pem").write_bytes(authority.pem + below.pem)
    with opened(sqlite_url, tmp_path, clock=clock, **settings(tmp_path)) as site:
        assert show(Browser(site), below.issue()).status_code == 403
        assert trail(site) == {(TrailKind.REFUSED, "unknown"): 1}  # good, and nobody's


def test_revocations(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> None:
    ours = Authority(START)
    lists = {
        "fresh": (ours.revoke(7), "unknown"),
        "revoked": (ours.revoke(7, 101), "revoked"),
        "last-moment": (ours.revoke(102, until=timedelta(0)), "revoked"),
        "out-of-date": (ours.revoke(until=-SECOND), "revocation-unknown"),
        "of-another-key": (Authority(START).revoke(), "revocation-unknown"),
        "of-another-ca": (Authority(START, "another").revoke(), "revocation-unknown"),
    }
    (tmp_path / "ca.pem").write_bytes(ours.pem)
    expected: Counter[tuple[TrailKind, str | None]] = Counter()
    with opened(sqlite_url, tmp_path, clock=clock, **settings(tmp_path, "crl.pem")) as site:
        for serial, (name, (text, cause)) in enumerate(lists.items(), 100):
            (tmp_path / "crl.pem").write_bytes(text)  # a fresh file counts at once
            assert REFUSED in show(Browser(site), ours.issue(serial)).text, name
            expected[(TrailKind.REFUSED, cause)] += 1
            assert trail(site) == expected, name


def test_unreadable_files_are_said_and_cost_nobody_an_attempt(
    site: Website, certificate: bytes, security: Browser, account: str, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_bytes(b"not a certificate")
    for _ in range(OF_ACCOUNT.burst + 1):
        told = show(Browser(site), certificate)
        assert (told.status_code, "读不出来" in told.text) == (503, True)
    assert "读不出来" in link(security, account, certificate).text


def test_where_it_is_not_set_up_nobody_is_offered_it(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> None:
    with opened(sqlite_url, tmp_path, clock=clock) as site:
        assert "/sign-in/certificate" not in Browser(site).get("/sign-in").text
        assert show(Browser(site), OTHER.issue()).status_code == 403
        entered(site, Role.CENTRE_STAFF)
        with Session(site.service.engine) as session:
            account = session.scalars(select(Actor.id).where(Actor.role == Role.CENTRE_STAFF)).one()
        assert "没有启用证书登录" in entered(site, Role.SECURITY_ADMINISTRATOR).get(f"/accounts/{account}/ways").text
