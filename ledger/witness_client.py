"""What a log does to have its checkpoint cosigned by a witness elsewhere (C2SP tlog-witness)."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ledger.checkpoint import SignedCheckpoint, parse_decimal
from ledger.errors import Malformed, Refused, Unreadable
from ledger.note import MAX_SIGNATURES, Signature, parse_signature_line
from ledger.witness import Request

MAX_ANSWER_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Accepted:
    """The witness cosigned. Signatures are parsed only: verify them against known keys, ignore the others."""

    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class OtherSize:
    """The witness last cosigned a checkpoint of ``size``: prove consistency from there and submit again."""

    size: int


def submit(
    url: str,
    signed: SignedCheckpoint,
    old_size: int,
    proof: Sequence[bytes],
    *,
    timeout: float,
    context: ssl.SSLContext | None = None,
) -> Accepted | OtherSize:
    """Send a checkpoint to the witness with submission prefix ``url``.

    It takes at most ``timeout`` seconds to connect to an address, and as long again to have the answer. https
    certificates are verified (against ``context`` where one is given); redirects are not followed. Raises Unreadable
    when the witness cannot be reached in time, Refused when it declines, Malformed for an answer outside the protocol.
    """
    body = Request(old_size, tuple(proof), signed).to_bytes()
    status, answer = _post(url, body, timeout, context or ssl.create_default_context())
    try:
        if status == http.HTTPStatus.OK:
            return Accepted(_parse_signatures(answer))
        if status == http.HTTPStatus.CONFLICT:
            return OtherSize(parse_decimal(answer.decode("ascii").removesuffix("\n")))
    except (Malformed, UnicodeDecodeError):
        raise Malformed("witness.answer", url=url) from None
    raise Refused("witness.refused", url=url, status=int(status))


def _parse_signatures(answer: bytes) -> tuple[Signature, ...]:
    lines = answer.decode("utf-8").split("\n")
    if lines.pop() or not 0 < len(lines) <= MAX_SIGNATURES:
        raise Malformed("note.malformed", why="signature-line")
    return tuple(parse_signature_line(line) for line in lines)


def _post(url: str, body: bytes, timeout: float, context: ssl.SSLContext) -> tuple[int, bytes]:
    parts, host = _split(url)
    connection = http.client.HTTPConnection(host, parts.port)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, parts.port, context=context)
    try:
        with socket.create_connection((host, connection.port), timeout) as sock, _deadline(sock, timeout):
            connection.sock = context.wrap_socket(sock, server_hostname=host) if parts.scheme == "https" else sock
            path = parts.path.rstrip("/") + "/add-checkpoint"
            connection.request("POST", path, body, {"Content-Type": "text/plain; charset=utf-8"})
            response = connection.getresponse()
            answer = response.read(MAX_ANSWER_BYTES + 1)
    except OSError as error:
        raise Unreadable("witness.unreachable", url=url, why=error.strerror or "timed-out") from None
    except http.client.HTTPException:
        raise Malformed("witness.answer", url=url) from None
    finally:
        connection.close()
    if len(answer) > MAX_ANSWER_BYTES or response.length:  # too long, or cut off
        raise Malformed("witness.answer", url=url)
    return response.status, answer


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Hang up after so many seconds in all, and raise TimeoutError then.

    A timeout of the socket alone starts anew with each byte that a slow peer sends.
    """
    overdue = threading.Event()
    with sock.dup() as line:  # TLS takes the socket's own descriptor away

        def hang_up() -> None:
            overdue.set()
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if overdue.is_set():
                raise TimeoutError


def _split(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
        host.encode("idna")  # as the resolver will
    except ValueError:
        raise Malformed("witness.address", url=url) from None
    plain = url.isascii() and url.isprintable() and not set(" ?#@") & set(url)
    if parts.scheme not in ("http", "https") or not host or not plain:
        raise Malformed("witness.address", url=url)
    return parts, host
