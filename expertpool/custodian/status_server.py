"""The status page's server: on this machine alone, read only, without cookies, scripts or anything that can be sent.

It knows the agent's directory and no key. A page of another site cannot read it (it answers only for its own names, so
a name that is made to point here gets nothing), and there is nothing that another site could make a browser do.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

from expertpool.core.clock import Clock
from expertpool.core.errors import ExpertpoolError, Language
from expertpool.custodian.directory import Directory
from expertpool.custodian.status import status
from expertpool.custodian.status_page import STYLE_HASH, page, trouble_page

HOST: Final = "127.0.0.1"
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@contextmanager
def served(directory: Directory, clock: Clock, port: int) -> Iterator[str]:
    """Serve the page in a thread; gives its address. Port 0 takes any free one. Raises OSError for a port in use."""
    server = _Server(directory, clock, port)
    thread = threading.Thread(target=server.serve_forever, name="status-page", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Listens on this machine alone."""

    daemon_threads = True

    def __init__(self, directory: Directory, clock: Clock, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.directory = directory
        self.clock = clock

    @property
    def own_names(self) -> tuple[str, ...]:
        """How a browser on this machine calls it."""
        return (f"{HOST}:{self.server_port}", f"localhost:{self.server_port}")


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD of the page, and of the same as JSON; the base class refuses every other method."""

    server: _Server
    server_version, sys_version = "expertpool-custodian", ""
    timeout = 10

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        if self.headers.get("Host", "") not in self.server.own_names:
            self._send(HTTPStatus.MISDIRECTED_REQUEST, "text/plain; charset=utf-8", "not here\n")
        elif parts.path == "/":
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", self._page(parts.query))
        elif parts.path == "/status.json":
            self._send(HTTPStatus.OK, "application/json", self._json())
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "not found\n")

    def _page(self, query: str) -> str:
        language = chosen_language(query, self.headers.get("Accept-Language", ""))
        try:
            return page(status(self.server.directory), self.server.clock.now(), language)
        except ExpertpoolError as error:
            return trouble_page(error.message(language), language)

    def _json(self) -> str:
        try:
            found = status(self.server.directory)
        except ExpertpoolError as error:
            found = {"error": error.as_dict()}
        return json.dumps(found, ensure_ascii=False)

    def _send(self, code: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(code)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's signature
        """Note nothing: when its owner looks is nobody's business."""


def chosen_language(query: str, accepted: str) -> Language:
    """``?lang=``, else the first language of the browser: Chinese where that is Chinese, English elsewhere."""
    asked = parse_qs(query).get("lang", [""])[0]
    if asked in ("zh", "en"):
        return cast("Language", asked)
    return "zh" if accepted.strip().lower().startswith("zh") else "en"
