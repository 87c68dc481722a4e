"""Only outwards, only encrypted; whatever the other side says is bounded and checked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from expertpool.custodian.client import MAX_ANSWER_BYTES, Centre, Identity, checked_address
from expertpool.custodian.errors import BadAddress, CentreAnswerBad, CentreRefused, CentreUnreachable

ME = Identity("khd_" + "0" * 26, lambda message: bytes(64))


@pytest.mark.parametrize(
    "url", ["https://centre.example", "https://centre.example:8443/pool", "http://127.0.0.1:1", "http://[::1]:1"]
)
def test_an_address_is_https_or_this_machine(url: str) -> None:
    assert checked_address(url + "/") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "centre.example",
        "http://centre.example",
        "http://127.0.0.1.example",
        "ftp://centre.example",
        "https://",
        "https://u:p@centre.example",
        "https://centre.example/?a",
        "https://centre.example#a",
        "https://centre.example:port",
        "https://centre .example",
        "https://中心.example",
        "file:///etc/passwd",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        checked_address(url)


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that gives one answer to everything; tells its address and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- as the base class wants it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


CALLS: dict[str, Callable[[Centre], object]] = {
    "offered": lambda centre: centre.offered(),
    "tasks": lambda centre: centre.tasks(ME),
    "answer": lambda centre: centre.answer(ME, {"tsk_1": b"x"}),
    "cosign": lambda centre: centre.cosign(ME, b"x"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b"\xff", b'{"a": 1}' * 2, b" " * (MAX_ANSWER_BYTES + 1)])
def test_nonsense_is_told_as_such(call: str, body: bytes) -> None:
    with answering(200, body) as (url, _), pytest.raises(CentreAnswerBad):
        CALLS[call](Centre(url, lambda: 1))


@pytest.mark.parametrize(
    "answer",
    [
        {"tasks": [{}]},
        {"tasks": ["x"]},
        {"tasks": [{"id": "a", "sealed": 1}]},
        {"tasks": 1},
        {"tasks": [{"id": "a", "sealed": "?"}]},
    ],
    ids=str,
)
def test_a_list_of_tasks_that_is_none_is_refused(answer: object) -> None:
    with answering(200, json.dumps(answer).encode()) as (url, _), pytest.raises(CentreAnswerBad):
        Centre(url, lambda: 1).tasks(ME)


@pytest.mark.parametrize("name", ["cosigned", "next", "newest"])
def test_a_checkpoint_that_is_none_is_refused(name: str) -> None:
    with answering(200, json.dumps({name: "x"}).encode()) as (url, _), pytest.raises(CentreAnswerBad):
        Centre(url, lambda: 1).offered()


def test_a_redirect_is_not_followed() -> None:
    with answering(200, b'{"tasks": []}') as (other, asked), answering(302, b"", Location=other + "/x") as (url, _):
        with pytest.raises(CentreRefused) as refused:
            Centre(url, lambda: 1).tasks(ME)
        assert refused.value.status == 302
        assert asked == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"code": "sealing.agent-unknown"}', "sealing.agent-unknown"),
        (b"", "-"),
        (b"[]", "-"),
        (b'{"code": 1}', "-"),
        ('{"code": "坏"}'.encode(), "-"),
        (b'{"code": "\\u001b[31m"}', "-"),
    ],
)
def test_a_refusal_is_told_with_its_code_and_nothing_else(body: bytes, reason: str) -> None:
    with answering(403, body) as (url, _), pytest.raises(CentreRefused) as refused:
        Centre(url, lambda: 1).tasks(ME)
    assert (refused.value.status, refused.value.reason) == (403, reason)


def test_a_centre_that_is_not_there_is_told_as_such() -> None:
    with answering(200, b"") as (url, _):
        pass
    with pytest.raises(CentreUnreachable):
        Centre(url, lambda: 1).tasks(ME)
