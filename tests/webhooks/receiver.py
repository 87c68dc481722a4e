"""A receiver of webhooks on loopback: keeps what it gets and answers as the test says."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.invitations.fake_smtp import certificate


@dataclass
class Receiver:
    """``answers`` are used up one by one, the last one stays; a status of 0 hangs until the receiver is closed."""

    url: str = ""
    authorities: Path = Path()
    answers: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def next_answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """Serve on https://localhost with a certificate that nobody but the test trusts."""
    receiver = Receiver(authorities=certificate(folder))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = receiver.next_answer()
            if status == 0:
                receiver.closing.wait(30)
                return
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # a client that hangs up is what some tests want

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(receiver.authorities)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.url = f"https://localhost:{server.server_port}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def signed(got: tuple[Mapping[str, str], bytes]) -> dict[str, str]:
    """The headers that a receiver verifies by."""
    return {name: got[0][name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
