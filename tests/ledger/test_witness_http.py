"""The witness over real HTTP on loopback."""

import http.client
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused, Unreadable
from ledger.witness import MAX_REQUEST_BYTES, Request, open_witness
from ledger.witness_client import Accepted, submit
from ledger.witness_server import MAX_CONNECTIONS, WitnessServer
from ledger.witness_state import origin_hash
from tests.ledger.witnessed_log import ORIGIN, Clock, Log, make_witness, serving

TIMEOUT = 20.0


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(tmp_path: Path, log: Log) -> Path:
    return make_witness(tmp_path / "w", log)


@pytest.fixture
def server(directory: Path, clock: Clock) -> Iterator[WitnessServer]:
    with serving(directory, clock) as server:
        yield server


@pytest.fixture
def connection(server: WitnessServer) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=TIMEOUT)) as connection:
        yield connection


def post(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, str, bytes]:
    connection.request("POST", "/add-checkpoint", body)
    response = connection.getresponse()
    return response.status, response.headers["Content-Type"], response.read()


def raw(server: WitnessServer, sent: bytes) -> bytes:
    """Everything that the server answers to these bytes before it hangs up."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=TIMEOUT) as sock:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


# The protocol


def test_each_status_of_the_protocol(connection: http.client.HTTPConnection, log: Log, clock: Clock) -> None:
    status, kind, body = post(connection, log.request(0, 5))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert body.decode().startswith("— office.example/w1 ")
    assert body.endswith(b"\n")
    assert post(connection, log.request(3, 9)) == (409, "text/x.tlog.size", b"5\n")
    requests = {
        400: Request(6, (), log.signed(5)).to_bytes(),
        403: Log(origin=ORIGIN).request(5, 9),
        404: Log(origin="other.example/log").request(0, 9),
        422: log.fork(at=3).request(5, 9),
    }
    for expected, request in requests.items():
        assert post(connection, request)[0] == expected
    assert post(connection, b"old 1\n")[0] == 400
    clock.now -= 1
    assert post(connection, log.request(5, 9)) == (503, "text/plain; charset=utf-8", b"witness.clock\n")


def test_a_refusal_is_explained_in_both_languages(connection: http.client.HTTPConnection, log: Log) -> None:
    lines = post(connection, Log(origin="other.example/log").request(0, 9))[2].decode().splitlines()
    assert lines == ["witness.unknown-log", *(Refused("witness.unknown-log").text(lang) for lang in ("en", "zh"))]


def test_a_failing_disk_is_told_without_naming_it(
    connection: http.client.HTTPConnection, log: Log, directory: Path
) -> None:
    post(connection, log.request(0, 5))
    for file in (directory / "state").iterdir():
        file.unlink()
        file.mkdir()
        (file / "in the way").touch()
    assert post(connection, log.request(5, 9)) == (503, "text/plain; charset=utf-8", b"witness.write\n")


def test_monitors_get_what_was_answered(connection: http.client.HTTPConnection, log: Log) -> None:
    path = f"/{origin_hash(ORIGIN)}/checkpoint"
    connection.request("GET", path)
    assert connection.getresponse().read().startswith(b"witness.unknown-log\n")
    _, _, line = post(connection, log.request(0, 5))
    connection.request("GET", path)
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, log.signed(5).to_bytes() + line)


def test_one_connection_serves_many_requests(connection: http.client.HTTPConnection, log: Log) -> None:
    connection.connect()
    sock = connection.sock
    for old, new in [(0, 1), (1, 2), (0, 2), (2, 9)]:
        post(connection, log.request(old, new))
    assert connection.sock is sock


# What is not HTTP, or too much of it


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", []),
        (b"\r\n\r\n", []),
        (b"nonsense\r\n\r\n", []),  # no version: text without a status line, as HTTP/0.9 had it
        (b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", [404]),
        (b"GET /%2e%2e/key HTTP/1.1\r\n\r\n", [404]),
        (b"GET /" + b"A" * 64 + b"/checkpoint HTTP/1.1\r\n\r\n", [404]),
        (b"GET /add-checkpoint HTTP/1.1\r\n\r\n", [404]),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", [404]),
        (b"PUT /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", [501]),
        (b"GET / HTTP/9.9\r\n\r\n", []),
        (b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n", [414]),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", [431]),
        (b"POST /add-checkpoint HTTP/1.1\r\n\r\n", [411]),
        (b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [411]),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", [411]),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", [400]),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", [400]),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n", [400]),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", [400]),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_REQUEST_BYTES + 1), [413]),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 4\r\n\r\nold PUT / HTTP/1.1\r\n\r\n", [400, 501]),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else "",
)
def test_bad_http_is_answered_plainly(
    server: WitnessServer, log: Log, capfd: pytest.CaptureFixture[str], sent: bytes, expected: list[int]
) -> None:
    answer = raw(server, sent)
    assert statuses(answer) == expected
    assert b"<" not in answer
    assert b"Python" not in answer
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=TIMEOUT)
    with closing(connection):
        assert post(connection, log.request(0, 5))[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_body_sent_along_with_a_get_is_no_request(server: WitnessServer, log: Log) -> None:
    inner = b"GET /x HTTP/1.1\r\n\r\n"
    path = f"/{origin_hash(ORIGIN)}/checkpoint".encode()
    answer = raw(server, b"GET %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (path, len(inner), inner))
    assert statuses(answer) == [404]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessServer]:
    with serving(make_witness(tmp_path_factory.mktemp("lasting") / "w", Log()), Clock()) as server:
        yield server


@given(body=st.binary(max_size=300))
def test_any_body_is_answered_with_400(lasting: WitnessServer, body: bytes) -> None:
    head = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert statuses(raw(lasting, head + body)) == [400]


def test_a_silent_client_is_hung_up_on(server: WitnessServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.RequestHandlerClass, "timeout", 0.05)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=TIMEOUT) as sock:
        sock.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        assert sock.recv(1) == b""


def test_a_mistake_of_ours_is_logged_and_not_answered(
    server: WitnessServer, log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(server.witness, "add_checkpoint", lambda body: body.nothing)
        with pytest.raises(Unreadable):
            submit(server.url, log.signed(5), 0, (), timeout=TIMEOUT)
    assert isinstance(submit(server.url, log.signed(5), 0, (), timeout=TIMEOUT), Accepted)
    [mistake] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert mistake.exc_info is not None
    assert mistake.exc_info[0] is AttributeError


def test_connections_are_bounded(server: WitnessServer, log: Log) -> None:
    idle = [
        socket.create_connection(("127.0.0.1", server.server_port), timeout=TIMEOUT) for _ in range(MAX_CONNECTIONS)
    ]
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=TIMEOUT) as one_more:
        assert one_more.recv(1) == b""
    for sock in idle:
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
        sock.close()
    assert isinstance(submit(server.url, log.signed(5), 0, (), timeout=TIMEOUT), Accepted)


def test_stopping_hangs_up_on_idle_clients_and_frees_the_directory(
    directory: Path, clock: Clock, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(directory, clock) as server:
        monkeypatch.setattr(server.RequestHandlerClass, "timeout", None)  # waiting for it would never end
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=TIMEOUT)
        assert post(connection, log.request(0, 5))[0] == 200
        sock = connection.sock
        assert isinstance(sock, socket.socket)
    assert sock.recv(1) == b""
    connection.close()
    with open_witness(directory, clock):
        pass


def test_a_request_under_way_is_answered_before_the_end(directory: Path, log: Log) -> None:
    entered, ended = threading.Event(), threading.Event()

    class WaitingClock(Clock):
        def __call__(self) -> int:
            entered.set()
            assert ended.wait(TIMEOUT)
            return self.now

    answers: list[bytes] = []
    with open_witness(directory, WaitingClock()) as witness:
        server = WitnessServer("127.0.0.1", 0, witness)
        serve = threading.Thread(target=server.serve_forever, args=(0.01,))
        body = log.request(0, 5)
        request = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        ask = threading.Thread(target=lambda: answers.append(raw(server, request)))
        stop = threading.Thread(target=server.stop)
        serve.start()
        ask.start()
        assert entered.wait(TIMEOUT)
        stop.start()
        serve.join()
        ended.set()
        for thread in (ask, stop):
            thread.join()
    assert statuses(answers[0]) == [200]
    assert b"\r\nConnection: close\r\n" in answers[0]


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99999), ("192.0.2.1", 80), ("no such host", 80)])
def test_an_address_that_cannot_be_listened_on_is_told(directory: Path, clock: Clock, host: str, port: int) -> None:
    with open_witness(directory, clock) as witness, pytest.raises(Unreadable) as refused:
        WitnessServer(host, port, witness)
    assert refused.value.code == "witness.listen"


def test_the_log_line_names_the_evidence_and_no_control_character(
    server: WitnessServer,
    connection: http.client.HTTPConnection,
    log: Log,
    directory: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "ledger.witness_server"):
        post(connection, log.request(0, 5))
        post(connection, log.fork(at=3).request(5, 9))
        raw(server, b"GET /\x1b\x80 HTTP/1.1\r\n\r\n")
    [kept] = (directory / "evidence").rglob("*.request")
    assert [record.getMessage() for record in caplog.records] == [
        "127.0.0.1 'POST /add-checkpoint HTTP/1.1' 200",
        f"127.0.0.1 'POST /add-checkpoint HTTP/1.1' 422 {Refused('proof.root')} evidence: {kept}",
        r"127.0.0.1 'GET /\x1b\x80 HTTP/1.1' 404",
    ]
