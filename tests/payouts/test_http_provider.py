"""A provider over HTTP pays each payment once; whatever else it says is a refusal, or says nothing."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from expertpool.core.clock import FixedClock
from expertpool.core.payment_settings import PaymentSettings
from expertpool.payouts.http_provider import (
    PAYING,
    HttpProvider,
    PaymentsSecretMissing,
    ProviderAddressUnsafe,
    open_provider,
)
from expertpool.payouts.provider import Payment, ProviderFailed, ProviderRefused
from expertpool.payouts.sandbox import Answer
from tests.payouts.sandbox import NOW, SECRET, Sandbox, payment, serving


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with serving(tmp_path) as served:
        yield served


def test_a_payment_is_paid_once_however_often_it_is_handed_over(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.provider().pay(payment(1))
    assert sandbox.books.paid() == {"pay_1": 60_000}
    assert len(sandbox.books.due()) == 1


def test_another_content_under_the_same_id_is_not_paid_and_says_nothing(sandbox: Sandbox) -> None:
    """The first one may have been paid: so this is no refusal."""
    sandbox.provider().pay(payment(1))
    with pytest.raises(ProviderFailed):
        sandbox.provider().pay(payment(1, amount=1))
    assert sandbox.books.paid() == {"pay_1": 60_000}


@pytest.mark.parametrize("status", [status for status in HTTPStatus if status >= 400], ids=str)
def test_three_answers_say_never_and_all_others_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, status: HTTPStatus
) -> None:
    monkeypatch.setattr(sandbox.books, "take", lambda _key, _body: Answer(status, {}))
    with pytest.raises(ProviderRefused if status in (400, 403, 422) else ProviderFailed):
        sandbox.provider().pay(payment(1))


@pytest.mark.parametrize("said", [{}, {"id": "pay_2"}, {"id": 1}], ids=["nothing", "another", "number"])
def test_an_answer_for_another_payment_says_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, said: dict[str, object]
) -> None:
    monkeypatch.setattr(sandbox.books, "take", lambda _key, _body: Answer(202, said))
    with pytest.raises(ProviderFailed):
        sandbox.provider().pay(payment(1))


@pytest.mark.parametrize("late", [-301, 301], ids=["early", "late"])
def test_another_secret_and_another_hour_pay_nothing(sandbox: Sandbox, late: int) -> None:
    for provider in (sandbox.provider(secret=b"x" * 32), sandbox.provider(now=NOW + timedelta(seconds=late))):
        with pytest.raises(ProviderFailed):
            provider.pay(payment(1))
    assert sandbox.books.paid() == {}


def test_a_provider_that_is_gone_says_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as sandbox:
        gone = sandbox.provider(timeout=1)
    with pytest.raises(ProviderFailed):
        gone.pay(payment(1))


def test_no_log_and_no_representation_tells_a_payment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.books, "take", lambda _key, _body: Answer(500, {}))
    one = payment(1)
    with capture_logs() as logged, pytest.raises(ProviderFailed) as failed:
        sandbox.provider().pay(one)
    shown = repr(one) + str(logged) + repr(failed.value)
    for secret in (one.name, one.account, str(one.amount), SECRET.decode()):
        assert secret not in shown
    assert one.id not in str(logged)


@pytest.mark.parametrize("url", ["http://bank.example", "http://127.0.0.1.example", "http://10.0.0.1"])
def test_plain_http_to_others_is_refused(url: str) -> None:
    with pytest.raises(ProviderAddressUnsafe):
        HttpProvider(url, secret=SECRET, clock=FixedClock(NOW), timeout=1)


def test_the_settings_name_the_provider() -> None:
    clock, there = FixedClock(NOW), PaymentSettings(url="https://bank.example")
    assert open_provider(PaymentSettings(), clock, {}) is None
    assert open_provider(there, clock, {PAYING: "x" * 32}) is not None
    for environ in ({}, {PAYING: "x" * 31}):
        with pytest.raises(PaymentsSecretMissing):
            open_provider(there, clock, environ)


# The sandbox


def paid_into(sandbox: Sandbox, many: int) -> Counter[str]:
    """Hand so many payments over, and count what is said."""
    said: Counter[str] = Counter()
    for number in range(1, many + 1):
        try:
            sandbox.provider().pay(payment(number))
            said["taken"] += 1
        except (ProviderFailed, ProviderRefused) as error:
            said[error.code] += 1
    return said


def reports(sandbox: Sandbox) -> list[tuple[str, str]]:
    """What is reported, in its order, until everything was taken."""
    found = []
    while due := sandbox.books.due():
        for event, body in due:
            said = json.loads(body)
            found.append((said["payment"], said["outcome"]))
            sandbox.books.reported(event)
    return found


def test_it_misbehaves_on_demand_only(tmp_path: Path) -> None:
    with serving(tmp_path) as sandbox:
        assert paid_into(sandbox, 6) == {"taken": 6}
        assert Counter(reports(sandbox)) == {(f"pay_{number}", "paid"): 1 for number in range(1, 7)}


def test_it_refuses_fails_returns_loses_and_repeats(tmp_path: Path) -> None:
    with serving(tmp_path, refuse_every=5, fail_every=3, return_every=4, lose_every=2, twice_every=6) as sandbox:
        assert paid_into(sandbox, 6) == {"taken": 2, "payouts.provider-refused": 1, "payouts.provider-failed": 3}
        assert sandbox.books.paid() == {"pay_1": 60_000, "pay_2": 60_000}, "what it lost the answer of is paid"
        told = reports(sandbox)
    assert Counter(told) == {
        ("pay_1", "paid"): 1,
        ("pay_2", "paid"): 1,
        ("pay_3", "failed"): 1,
        ("pay_4", "returned"): 1,
        ("pay_4", "paid"): 1,
        ("pay_6", "failed"): 2,
    }
    assert told.index(("pay_4", "returned")) < told.index(("pay_4", "paid"))


def test_an_answer_is_lost_once(tmp_path: Path) -> None:
    with serving(tmp_path, lose_every=1) as sandbox:
        with pytest.raises(ProviderFailed):
            sandbox.provider().pay(payment(1))
        sandbox.provider().pay(payment(1))
        assert sandbox.books.paid() == {"pay_1": 60_000}


def test_it_reports_after_its_delay(tmp_path: Path) -> None:
    with serving(tmp_path, delay_s=60) as sandbox:
        sandbox.provider().pay(payment(1))
        sandbox.clock.advance(timedelta(seconds=59))
        assert sandbox.books.due() == []
        sandbox.clock.advance(timedelta(seconds=1))
        assert len(sandbox.books.due()) == 1


def test_its_books_outlive_it(tmp_path: Path) -> None:
    with serving(tmp_path) as before:
        before.provider().pay(payment(1))
    with serving(tmp_path) as after:
        after.provider().pay(payment(1))
        assert (after.books.paid(), after.books.waiting()) == ({"pay_1": 60_000}, 1)


@pytest.mark.parametrize("changed", [{"amount": 0}, {"amount": -1}, {"amount": True}], ids=["none", "owed", "yes"])
def test_it_refuses_what_is_no_amount(sandbox: Sandbox, changed: dict[str, int]) -> None:
    one = payment(1)
    with pytest.raises(ProviderRefused):
        sandbox.provider().pay(Payment(one.id, one.name, one.account, changed["amount"], one.remark))
    assert sandbox.books.paid() == {}
