"""The sandbox provider as a web server on loopback that takes payments, and a thread that reports what came of them."""

import http.client
import json
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from expertpool.invitations.signing import Sent, authorise, read_claim
from expertpool.payouts.http_provider import REPORT, REQUEST
from expertpool.payouts.sandbox import Books

PREFIX: Final = "/sandbox"
LONGEST: Final = 16 * 1024
REPORTS: Final = "/api/v1/payment-provider/reports"
TIMEOUT_S: Final = 10.0
PAUSE_S: Final = 0.2
RETRY_S: Final = 2.0
TAKEN: Final = (200, 409)
"""With these a report need not be sent again."""

log = structlog.get_logger("sandbox")


class SandboxServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1 until told to stop; ``port`` 0 takes a free one. ``secret`` is what signs payments."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port: int, books: Books, secret: bytes, now: Callable[[], float]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.books = books
        self._secret = secret
        self._now = now
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What `payments.url` is to say."""
        return f"http://127.0.0.1:{self.server_port}{PREFIX}"

    def admits(self, method: str, path: str, header: str, body: bytes) -> bool:
        """Whether a request is signed, of the present, and new."""
        claim = read_claim(header)
        if claim is None or not claim.made_with(self._secret, Sent(REQUEST, method, path, body)):
            return False
        with self._lock:
            known = claim.nonce in self._nonces
            self._nonces.add(claim.nonce)
        return not known and claim.is_fresh(self._now())


class _Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    timeout = TIMEOUT_S

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > LONGEST:
            self._say(413, {})
            return
        body = self.rfile.read(int(length))
        header = self.headers.get("Authorization", "")
        if self.path != f"{PREFIX}/payments" or not self.server.admits("POST", self.path, header, body):
            self._say(401, {})
            return
        answer = self.server.books.take(self.headers.get("Idempotency-Key", ""), body)
        if answer.lost:
            self.close_connection = True
        else:
            self._say(answer.status, answer.said)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
        pass

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has hung up
            super().handle()

    def _say(self, status: int, said: dict[str, Any]) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Reporter:
    """Tells the service what came of payments, each report until it is taken.

    ``base_url`` is the service's address; ``retry_s`` how long it waits after nobody took a report, in seconds.
    """

    def __init__(
        self, books: Books, base_url: str, secret: bytes, now: Callable[[], float], *, retry_s: float = RETRY_S
    ) -> None:
        self._books = books
        self._url = base_url + REPORTS
        self._path = urlsplit(self._url).path
        self._secret = secret
        self._now = now
        self._retry_s = retry_s

    def run(self, stop: threading.Event) -> None:
        """Report until told to stop."""
        while not stop.is_set():
            if not self.step():
                stop.wait(PAUSE_S)

    def step(self) -> bool:
        """Send what is due; returns whether anything was taken."""
        taken = False
        for event, body in self._books.due():
            status = self._post(body)
            if status in TAKEN:
                self._books.reported(event)
                taken = True
            else:
                log.warning("sandbox.not-taken", status=status)
                self._books.later(event, self._retry_s)
        return taken

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers of a report that is signed now."""
        sent = Sent(REPORT, "POST", self._path, body)
        header = authorise(self._secret, sent, seconds=int(self._now()), nonce=secrets.token_hex(16))
        return {"Authorization": header, "Content-Type": "application/json"}

    def _post(self, body: bytes) -> int:
        """The status of the answer; 0 where there is none."""
        request = urllib.request.Request(self._url, data=body, headers=self.signed(body))  # noqa: S310 -- the service's
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 -- the same
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (OSError, http.client.HTTPException):
            return 0
