"""A mail server on loopback, as small as tests need: AUTH PLAIN, STARTTLS or TLS, replies of the test's choice."""

import datetime as dt
import socketserver
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LOGIN = ("sender", "the password")


class FakeMail(socketserver.ThreadingTCPServer):
    """``replies`` by command (``RCPT``, ``.`` for the content, ``NOOP``) go before what a well server says."""

    def __init__(self, certificate: Path, *, tls: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.tls = tls
        self.starttls = True
        self.replies: dict[str, str] = {}
        self.letters: list[EmailMessage] = []
        self.in_the_clear: list[bytes] = []


class _Session(socketserver.StreamRequestHandler):
    server: FakeMail

    def handle(self) -> None:
        self.secured = False
        if self.server.tls:
            self._secure()
        self._say("220 mail.example")
        while line := self.rfile.readline():
            if not self.secured:
                self.server.in_the_clear.append(line)
            if not self._obey(line.decode().strip()):
                return

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def _obey(self, line: str) -> bool:
        command = line.partition(" ")[0].upper()
        if command in self.server.replies:
            self._say(self.server.replies[command])
        elif command == "EHLO":
            more = [] if self.secured or not self.server.starttls else ["STARTTLS"]
            self._say("\r\n".join([f"250-{each}" for each in ["mail.example", "AUTH PLAIN", *more]] + ["250 SIZE"]))
        elif command == "STARTTLS":
            self._say("220 go on")
            self._secure()
        elif command == "AUTH":
            _, user, password = b64decode(line.split()[2]).decode().split("\0")
            self._say("235 welcome" if (user, password) == LOGIN else "535 who are you")
        elif command == "DATA":
            self._take()
        elif command == "QUIT":
            self._say("221 bye")
            return False
        else:
            self._say("250 fine")
        return True

    def _take(self) -> None:
        self._say("354 go on")
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            content += line
        reply = self.server.replies.get(".", "250 taken")
        if reply.startswith("250"):
            letter = message_from_bytes(content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.server.letters.append(letter)
        self._say(reply)

    def _secure(self) -> None:
        self.rfile.close()
        self.wfile.close()
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.secured = True

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(30)


@contextmanager
def serving(server: FakeMail) -> Iterator[FakeMail]:
    """Serve on loopback, port ``server.server_address[1]``."""
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that mistrusts us hangs up
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path) -> Path:
    """A certificate for localhost, signed by itself, and its key."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, None)
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path
