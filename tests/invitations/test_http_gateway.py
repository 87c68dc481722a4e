"""A gateway over HTTP takes each message once; whatever else it does is a failure or a refusal, told as such."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from structlog.testing import capture_logs

from expertpool.core.clock import FixedClock
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message
from expertpool.invitations.http_gateway import GatewayAddressUnsafe, HttpGateway
from tests.invitations.fake_gateway import SECRET, FakeGateway, Mood, serving

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MESSAGE = Message("msg_1", Channel.VOICE, "13800000001", "请于 2026-11-23 09:00 到场。", "ABCD2345")


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with serving(FakeGateway(now=NOW.timestamp)) as served:
        yield served


def client(gateway: FakeGateway, *, secret: bytes = SECRET, now: datetime = NOW, timeout: float = 10) -> HttpGateway:
    return HttpGateway("first", gateway.url, [Channel.VOICE], secret=secret, clock=FixedClock(now), timeout=timeout)


def test_a_message_goes_out_as_it_is(gateway: FakeGateway) -> None:
    client(gateway).send(MESSAGE)
    [sent] = gateway.sent
    assert sent == {"channel": "voice", "code": "ABCD2345", "id": "msg_1", "text": MESSAGE.text, "to": "13800000001"}
    [headers] = gateway.requests
    assert headers["Idempotency-Key"] == "msg_1"
    assert headers["Content-Type"] == "application/json"


def test_a_message_is_sent_once_however_often_it_is_handed_over(gateway: FakeGateway) -> None:
    gateway.mood = Mood.SENT_AND_FAILING
    with pytest.raises(GatewayFailed):
        client(gateway).send(MESSAGE)
    gateway.mood = Mood.HANGING_UP
    with pytest.raises(GatewayFailed):
        client(gateway).send(MESSAGE)
    gateway.mood = Mood.WELL
    client(gateway).send(MESSAGE)
    assert (len(gateway.sent), gateway.asked["msg_1"]) == (1, 3)


def test_every_request_has_a_nonce_of_its_own(gateway: FakeGateway) -> None:
    """Else the adapter refuses the second as a replay."""
    for _ in range(3):
        client(gateway).send(MESSAGE)
    assert len({headers["Authorization"] for headers in gateway.requests}) == 3


@pytest.mark.parametrize(
    "mood",
    [Mood.FAILING, Mood.BABBLING, Mood.REDIRECTING, Mood.PORTAL, Mood.CONFUSED],
)
def test_what_is_no_answer_of_the_protocol_is_a_failure(gateway: FakeGateway, mood: Mood) -> None:
    gateway.mood = mood
    with capture_logs() as logged, pytest.raises(GatewayFailed) as failed:
        client(gateway).send(MESSAGE)
    assert failed.value.params == {"gateway": "first"}
    assert gateway.sent == []
    [line] = logged
    assert (line["event"], line["gateway"]) == ("gateway.failed", "first")


@pytest.mark.parametrize("mood", [Mood.SILENT, Mood.DRIPPING])
def test_nobody_waits_for_long(gateway: FakeGateway, mood: Mood) -> None:
    gateway.mood = mood
    with pytest.raises(GatewayFailed):
        client(gateway, timeout=0.3).send(MESSAGE)


def test_what_is_not_there_is_a_failure() -> None:
    with serving(FakeGateway()) as gone:
        pass
    with pytest.raises(GatewayFailed):
        client(gone).send(MESSAGE)


@pytest.mark.parametrize("status", [status for status in HTTPStatus if status >= 400], ids=str)
def test_four_answers_say_never_and_all_others_not_now(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch, status: HTTPStatus
) -> None:
    monkeypatch.setattr(gateway, "take", lambda _headers, _body: (status, {}))
    expected = GatewayRefused if status in (400, 403, 409, 422) else GatewayFailed
    with pytest.raises(expected):
        client(gateway).send(MESSAGE)


def test_another_content_under_the_same_id_is_refused(gateway: FakeGateway) -> None:
    client(gateway).send(MESSAGE)
    with pytest.raises(GatewayRefused):
        client(gateway).send(Message(MESSAGE.id, Channel.VOICE, "13800000002", MESSAGE.text))
    assert len(gateway.sent) == 1


def test_nobody_is_called_at_an_empty_number(gateway: FakeGateway) -> None:
    with pytest.raises(GatewayRefused):
        client(gateway).send(replace(MESSAGE, to=""))
    assert gateway.requests == []


def test_a_refusal_is_not_logged(gateway: FakeGateway) -> None:
    """It may be for a malformed number, and so tell who was drawn."""
    gateway.mood = Mood.REFUSING
    with capture_logs() as logged, pytest.raises(GatewayRefused):
        client(gateway).send(MESSAGE)
    assert logged == []


@pytest.mark.parametrize("late", [-301, 301], ids=["early", "late"])
def test_a_gateway_refuses_another_secret_and_another_hour(gateway: FakeGateway, late: int) -> None:
    with pytest.raises(GatewayFailed):
        client(gateway, secret=b"x" * 32).send(MESSAGE)
    with pytest.raises(GatewayFailed):
        client(gateway, now=datetime.fromtimestamp(NOW.timestamp() + late, UTC)).send(MESSAGE)
    assert gateway.sent == []
    client(gateway, now=datetime.fromtimestamp(NOW.timestamp() + late // 301 * 300, UTC)).send(MESSAGE)
    assert len(gateway.sent) == 1


def test_messages_go_out_side_by_side(gateway: FakeGateway) -> None:
    one = client(gateway)
    messages = [Message(f"msg_{number}", Channel.SMS, "13800000001", "x") for number in range(20)]
    threads = [threading.Thread(target=one.send, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {sent["id"] for sent in gateway.sent} == {message.id for message in messages}


# Health


@pytest.mark.parametrize("balance", [None, 0, 12_345, -1])
def test_health_is_what_the_gateway_says(gateway: FakeGateway, balance: int | None) -> None:
    gateway.balance = balance
    assert client(gateway).health() == Health(usable=True, balance=balance)
    gateway.usable = False
    assert client(gateway).health() == Health(usable=False, balance=balance)


@pytest.mark.parametrize("mood", [Mood.FAILING, Mood.REFUSING, Mood.PORTAL, Mood.CONFUSED])
def test_a_health_that_is_none_is_a_failure(gateway: FakeGateway, mood: Mood) -> None:
    gateway.mood = mood
    with pytest.raises(GatewayFailed):
        client(gateway).health()


@pytest.mark.parametrize("balance", ["1", 1.5, True], ids=["text", "fraction", "truth"])
def test_a_balance_is_in_fen(gateway: FakeGateway, balance: object) -> None:
    gateway.balance = balance  # type: ignore[assignment]
    with pytest.raises(GatewayFailed):
        client(gateway).health()


# Secrets and addresses


def test_secret_number_and_text_stay_out_of_repr_and_log(gateway: FakeGateway) -> None:
    gateway.mood = Mood.FAILING
    one = client(gateway)
    with capture_logs() as logged, pytest.raises(GatewayFailed) as failed:
        one.send(MESSAGE)
    shown = repr(one) + repr(failed.value) + str(logged)
    for secret in (SECRET.decode(), MESSAGE.to, MESSAGE.text, "ABCD2345", MESSAGE.id):
        assert secret not in shown
    for secret in (MESSAGE.to, MESSAGE.text, "ABCD2345"):
        assert secret not in repr(MESSAGE)


@pytest.mark.parametrize("url", ["https://gateway.example/x", "http://127.0.0.1:9/x", "http://localhost:9"])
def test_https_is_for_everywhere_and_plain_http_for_this_machine(url: str) -> None:
    assert HttpGateway("first", url, [], secret=SECRET, clock=FixedClock(NOW), timeout=1).name == "first"


@pytest.mark.parametrize("url", ["http://gateway.example", "http://127.0.0.1.example", "http://10.0.0.1"])
def test_plain_http_to_others_is_refused(url: str) -> None:
    with pytest.raises(GatewayAddressUnsafe):
        HttpGateway("first", url, [], secret=SECRET, clock=FixedClock(NOW), timeout=1)
