"""The reference adapter of docs/spec/gateway.md: a small web server on loopback that plays a gateway, well or badly.

with serving(FakeGateway(SECRET, REPORTS_SECRET)) as gateway:
    HttpGateway("first", gateway.url, ...).send(message)
    gateway.sent                                # what went out: each message once
    gateway.mood = Mood.FAILING                 # from now on
    body, headers = gateway.report("first", {"event": ..., "message": ..., ...}, seconds=...)
"""

import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from expertpool.invitations.signing import REPORT, REQUEST, Sent, authorise, read_claim
from ledger.canonical import canonical

SECRET = b"the-secret-for-what-is-sent-out!"
REPORTS_SECRET = b"the-secret-for-what-is-reported!"
PREFIX = "/expertpool"
REDIRECTED = "?redirected"


class Mood(StrEnum):
    """How it behaves."""

    WELL = "well"
    FAILING = "failing"
    """Answers 503 and sends nothing."""
    REFUSING = "refusing"
    """Answers 422 and sends nothing."""
    SENT_AND_FAILING = "sent-and-failing"
    """Sends, then answers 503."""
    HANGING_UP = "hanging-up"
    """Sends, then closes the connection without an answer."""
    SILENT = "silent"
    """Takes the request and answers nothing, until it is told to go on."""
    DRIPPING = "dripping"
    """Answers a byte now and then, without end."""
    BABBLING = "babbling"
    """Answers far more than it may."""
    REDIRECTING = "redirecting"
    """Points elsewhere: to itself, where it would answer well."""
    PORTAL = "portal"
    """Answers 200 with a page, as a proxy that wants a login does."""
    CONFUSED = "confused"
    """Answers for another message."""


class FakeGateway:
    """What the adapter knows. ``now`` is its clock in POSIX seconds; None takes any time."""

    def __init__(
        self,
        secret: bytes = SECRET,
        reports_secret: bytes = REPORTS_SECRET,
        *,
        balance: int | None = 100_000,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.mood = Mood.WELL
        self.balance = balance
        self.usable = True
        self.url = ""
        self.sent: list[dict[str, Any]] = []
        self.asked: Counter[str] = Counter()
        self.requests: list[Mapping[str, str]] = []
        self.go_on = threading.Event()
        self._bodies: dict[str, bytes] = {}
        self._nonces: set[str] = set()
        self._secret = secret
        self._reports_secret = reports_secret
        self._now = now
        self._lock = threading.Lock()

    def admits(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a request is signed, of the present, and new."""
        claim = read_claim(headers.get("Authorization", ""))
        if claim is None or not claim.made_with(self._secret, Sent(REQUEST, method, path, body)):
            return False
        with self._lock:
            known = claim.nonce in self._nonces
            self._nonces.add(claim.nonce)
        return not known and (self._now is None or claim.is_fresh(self._now()))

    def take(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        """Send a message once under its id; the same id with another content is refused."""
        message = json.loads(body)
        key = message["id"]
        if headers.get("Idempotency-Key") != key or canonical(message) != body:
            return 400, {}
        with self._lock:
            self.asked[key] += 1
            if self._bodies.setdefault(key, body) != body:
                return 409, {}
            if self.asked[key] == 1:
                self.sent.append(message)
        return 202, {"id": key}

    def report(
        self, name: str, said: Mapping[str, Any], *, seconds: int, nonce: str = ""
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a report; the same members again are the gateway's repetition of it."""
        body = json.dumps(said).encode()
        sent = Sent(REPORT, "POST", f"/api/v1/gateways/{name}/reports", body)
        authorisation = authorise(self._reports_secret, sent, seconds=seconds, nonce=nonce or secrets.token_hex(16))
        return body, {"Authorization": authorisation, "Content-Type": "application/json"}


@contextmanager
def serving(gateway: FakeGateway) -> Iterator[FakeGateway]:
    """Serve it on loopback; its ``url`` says where."""
    server = _Server(gateway)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    gateway.url = f"http://127.0.0.1:{server.server_port}{PREFIX}"
    try:
        yield gateway
    finally:
        gateway.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, gateway: FakeGateway) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gateway = gateway


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):  # whoever asked has hung up
            self.close_connection = True

    def _answer(self, body: bytes) -> None:
        gateway = self.server.gateway
        headers = {name.title(): value for name, value in self.headers.items()}
        gateway.requests.append(headers)
        path = self.path.removesuffix(REDIRECTED)
        if not gateway.admits(self.command, path, headers, body):
            self._say(401, {})
        elif gateway.mood in _SENDING or path != self.path:
            self._well(headers, body)
        else:
            _BAD[gateway.mood](self)

    def _well(self, headers: Mapping[str, str], body: bytes) -> None:
        gateway = self.server.gateway
        if self.command == "GET":
            status, answer = 200, {"balance": gateway.balance, "usable": gateway.usable}
        else:
            status, answer = gateway.take(headers, body)
        if gateway.mood is not Mood.HANGING_UP:
            self._say(503 if gateway.mood is Mood.SENT_AND_FAILING else status, answer)

    def _redirect(self) -> None:
        self.send_response(307)
        self.send_header("Location", self.path + REDIRECTED)
        self.end_headers()

    def _drip(self) -> None:
        self._begin(200, 10**6)
        while not self.server.gateway.go_on.wait(0.05):
            self.wfile.write(b" ")

    def _say(self, status: int, answer: Mapping[str, Any]) -> None:
        self._write(status, json.dumps(answer).encode())

    def _write(self, status: int, content: bytes) -> None:
        self._begin(status, len(content))
        self.wfile.write(content)

    def _begin(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()


_SENDING = (Mood.WELL, Mood.SENT_AND_FAILING, Mood.HANGING_UP)
_BAD: dict[Mood, Callable[[_Handler], object]] = {
    Mood.FAILING: lambda handler: handler._say(503, {}),
    Mood.REFUSING: lambda handler: handler._say(422, {}),
    Mood.SILENT: lambda handler: handler.server.gateway.go_on.wait(30),
    Mood.DRIPPING: _Handler._drip,
    Mood.BABBLING: lambda handler: handler._write(200, b" " * 10**5),
    Mood.REDIRECTING: _Handler._redirect,
    Mood.PORTAL: lambda handler: handler._write(200, b"<html>Please log in</html>"),
    Mood.CONFUSED: lambda handler: handler._say(200, {"id": "msg_other"}),
}
