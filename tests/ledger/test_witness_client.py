"""The client with which a log asks a witness: it believes nothing, waits for nobody, and checks certificates."""

import datetime as dt
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger.errors import LedgerError, Malformed, Refused, Unreadable
from ledger.note import verified_by
from ledger.witness_client import MAX_ANSWER_BYTES, Accepted, OtherSize, submit
from ledger.witness_server import WitnessServer
from ledger.witness_state import StateDirectory
from tests.ledger.witnessed_log import Clock, Log, make_witness, serving

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


def test_a_log_gets_its_cosignature(server: WitnessServer, log: Log, directory: Path) -> None:
    key = StateDirectory(directory).signer().key
    answer = submit(server.url, log.signed(5), 0, (), timeout=TIMEOUT)
    assert isinstance(answer, Accepted)
    assert verified_by(log.signed(5).note.adding(answer.signatures), [key]) == [(key, answer.signatures[0])]
    assert submit(server.url + "/", log.signed(9), 0, (), timeout=TIMEOUT) == OtherSize(5)
    assert isinstance(submit(server.url, log.signed(9), 5, log.proof(5, 9), timeout=TIMEOUT), Accepted)


def test_a_refusal_carries_its_status(server: WitnessServer, log: Log) -> None:
    with pytest.raises(Refused) as refused:
        submit(server.url, log.fork(at=0).signed(0), 0, (bytes(32),), timeout=TIMEOUT)
    assert refused.value.params["status"] == 422


@contextmanager
def answering(answer: bytes, after: Callable[[socket.socket], None] = lambda _: None) -> Iterator[str]:
    """A witness that answers anything with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_one() -> None:
            sock, _ = listener.accept()
            with sock:
                received = b""
                while b"\n\n" not in received:
                    received += sock.recv(65536)
                sock.sendall(answer)
                after(sock)

        thread = threading.Thread(target=answer_one)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def reply(status: str, body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


LINE = "— w AAAAAAA=\n".encode()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"nonsense", Malformed),
        (b"HTTP/1.1 200 OK\r\n\r\n", Malformed),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + LINE, Malformed),
        (b"", Unreadable),
        (reply("200 OK", b""), Malformed),
        (reply("200 OK", b"\n"), Malformed),
        (reply("200 OK", LINE[:-1]), Malformed),
        (reply("200 OK", LINE + b"\n"), Malformed),
        (reply("200 OK", LINE * 101), Malformed),
        (reply("200 OK", b"\xff"), Malformed),
        (reply("200 OK", b"x" * (MAX_ANSWER_BYTES + 1)), Malformed),
        (reply("409 Conflict", b"x\n"), Malformed),
        (reply("409 Conflict", b"\xff"), Malformed),
        (reply("409 Conflict", b"05\n"), Malformed),
        (reply("201 Created", LINE), Refused),
        (reply("302 Found", b"", "Location: http://127.0.0.1/\r\n"), Refused),
        (reply("500 Oh", b""), Refused),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else value.__name__,
)
def test_an_answer_outside_the_protocol_is_an_error(log: Log, answer: bytes, kind: type[LedgerError]) -> None:
    with answering(answer) as url, pytest.raises(LedgerError) as refused:
        submit(url, log.signed(5), 0, (), timeout=TIMEOUT)
    assert type(refused.value) is kind
    assert refused.value.params["url"] == url
    assert json.dumps([refused.value.text("en"), refused.value.text("zh")])


def test_signatures_come_back_as_they_are(log: Log) -> None:
    with answering(reply("200 OK", LINE * 2)) as url:
        answer = submit(url, log.signed(5), 0, (), timeout=TIMEOUT)
    assert isinstance(answer, Accepted)
    assert "".join(signature.line() for signature in answer.signatures).encode() == LINE * 2


def test_a_witness_that_drips_does_not_hold_a_log_up(log: Log) -> None:
    def drip(sock: socket.socket) -> None:
        with suppress(OSError):
            while not ended.wait(0.01):
                sock.sendall(b"x")

    ended = threading.Event()
    with (
        answering(b"HTTP/1.1 200 OK\r\nX: ", drip) as url,
        pytest.raises(Unreadable, match="timed out"),
    ):
        submit(url, log.signed(5), 0, (), timeout=0.3)


def test_nobody_there_is_told(log: Log) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreadable):
        submit(f"http://127.0.0.1:{port}", log.signed(5), 0, (), timeout=TIMEOUT)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:80",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:99999",
        "http://a b/",
        "http://user@127.0.0.1",
        "http://127.0.0.1/?x",
        "http://127.0.0.1/#x",
        "http://127.0.0.1/\n",
        "http://[::1",
        "http://例.example",
        "http://127.0.0.1/例",
        "http://" + "a" * 64,
    ],
)
def test_an_address_that_is_none_is_told(log: Log, url: str) -> None:
    with pytest.raises(Malformed) as refused:
        submit(url, log.signed(5), 0, (), timeout=TIMEOUT)
    assert refused.value.code == "witness.address"


# https


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, signed by itself, and its key."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "witness")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, None)
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def test_https_needs_a_certificate_that_can_be_verified(
    directory: Path, clock: Clock, log: Log, certificate: Path
) -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    ours = ssl.create_default_context(cafile=str(certificate))
    with serving(directory, clock) as server:
        server.socket = theirs.wrap_socket(server.socket, server_side=True)
        url = f"https://localhost:{server.server_port}"
        with pytest.raises(Unreadable):
            submit(url, log.signed(5), 0, (), timeout=TIMEOUT)
        with pytest.raises(Unreadable):  # trusted, but for another name
            submit(url.replace("localhost", "127.0.0.1"), log.signed(5), 0, (), timeout=TIMEOUT, context=ours)
        assert isinstance(submit(url, log.signed(5), 0, (), timeout=TIMEOUT, context=ours), Accepted)
