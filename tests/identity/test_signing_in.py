"""Signing in with account, password and one-time code: both sides of every limit, and nothing told to a stranger."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from expertpool.core.clock import FixedClock
from expertpool.identity import passwords, second_factor
from expertpool.identity.lockout import OF_ACCOUNT, OF_SOURCE
from expertpool.identity.models import Actor, BrowserSession, Credential, RecoveryCode, TrailKind, TrailRow
from expertpool.identity.roles import Role
from tests.browser import PASSWORD, Browser, Person, invite, settle
from tests.website import Website, opened

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
STEP = timedelta(seconds=second_factor.STEP_S)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    with opened(sqlite_url, tmp_path, clock=clock) as website, website.service.signing():
        yield website


@pytest.fixture
def person(site: Website, clock: FixedClock) -> Person:
    """Somebody of the centre's staff, whose last code was used a while ago."""
    settled = settle(site, Role.CENTRE_STAFF)
    clock.advance(3 * STEP)
    return settled


def rows(site: Website, model: type[Any]) -> list[Any]:
    with Session(site.service.engine) as session:
        return list(session.scalars(select(model)))


def trail(site: Website) -> Counter[tuple[TrailKind, str | None]]:
    """How often each thing was written; the clock may stand still, so there is no order."""
    return Counter((row.kind, row.cause) for row in rows(site, TrailRow))


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def test_account_password_and_code_open_the_way(site: Website, person: Person) -> None:
    browser = Browser(site)
    assert not is_signed_in(browser)
    answer = browser.sign_in(person)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")
    assert is_signed_in(browser)
    assert trail(site) == {(TrailKind.CREDENTIALS_SET, None): 1, (TrailKind.SIGNED_IN, None): 1}


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"account": "nobody-here"}, "unknown"),
        ({"account": "system-administrator"}, "unknown"),  # there is such an account, without credentials
        ({"password": PASSWORD + "!"}, "password"),
        ({"code": "another"}, "code"),
        ({"code": "²²²²²²"}, "code"),
        ({"code": "AAAA-AAAA-AAAA-AAAA"}, "code"),
    ],
)
def test_every_refusal_reads_the_same(site: Website, person: Person, wrong: dict[str, str], cause: str) -> None:
    browser = Browser(site)
    if wrong == {"code": "another"}:
        right = {person.code(browser.clock, steps) for steps in (-1, 0, 1)}
        wrong = {"code": next(code for code in ("000000", "000001", "000002", "000003") if code not in right)}
    answer = browser.send(
        "/sign-in",
        {"account": person.account, "password": person.password, "code": person.code(browser.clock), **wrong},
    )
    assert answer.status_code == 403
    told = re.search(r'class="problem".*?<p>(.*?)</p>', answer.text, re.DOTALL)
    assert told is not None
    assert (
        told[1] == "账号、口令或动态码不正确，请核对后重试。每个动态码只能用一次；忘记口令或丢失手机请联系安全管理员。"
    )
    assert not is_signed_in(browser)
    assert trail(site)[(TrailKind.REFUSED, cause)] == 1


def test_the_same_work_is_done_for_nobody(site: Website, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash and three codes, whoever is asked for and whatever is wrong."""
    done: list[str] = []
    hashed, coded = passwords.matches, second_factor.step_of

    def count_hash(*args: Any) -> bool:
        done.append("hash")
        return hashed(*args)

    def count_code(*args: Any) -> int | None:
        done.append("code")
        return coded(*args)

    monkeypatch.setattr(passwords, "matches", count_hash)
    monkeypatch.setattr(second_factor, "step_of", count_code)
    for account, password in [(person.account, "wrong"), ("nobody", PASSWORD), ("system-administrator", PASSWORD)]:
        done.clear()
        Browser(site).send("/sign-in", {"account": account, "password": password, "code": "000000"})
        assert done == ["hash", "code"], account


def test_a_hash_is_computed_for_nobody_too() -> None:
    class Spy:
        asked = 0

        def verify(self, _hash: str, _password: str) -> bool:
            Spy.asked += 1
            return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", Spy())
        assert not passwords.matches(None, "", None, "anything")  # type: ignore[arg-type]  # no key is needed
    assert Spy.asked == 1


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_skew(site: Website, person: Person, steps: int, *, taken: bool) -> None:
    browser = Browser(site)
    answer = browser.sign_in(person, code=person.code(browser.clock, steps))
    assert (answer.status_code == 303) == taken


def test_a_code_is_taken_once(site: Website, person: Person, clock: FixedClock) -> None:
    code = person.code(clock)
    assert Browser(site).sign_in(person, code=code).status_code == 303
    assert Browser(site).sign_in(person, code=code).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "code-used")] == 1
    clock.advance(STEP)
    assert Browser(site).sign_in(person, code=code).status_code == 403  # still within the skew
    assert Browser(site).sign_in(person, code=person.code(clock, -1)).status_code == 403  # and so is its neighbour
    assert Browser(site).sign_in(person).status_code == 303


def test_the_code_of_setting_up_is_used_up(site: Website) -> None:
    settled = settle(site, Role.SUPERVISOR)
    assert Browser(site).sign_in(settled).status_code == 403
    assert trail(site)[(TrailKind.REFUSED, "code-used")] == 1


def test_a_wrong_password_does_not_use_the_code_up(site: Website, person: Person, clock: FixedClock) -> None:
    code = person.code(clock)
    assert Browser(site).sign_in(person, code=code, password="wrong password").status_code == 403
    assert Browser(site).sign_in(person, code=code).status_code == 303


def test_a_recovery_code_works_once_and_only_for_its_account(site: Website, person: Person) -> None:
    assert len(set(person.recovery)) == second_factor.RECOVERY_CODES
    typed = person.recovery[3].lower().replace("-", " ")
    assert Browser(site).sign_in(person, code=typed).status_code == 303
    assert Browser(site).sign_in(person, code=person.recovery[3]).status_code == 403
    other = settle(site, Role.SUPERVISOR)
    assert Browser(site).sign_in(other, code=person.recovery[4]).status_code == 403
    assert Browser(site).sign_in(person, code=person.recovery[4]).status_code == 303


def test_an_account_waits_after_its_allowance_and_no_other_does(
    site: Website, person: Person, clock: FixedClock
) -> None:
    other = settle(site, Role.SUPERVISOR)
    clock.advance(3 * STEP)
    for _ in range(OF_ACCOUNT.burst):
        assert "请 " not in Browser(site).sign_in(person, password="wrong password").text
    assert trail(site)[(TrailKind.LOCKED, None)] == 1
    written = trail(site)
    locked = Browser(site).sign_in(person)
    assert locked.status_code == 403
    assert "请 15 分钟后再试" in locked.text
    assert trail(site) == written  # whoever keeps on trying writes nothing
    assert Browser(site).sign_in(other).status_code == 303
    clock.advance(OF_ACCOUNT.refill - timedelta(seconds=1))
    assert Browser(site).sign_in(person).status_code == 403
    clock.advance(timedelta(seconds=1))
    assert Browser(site).sign_in(person).status_code == 303


def test_an_account_that_does_not_exist_waits_alike(site: Website, person: Person) -> None:
    for _ in range(OF_ACCOUNT.burst):
        Browser(site).sign_in(person, account="nobody", code="000000")
    assert "请 15 分钟后再试" in Browser(site).sign_in(person, account="nobody").text


def test_success_gives_the_allowance_back(site: Website, person: Person, clock: FixedClock) -> None:
    for _ in range(3):
        for _ in range(OF_ACCOUNT.burst - 1):
            assert Browser(site).sign_in(person, password="wrong password").status_code == 403
        assert Browser(site).sign_in(person).status_code == 303
        clock.advance(STEP * 2)


def test_a_source_waits_whatever_account_it_tries(
    site: Website, person: Person, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    browser = Browser(site)
    for number in range(OF_SOURCE.burst):
        answer = browser.sign_in(person, account=f"nobody-{number}")
        assert answer.status_code == 403
        assert "分钟后再试" not in answer.text
    assert "请 1 分钟后再试" in browser.sign_in(person, account="nobody-else").text
    elsewhere = browser.send(
        "/sign-in",
        {"account": "nobody-else", "password": "x", "code": "1"},
        environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
    )
    assert "分钟后再试" not in elsewhere.text
    clock.advance(OF_SOURCE.refill)
    assert "分钟后再试" not in browser.sign_in(person, account="nobody-else").text


def test_many_at_once_get_no_more_attempts(either_site: Website) -> None:
    """The attempt is paid for before the password is looked at."""
    from concurrent.futures import ThreadPoolExecutor

    from expertpool.identity import lockout

    service = either_site.service
    attempt = lockout.attempt_of(service.keys, "somebody", "192.0.2.1")

    def pay(_: int) -> bool:
        with service.transactions.begin("svc:test") as tx:
            return not lockout.pay(tx, attempt)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(pay, range(24))) == OF_ACCOUNT.burst


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        (None, "", True),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_a_source_is_an_address_or_a_subscribers_network(
    site: Website, one: str | None, other: str | None, *, same: bool
) -> None:
    from expertpool.identity.lockout import source_of

    keys = site.service.keys
    assert (source_of(keys, one) == source_of(keys, other)) == same


def test_secrets_are_nowhere_in_the_clear(site: Website, person: Person) -> None:
    with capture_logs() as logged:
        browser = Browser(site)
        browser.sign_in(person)
        Browser(site).sign_in(person, password="wrong password")
    with Session(site.service.engine) as session:
        held = session.scalars(select(Credential)).one()
        kept = [held.password, held.totp, *session.scalars(select(RecoveryCode.digest))]
        kept += session.scalars(select(BrowserSession.digest))
    cookie = browser.cookie()
    assert cookie is not None
    for secret in (person.password, "wrong password", person.secret, person.recovery[0], cookie):
        assert secret not in str(logged)
        assert all(secret.encode() not in blob for blob in kept)
    assert all(b"argon2" not in blob for blob in kept)


def test_a_closed_account_is_out_at_once(site: Website, person: Person, clock: FixedClock) -> None:
    browser = Browser(site)
    browser.sign_in(person)
    assert is_signed_in(browser)
    site.call(
        "POST", f"/api/v1/actors/{person.actor}/retirement", role=Role.SECURITY_ADMINISTRATOR, json={"reason": "调离"}
    )
    assert not is_signed_in(browser)
    clock.advance(2 * STEP)
    assert Browser(site).sign_in(person).status_code == 403


def test_new_credentials_end_every_session_and_the_old_ones(site: Website, person: Person, clock: FixedClock) -> None:
    browser = Browser(site)
    browser.sign_in(person)
    settled = settle(site, Role.CENTRE_STAFF, password="quite another sentence 77")
    assert not is_signed_in(browser)
    clock.advance(3 * STEP)
    assert Browser(site).sign_in(person).status_code == 403
    assert Browser(site).sign_in(settled, code=person.recovery[0]).status_code == 403
    assert Browser(site).sign_in(settled).status_code == 303


def test_an_invitation_works_once_in_time_and_only_the_last(site: Website, clock: FixedClock) -> None:
    site.token(Role.FINANCE)
    actor = site.actors[Role.FINANCE].id
    first, second = invite(site, actor), invite(site, actor)
    browser = Browser(site)
    assert browser.send("/invitation", {"invitation": first}).status_code == 403
    assert browser.send("/invitation", {"invitation": f" {second}\n"}).status_code == 200
    clock.advance(timedelta(hours=72))
    assert browser.send("/invitation", {"invitation": second}).status_code == 403
    settle(site, Role.FINANCE)
    with Session(site.service.engine) as session:
        assert session.get_one(Actor, actor).token_hash is not None  # what programs use goes on


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "12"),
        ("x" * 129, "128"),
        ("password1234", "容易被猜中"),
        ("qwertyuiop123456", "容易被猜中"),
        ("111111111111111", "容易被猜中"),
        ("onefinance2026", "容易被猜中"),
    ],
)
def test_passwords_that_others_would_guess(site: Website, password: str, code: str) -> None:
    site.token(Role.FINANCE)
    invitation = invite(site, site.actors[Role.FINANCE].id)
    fields = {"invitation": invitation, "password": password, "again": password, "code": "000000"}
    answer = Browser(site).send("/set-up", fields, page="/invitation")
    assert answer.status_code == 422
    assert code in answer.text
    assert password not in answer.text
    assert rows(site, Credential) == []


def test_the_two_passwords_must_be_the_same(site: Website) -> None:
    site.token(Role.FINANCE)
    invitation = invite(site, site.actors[Role.FINANCE].id)
    fields = {"invitation": invitation, "password": PASSWORD, "again": PASSWORD + "x", "code": "000000"}
    answer = Browser(site).send("/set-up", fields, page="/invitation")
    assert answer.status_code == 422
    assert "不一致" in answer.text


def test_composed_and_decomposed_are_one_password(site: Website, clock: FixedClock) -> None:
    settled = settle(site, Role.FINANCE, password="cafe\u0301 naïve Ωmega 北京")
    clock.advance(2 * STEP)
    assert Browser(site).sign_in(settled, password="café naïve Ωmega 北京").status_code == 303


@pytest.mark.parametrize(("proxies", "told"), [(0, "peer"), (1, "192.0.2.7"), (2, "203.0.113.5")])
def test_a_source_is_who_the_nearest_proxies_say(sqlite_url: str, tmp_path: Path, proxies: int, told: str) -> None:
    """What stands further left in X-Forwarded-For was written by whoever wanted to."""
    from expertpool.identity.lockout import source_of

    with opened(sqlite_url, tmp_path, SERVICE__PROXIES=str(proxies)) as site:
        browser = Browser(site, {"Accept": "text/html", "X-Forwarded-For": "198.51.100.1, 203.0.113.5, 192.0.2.7"})
        fields = {"account": "nobody", "password": "x", "code": "1"}
        browser.send("/sign-in", fields, environ_overrides={"REMOTE_ADDR": "192.0.2.99"})
        expected = source_of(site.service.keys, "192.0.2.99" if told == "peer" else told)[:16].hex()
        assert [row.source for row in rows(site, TrailRow)] == [expected]
