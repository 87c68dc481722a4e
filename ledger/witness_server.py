"""The witness over HTTP (C2SP tlog-witness): ``POST /add-checkpoint`` and ``GET /<origin hash>/checkpoint``.

Plain HTTP on purpose: towards the internet a reverse proxy stands before it, for TLS and for slow clients.
"""

import logging
import re
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from ledger.errors import LedgerError, Malformed, Unreadable
from ledger.witness import MAX_REQUEST_BYTES, Conflict, Inconsistent, NotTrusted, UnknownLog, Witness

MAX_CONNECTIONS: Final = 64
TIMEOUT: Final = 15.0  # seconds without a byte

_TEXT: Final = "text/plain; charset=utf-8"
_CHECKPOINT: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_STATUS: Final[tuple[tuple[type[LedgerError], HTTPStatus], ...]] = (
    (Malformed, HTTPStatus.BAD_REQUEST),
    (UnknownLog, HTTPStatus.NOT_FOUND),
    (NotTrusted, HTTPStatus.FORBIDDEN),
    (Inconsistent, HTTPStatus.UNPROCESSABLE_ENTITY),
    (LedgerError, HTTPStatus.SERVICE_UNAVAILABLE),  # the clock or the disk: the witness's own trouble
)

_log = logging.getLogger(__name__)


class WitnessServer(ThreadingHTTPServer):
    """Listens at once; ``serve_forever`` answers, ``stop`` (from another thread) ends after what is under way."""

    daemon_threads = False
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, host: str, port: int, witness: Witness) -> None:
        self.witness = witness
        self.stopping = False
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._connections: set[socket.socket] = set()
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "host-port"
            raise Unreadable("witness.listen", address=f"{host}:{port}", why=why) from None

    @property
    def url(self) -> str:
        """The submission prefix, which is the monitoring prefix too."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"http://{host}:{self.server_port}"

    def stop(self) -> None:
        """Stop accepting, let requests under way finish, hang up on idle connections, and close."""
        self.stopping = True
        self.shutdown()
        for connection in list(self._connections):
            with suppress(OSError):  # closed meanwhile
                connection.shutdown(socket.SHUT_RD)
        self.server_close()

    def server_bind(self) -> None:
        """Bind as the base class does, without asking a resolver for the host's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, or hang up when there are too many."""
        if len(self._connections) >= MAX_CONNECTIONS:
            _log.warning("%s: too many connections", client_address[0])
            self.shutdown_request(request)
            return
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class's signature
        """Log what a handler did not expect: a client that hung up, or our own mistake."""
        lost = isinstance(sys.exception(), OSError)
        _log.log(logging.DEBUG if lost else logging.ERROR, "%s: connection lost", client_address[0], exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "ledger-witness"
    sys_version = ""
    timeout = TIMEOUT
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path == "/add-checkpoint":
            self._answer(lambda: self.server.witness.add_checkpoint(body).line().encode())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_GET(self) -> None:
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # a body that nobody reads must not be taken for the next request
        match = _CHECKPOINT.fullmatch(self.path)
        if match is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._answer(lambda: self.server.witness.checkpoint(match[1]))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer in plain text, quoting nothing, and hang up: what else the client sent has not been read."""
        del message, explain
        self.close_connection = True
        self._reply(HTTPStatus(code), f"{HTTPStatus(code).phrase}\n".encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Say nothing: ``_reply`` writes the one line of each request."""

    def _body(self) -> bytes | None:
        """Read the body; None when there is none to be had, which has been answered then."""
        lengths = self.headers.get_all("Content-Length", [])
        status = HTTPStatus.BAD_REQUEST
        if "Transfer-Encoding" in self.headers or not lengths:
            status = HTTPStatus.LENGTH_REQUIRED
        elif len(lengths) == 1 and re.fullmatch("[0-9]{1,18}", lengths[0]):
            if int(lengths[0]) <= MAX_REQUEST_BYTES:
                body = self.rfile.read(int(lengths[0]))
                if len(body) == int(lengths[0]):
                    return body
            else:
                status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        self.send_error(status)
        return None

    def _answer(self, produce: Callable[[], bytes]) -> None:
        try:
            self._reply(HTTPStatus.OK, produce())
        except Conflict as error:
            self._reply(HTTPStatus.CONFLICT, b"%d\n" % error.size, "text/x.tlog.size", _note(error))
        except LedgerError as error:
            status = next(status for kind, status in _STATUS if isinstance(error, kind))
            told = status != HTTPStatus.SERVICE_UNAVAILABLE  # paths of this machine stay in its own log
            texts = (error.code, error.text("en"), error.text("zh")) if told else (error.code,)
            self._reply(status, "".join(text + "\n" for text in texts).encode(), note=_note(error))

    def _reply(self, status: HTTPStatus, body: bytes, kind: str = _TEXT, note: str = "") -> None:
        level = logging.ERROR if status == HTTPStatus.SERVICE_UNAVAILABLE else logging.INFO
        _log.log(level, "%s %s %d%s", self.client_address[0], ascii(self.requestline[:120]), status, note)
        if self.server.stopping:
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def serve_until_signal(server: WitnessServer) -> None:
    """Serve in the main thread until SIGTERM or SIGINT, then end gracefully."""
    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    serving = threading.Thread(target=server.serve_forever, name="accept")
    serving.start()
    ended.wait()
    server.stop()
    serving.join()


def _note(error: LedgerError) -> str:
    evidence = getattr(error, "evidence", "")
    return f" {error}" + (f" evidence: {evidence}" if evidence else "")
