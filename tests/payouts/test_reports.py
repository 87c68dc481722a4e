"""A provider's report is taken once, from the provider only, and nobody but the vault can read it."""

import json
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from expertpool.core.jobs_table import OutboxJob
from expertpool.invitations.signing import Sent, authorise
from expertpool.payouts.http_provider import REPORT, REPORTING
from expertpool.payouts.lifecycle import PayoutState
from expertpool.payouts.outcomes import DifferenceKind
from expertpool.payouts.provider import BatchForm
from expertpool.payouts.reports import REPORTED
from expertpool.payouts.sandbox_server import REPORTS
from tests.payouts.ready import AMOUNT, Ready, ready
from tests.payouts.sandbox import REPORTS_SECRET
from tests.website import problem_of


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    """A web process beside it."""
    folder = tmp_path_factory.mktemp("payouts")
    with ready(f"sqlite:///{folder / 'test.db'}", folder, served=True) as world:
        yield world


@pytest.fixture(autouse=True)
def secret_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REPORTING, REPORTS_SECRET.decode())


def released(served: Ready) -> tuple[str, str]:
    """An order whose single payment the provider has taken, and that payment's id."""
    [order] = served.confirm(seats=1)
    served.batch(order, BatchForm.PROVIDER)
    served.left(order)
    [payment] = served.instructions(order)
    return order, payment.id


def said(served: Ready, payment: str, **changed: Any) -> dict[str, Any]:
    at = int(served.world.clock.now().timestamp())
    told = {
        "event": f"e-{payment}",
        "payment": payment,
        "outcome": "paid",
        "amount": AMOUNT,
        "at": at,
        "reference": "T1",
    }
    return {**told, "reason": None, **changed}


def post(
    served: Ready, told: dict[str, Any], *, secret: bytes = REPORTS_SECRET, nonce: str = "", late: int = 0
) -> TestResponse:
    body = json.dumps(told).encode()
    seconds = int(served.world.clock.now().timestamp()) + late
    nonce = nonce or secrets.token_hex(16)
    header = authorise(secret, Sent(REPORT, "POST", REPORTS, body), seconds=seconds, nonce=nonce)
    headers = {"Authorization": header, "Content-Type": "application/json"}
    answer: TestResponse = served.world.site.client.post(REPORTS, data=body, headers=headers)
    return answer


def queued(served: Ready) -> list[OutboxJob]:
    """What waits for the vault."""
    waits = (OutboxJob.kind == REPORTED, OutboxJob.done_at.is_(None))
    with Session(served.world.site.service.engine) as session:
        return list(session.scalars(select(OutboxJob).where(*waits)))


def work(served: Ready) -> None:
    vault = served.world.vault()
    while vault.step():
        pass


def test_a_report_reaches_the_vault_once_and_sealed(served: Ready) -> None:
    order, payment = released(served)
    for _ in range(3):
        assert post(served, said(served, payment)).json == {"taken": True}
    [job] = queued(served)
    assert payment not in job.args
    work(served)
    assert served.states(order) == {PayoutState.PAID}


def test_a_report_of_what_there_is_not_is_taken_and_shown_to_a_person(served: Ready) -> None:
    assert post(served, said(served, "pay_nobody")).status_code == 200
    work(served)
    [difference] = served.differences()
    assert (difference.kind, difference.payout_id) == (DifferenceKind.STRANGER, None)


def test_who_is_not_the_provider_reports_nothing(served: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    told = said(served, released(served)[1])
    for answer, code in (
        (post(served, told, secret=b"x" * 32), "invitations.report-not-signed"),
        (post(served, told, late=301), "invitations.report-time-outside"),
        (post(served, told, late=-301), "invitations.report-time-outside"),
    ):
        assert problem_of(answer, 403, code)
    monkeypatch.delenv(REPORTING)
    assert post(served, told).status_code == 403
    assert queued(served) == []


def test_the_same_request_and_the_same_event_saying_otherwise_are_told(served: Ready) -> None:
    _, payment = released(served)
    assert post(served, said(served, payment), nonce="0" * 32).status_code == 200
    replayed = post(served, said(served, payment), nonce="0" * 32)
    assert problem_of(replayed, 409, "invitations.report-replayed")
    other = post(served, said(served, payment, amount=1))
    assert problem_of(other, 409, "invitations.report-event-used")
    assert len(queued(served)) == 1
    work(served)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 10**12 + 1}, "amount"),
        ({"amount": "1"}, "amount"),
        ({"outcome": "lost"}, "outcome"),
        ({"outcome": "failed"}, "reason"),
        ({"reason": "account"}, "reason"),
        ({"reference": ""}, "reference"),
        ({"payment": "a b"}, "payment"),
        ({"at": -1}, "at"),
    ],
    ids=["nothing", "too-much", "text", "outcome", "no-reason", "reason", "reference", "payment", "past"],
)
def test_bad_input_is_refused_by_its_field(served: Ready, changed: dict[str, Any], field: str) -> None:
    answer = post(served, {**said(served, "pay_x"), **changed})
    assert answer.status_code == 422
    assert {error["field"] for error in (answer.json or {})["errors"]} == {field}
    assert queued(served) == []


def test_nothing_is_reported_from_the_future(served: Ready) -> None:
    later = int((served.world.clock.now() + timedelta(seconds=301)).timestamp())
    assert post(served, said(served, "pay_later", at=later)).status_code == 422
    assert post(served, said(served, "pay_later", at=later - 1)).status_code == 200
