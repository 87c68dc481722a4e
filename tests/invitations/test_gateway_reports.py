"""A gateway's report is taken once, from that gateway only, and nobody but the vault can read it."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from expertpool.core.clock import FixedClock
from expertpool.core.jobs_table import OutboxJob
from expertpool.identity.roles import Role
from expertpool.invitations.gateway import Outcome, Report
from expertpool.invitations.gateway_reports import INFO, KEPT, REPORTED, SEALED_BYTES, open_report
from expertpool.invitations.models import GatewayEvent, GatewayNonce
from expertpool.protocol.envelope import HPKE_OVERHEAD, open_with, seal_to
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.sealing.service import register_vault
from tests.invitations.fake_gateway import REPORTS_SECRET, FakeGateway
from tests.website import Website, opened, problem_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
OTHER_SECRET = b"the-other-gateway's-own-secret!!"
SAID: dict[str, Any] = {"event": "evt-1", "message": "msg_1", "outcome": "delivered", "at": SECONDS}
ANSWERED: dict[str, Any] = {**SAID, "outcome": "answered", "answer": "accept", "code": "ABCD2345"}


@dataclass(frozen=True)
class Box:
    """The vault's key, as its key store opens with it."""

    private: X25519PrivateKey

    def open_hpke(self, _name: str, ciphertext: bytes, info: bytes) -> bytes:
        return open_with(self.private, ciphertext, info)


@dataclass(frozen=True)
class Door:
    """A website whose first two gateways may report, and whose vault has a key."""

    site: Website
    clock: FixedClock
    box: Box
    first: FakeGateway
    second: FakeGateway

    def post(self, sent: tuple[bytes, dict[str, str]], name: str = "first") -> TestResponse:
        body, headers = sent
        return self.site.client.post(f"/api/v1/gateways/{name}/reports", data=body, headers=headers)

    def report(self, said: dict[str, Any], *, seconds: int = SECONDS, nonce: str = "") -> TestResponse:
        return self.post(self.first.report("first", said, seconds=seconds, nonce=nonce))

    def jobs(self) -> list[str]:
        with Session(self.site.service.engine) as session:
            rows = session.scalars(select(OutboxJob).where(OutboxJob.kind == REPORTED).order_by(OutboxJob.queued_at))
            return [json.loads(row.args)["sealed"] for row in rows]

    def reports(self) -> list[Report]:
        return [open_report(self.box, sealed) for sealed in self.jobs()]

    def rows(self) -> tuple[int, int]:
        """How many nonces and events are remembered."""
        with Session(self.site.service.engine) as session:
            counts = [session.scalar(select(func.count()).select_from(each)) for each in (GatewayNonce, GatewayEvent)]
        return counts[0] or 0, counts[1] or 0


@contextmanager
def door_at(database_url: str, folder: Path) -> Iterator[Door]:
    clock, private = FixedClock(NOW), X25519PrivateKey.generate()
    with pytest.MonkeyPatch.context() as environ, opened(database_url, folder, clock=clock) as site:
        environ.setenv("EXPERTPOOL_GATEWAY_FIRST_REPORTS_SECRET", REPORTS_SECRET.decode())
        environ.setenv("EXPERTPOOL_GATEWAY_SECOND_REPORTS_SECRET", OTHER_SECRET.decode())
        with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
            register_vault(tx, public=private.public_key().public_bytes_raw())
        yield Door(site, clock, Box(private), FakeGateway(), FakeGateway(reports_secret=OTHER_SECRET))


@pytest.fixture
def door(sqlite_url: str, tmp_path: Path) -> Iterator[Door]:
    """On SQLite."""
    with door_at(sqlite_url, tmp_path) as found:
        yield found


@pytest.fixture
def either_door(database_url: str, tmp_path: Path) -> Iterator[Door]:
    """On both databases."""
    with door_at(database_url, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shut_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One for all that is refused: nothing may ever pass it."""
    folder = tmp_path_factory.mktemp("door")
    with door_at(f"sqlite:///{folder / 'expertpool.db'}", folder) as found:
        yield found


# Taken


def test_a_report_reaches_the_vault_as_it_was_said(door: Door) -> None:
    answer = door.report(ANSWERED)
    assert (answer.status_code, answer.get_json()) == (200, {"taken": True})
    assert door.reports() == [Report("first", "evt-1", "msg_1", Outcome.ANSWERED, NOW, "accept", "ABCD2345")]


@pytest.mark.parametrize("outcome", ["delivered", "unanswered", "unreachable"])
def test_every_outcome_is_taken(door: Door, outcome: str) -> None:
    assert door.report({**SAID, "outcome": outcome, "answer": None}).status_code == 200
    assert door.reports() == [Report("first", "evt-1", "msg_1", Outcome(outcome), NOW)]


def test_the_gateways_own_repetition_is_answered_as_before_and_counts_once(either_door: Door) -> None:
    first, second = either_door.report(ANSWERED), either_door.report(ANSWERED)
    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert len(either_door.reports()) == 1
    assert either_door.rows() == (2, 1)


def test_two_gateways_may_use_the_same_event(door: Door) -> None:
    door.report(SAID)
    assert door.post(door.second.report("second", SAID, seconds=SECONDS), "second").status_code == 200
    assert {report.gateway for report in door.reports()} == {"first", "second"}


def test_a_report_sent_twice_at_once_counts_once(either_door: Door) -> None:
    answers: list[int] = []
    client = either_door.site.app.test_client
    sent = [either_door.first.report("first", ANSWERED, seconds=SECONDS) for _ in range(6)]

    def post(body: bytes, headers: dict[str, str]) -> None:
        answers.append(client().post("/api/v1/gateways/first/reports", data=body, headers=headers).status_code)

    threads = [Thread(target=post, args=each) for each in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6
    assert len(either_door.jobs()) == 1


# What the rows tell


def test_every_report_is_of_one_size_and_only_the_vault_can_read_it(door: Door) -> None:
    longest = {"event": "e" * 64, "message": "m" * 64, "code": "C" * 32}
    door.report({**ANSWERED, **longest})
    for number, outcome in enumerate(["delivered", "unanswered", "unreachable"]):
        door.report({**SAID, "outcome": outcome, "event": f"evt-{number}"})
    sealed = [b64decode(each) for each in door.jobs()]
    assert {len(each) for each in sealed} == {SEALED_BYTES + HPKE_OVERHEAD}
    assert len(set(sealed)) == 4
    with pytest.raises(EnvelopeBroken):
        open_report(Box(X25519PrivateKey.generate()), door.jobs()[0])


def test_no_row_and_no_log_line_repeats_what_was_reported(door: Door) -> None:
    with capture_logs() as logged:
        door.report({**ANSWERED, "event": "the-event"})
        door.report({**ANSWERED, "event": "the-event", "code": "WXYZ6789"})
    with Session(door.site.service.engine) as session:
        rows = [vars(row) for kind in (GatewayNonce, GatewayEvent, OutboxJob) for row in session.scalars(select(kind))]
    shown = repr(rows) + repr(logged)
    for said in ("the-event", "msg_1", "ABCD2345", "WXYZ6789", "accept", "answered"):
        assert said not in shown


def test_what_is_remembered_is_keyed(door: Door) -> None:
    """Else whoever holds a dump could try codes until one fits."""
    door.report(SAID)
    door.post(door.second.report("second", SAID, seconds=SECONDS), "second")
    with Session(door.site.service.engine) as session:
        one, other = session.scalars(select(GatewayEvent))
    assert one.event != other.event
    assert one.content != other.content


def test_what_is_old_is_forgotten(either_door: Door) -> None:
    either_door.report(SAID)
    either_door.clock.advance(timedelta(seconds=600))
    either_door.report({**SAID, "event": "evt-2"}, seconds=SECONDS + 600)
    assert either_door.rows() == (2, 2)
    either_door.clock.advance(timedelta(seconds=1))
    either_door.report({**SAID, "event": "evt-3"}, seconds=SECONDS + 601)
    assert either_door.rows() == (2, 3)
    either_door.clock.advance(KEPT)
    later = SECONDS + 601 + int(KEPT.total_seconds())
    either_door.report({**SAID, "event": "evt-4"}, seconds=later)
    assert either_door.rows() == (1, 2)


# Refused


def refused(door: Door, answer: TestResponse, status: int, code: str, kept: tuple[int, int] = (0, 0)) -> None:
    """Refused with this code, and nothing changed."""
    problem_of(answer, status, code)
    assert door.rows() == kept
    assert len(door.jobs()) == kept[1]


def test_a_replay_is_refused(either_door: Door) -> None:
    sent = either_door.first.report("first", ANSWERED, seconds=SECONDS)
    assert either_door.post(sent).status_code == 200
    refused(either_door, either_door.post(sent), 409, "invitations.report-replayed", (1, 1))
    either_door.report(ANSWERED, nonce="a" * 32)
    refused(either_door, either_door.report(ANSWERED, nonce="a" * 32), 409, "invitations.report-replayed", (2, 1))


@pytest.mark.parametrize(
    "change",
    [{"message": "msg_2"}, {"at": SECONDS - 1}, {"answer": "decline"}, {"code": "ABCD2346"}],
    ids=["message", "at", "answer", "code"],
)
def test_an_event_says_one_thing(door: Door, change: dict[str, Any]) -> None:
    door.report(ANSWERED)
    refused(door, door.report({**ANSWERED, **change}), 409, "invitations.report-event-used", (1, 1))


def test_a_nonce_that_was_refused_is_not_used_up(door: Door) -> None:
    assert door.report({**SAID, "at": SECONDS + 301}, nonce="b" * 32).status_code == 422
    assert door.report(SAID, nonce="b" * 32).status_code == 200


@pytest.mark.parametrize("ahead", [-300, 300])
def test_the_clock_may_be_off_by_five_minutes(door: Door, ahead: int) -> None:
    assert door.report(SAID, seconds=SECONDS + ahead).status_code == 200


@pytest.mark.parametrize("ahead", [-301, 301])
def test_and_by_no_more(shut_door: Door, ahead: int) -> None:
    refused(shut_door, shut_door.report(SAID, seconds=SECONDS + ahead), 403, "invitations.report-time-outside")


def test_what_is_reported_may_lie_five_minutes_ahead_and_no_more(door: Door) -> None:
    refused(door, door.report({**SAID, "at": SECONDS + 301}), 422, "invitations.report-in-future")
    assert door.report({**SAID, "at": SECONDS + 300}).status_code == 200


def altered(door: Door, what: str) -> tuple[tuple[bytes, dict[str, str]], str]:
    """A report in which one thing is not as it was signed, and the gateway it is sent for."""
    body, headers = door.first.report("first", SAID, seconds=SECONDS)
    scheme, _, rest = headers["Authorization"].partition(" ")
    seconds, nonce, signature = rest.split(":")
    wrong = {
        "body": (body + b" ", rest),
        "seconds": (body, f"{SECONDS - 1}:{nonce}:{signature}"),
        "nonce": (body, f"{seconds}:{'0' * 32}:{signature}"),
        "signature": (body, f"{seconds}:{nonce}:{'0' * 64}"),
        "capitals": (body, f"{seconds}:{nonce}:{signature.upper()}A"),
        "empty": (body, ""),
        "cut": (body, rest[:-1]),
    }.get(what, (body, rest))
    header = {"scheme": f"Bearer {rest}", "none": ""}.get(what, f"{scheme} {wrong[1]}")
    name = {"other-gateway": "second", "unknown-gateway": "third", "mail": "smtp", "case": "First"}.get(what, "first")
    return (wrong[0], {**headers, "Authorization": header}), name


@pytest.mark.parametrize(
    "what",
    [
        *("body", "seconds", "nonce", "signature", "capitals", "empty", "cut", "scheme", "none"),
        *("other-gateway", "unknown-gateway", "mail", "case"),
    ],
)
def test_what_is_not_signed_is_refused_and_logged(shut_door: Door, what: str) -> None:
    sent, name = altered(shut_door, what)
    with capture_logs() as logged:
        refused(shut_door, shut_door.post(sent, name), 403, "invitations.report-not-signed")
    [line] = logged
    assert (line["event"], line["log_level"], line["code"]) == (
        "web.refused",
        "warning",
        "invitations.report-not-signed",
    )


def test_the_secret_for_sending_signs_no_report(shut_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPERTPOOL_GATEWAY_FIRST_SECRET", "the-secret-for-what-is-sent-out!")
    gateway = FakeGateway(reports_secret=b"the-secret-for-what-is-sent-out!")
    sent = gateway.report("first", SAID, seconds=SECONDS)
    refused(shut_door, shut_door.post(sent), 403, "invitations.report-not-signed")


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_without_a_secret_nobody_can_report(shut_door: Door, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("EXPERTPOOL_GATEWAY_FIRST_REPORTS_SECRET", secret)
    sent = FakeGateway(reports_secret=secret.encode()).report("first", SAID, seconds=SECONDS)
    with capture_logs() as logged:
        refused(shut_door, shut_door.post(sent), 403, "invitations.report-not-signed")
    assert [line["event"] for line in logged] == ["gateway.reports-refused", "web.refused"]
    assert logged[0]["reason"] == "invitations.gateway-secret-missing"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": ""}, "event"),
        ({"event": "e" * 65}, "event"),
        ({"event": "a b"}, "event"),
        ({"event": 1}, "event"),
        ({"message": "m" * 65}, "message"),
        ({"message": None}, "message"),
        ({"outcome": "sent"}, "outcome"),
        ({"outcome": "answered", "answer": "leave", "code": "A"}, "answer"),
        ({"outcome": "answered", "answer": "accept", "code": "C" * 33}, "code"),
        ({"outcome": "answered", "answer": "accept", "code": "应答码"}, "code"),
        ({"at": -1}, "at"),
        ({"at": "2026-11-21T12:00:00Z"}, "at"),
        ({"at": 253_402_300_800}, "at"),
        ({"phone": "13800000001"}, "phone"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_what_is_malformed_is_refused_with_its_field(shut_door: Door, change: dict[str, Any], field: str) -> None:
    answer = shut_door.report({**SAID, **change})
    refused(shut_door, answer, 422, "web.invalid-input")
    assert [blamed["field"] for blamed in answer.get_json()["errors"]] == [field]


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "answered"},
        {"outcome": "answered", "answer": "accept"},
        {"outcome": "answered", "code": "A"},
        {"answer": "accept", "code": "A"},
        {"code": "A"},
    ],
    ids=json.dumps,
)
def test_answer_and_code_go_with_the_outcome_answered_alone(shut_door: Door, change: dict[str, Any]) -> None:
    answer = shut_door.report({**SAID, **change})
    refused(shut_door, answer, 422, "invitations.report-answer-misplaced")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"event": 1, "event": 2}', b"\xff"], ids=str)
def test_what_is_no_json_object_is_refused(shut_door: Door, body: bytes) -> None:
    _, headers = shut_door.first.report("first", SAID, seconds=SECONDS)
    answer = shut_door.post((body, headers))
    assert answer.status_code in (400, 422)
    assert (shut_door.rows(), shut_door.jobs()) == ((0, 0), [])


# In the vault


def test_what_the_web_never_wrote_is_no_report(shut_door: Door) -> None:
    """Whoever can write to the database can seal to the vault's key, which is public."""
    public = shut_door.box.private.public_key().public_bytes_raw()
    plain = {"gateway": "first", "event": "e", "message": "m", "outcome": "delivered", "at": 1, "answer": None}
    for wrong in (
        b"no json",
        b"[]",
        b"{}",
        json.dumps(plain).encode(),
        json.dumps({**plain, "code": None, "at": "x"}).encode(),
    ):
        with pytest.raises(ValueError):
            open_report(shut_door.box, b64encode(seal_to(public, INFO, wrong)).decode())
    with pytest.raises(EnvelopeBroken):
        open_report(shut_door.box, b64encode(seal_to(public, b"another info", json.dumps(plain).encode())).decode())
