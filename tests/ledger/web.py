"""A web server on loopback that serves a log's files, well or badly."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(files: Mapping[str, bytes], answers: Mapping[str, Answer] | None = None) -> Iterator[str]:
    """Serve ``files`` below the address that this yields; ``answers`` by path go before them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/log/")
            if answers and path in answers:
                answers[path](self)
            elif path in files:
                send(self, files[path])
            else:
                self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, body: bytes, *, length: int | None = None, encoding: str = "") -> None:
    """Answer 200 with ``body``, announcing ``length`` bytes of it."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    if encoding:
        handler.send_header("Content-Encoding", encoding)
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int) -> Answer:
    return lambda handler: handler.send_error(code)


def zipped(body: bytes, cut: int | None = None) -> Answer:
    """Answer with ``body`` in gzip, as a web server with compressed copies does."""
    return lambda handler: send(handler, gzip.compress(body)[:cut], encoding="gzip")


def cut_off(body: bytes) -> Answer:
    """Hang up before the announced end."""
    return lambda handler: send(handler, body[:-1], length=len(body))


def chunk_cut_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"100\r\nonly so much")


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"what?\r\n\r\n")
