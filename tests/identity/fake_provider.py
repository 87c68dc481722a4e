"""An OpenID provider on loopback that checks what it is sent, and plays well or badly.

with serving(clock) as provider:
    code = provider.grant(address, sub="zhang")     # somebody signed in there; ``address`` is where we sent the browser
    provider.mood = Mood.FAILING                     # from now on
"""

import hashlib
import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from expertpool.core.clock import Clock

CLIENT, SECRET = "expertpool", "s3cret:with/signs"


class Mood(StrEnum):
    """How it behaves."""

    WELL = "well"
    FAILING = "failing"
    REDIRECTING = "redirecting"
    """Points to itself, where it would answer well."""
    BABBLING = "babbling"
    """Answers far more than it may."""
    HANGING_UP = "hanging-up"
    PORTAL = "portal"
    """Answers 200 with a page."""
    ANOTHER = "another"
    """Says that it is another issuer."""
    UNSAFE = "unsafe"
    """Sends its callers over plain http to another machine."""


class FakeProvider:
    """What it knows: one key, and the codes that it gave out."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.mood, self.issuer = clock, Mood.WELL, ""
        self.key = ECKey.generate_key("P-256", {"kid": "one"})
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "one"}
        self.asked: list[str] = []
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}

    def grant(self, address: str, **claims: Any) -> str:
        """A code for whoever was sent to this address and signed in; claims replace the usual ones, None removes."""
        sent = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        now = int(self.clock.now().timestamp())
        usual = {"iss": self.issuer, "aud": CLIENT, "sub": "zhang", "iat": now, "exp": now + 300, "auth_time": now}
        said = {**usual, "nonce": sent["nonce"], **claims}
        code = secrets.token_urlsafe(16)
        self._codes[code] = sent, {name: value for name, value in said.items() if value is not None}
        return code

    def answer(self, path: str, body: str, authorization: str) -> tuple[int, Any]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            at = "http://provider.example" if self.mood is Mood.UNSAFE else self.issuer
            issuer = "https://another.example" if self.mood is Mood.ANOTHER else self.issuer
            places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return 200, {"issuer": issuer, **{name: at + place for name, place in places.items()}}
        if path == "/keys":
            return 200, KeySet([self.key]).as_dict(private=False)
        return self._exchange({name: values[0] for name, values in parse_qs(body).items()}, authorization)

    def _exchange(self, given: dict[str, str], authorization: str) -> tuple[int, Any]:
        if b64decode(authorization.removeprefix("Basic ")).decode() != f"{CLIENT}:s3cret%3Awith%2Fsigns":
            return 401, {"error": "invalid_client"}
        sent, claims = self._codes.pop(given["code"], ({}, {}))
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        is_right = (
            given["grant_type"] == "authorization_code"
            and sent.get("redirect_uri") == given["redirect_uri"]
            and sent["code_challenge"] == urlsafe_b64encode(digest).rstrip(b"=").decode()
        )
        if not is_right:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(claims)}

    def token(self, claims: dict[str, Any]) -> str:
        return jwt.encode(self.header, claims, self.key)


@contextmanager
def serving(clock: Clock) -> Iterator[FakeProvider]:
    """The provider, on a port of this machine."""
    provider = FakeProvider(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            mood, path = provider.mood, self.path.removesuffix("?again")
            if mood is Mood.HANGING_UP:
                return
            if mood is Mood.REDIRECTING and not self.path.endswith("?again"):
                self.send_response(307)
                self.send_header("Location", f"{provider.issuer}{path}?again")
                self.end_headers()
                return
            status, value = provider.answer(path, body, self.headers.get("Authorization", ""))
            answer = json.dumps(value).encode()
            if mood is Mood.FAILING:
                status = 503
            if mood is Mood.PORTAL:
                answer = b"<html>"
            if mood is Mood.BABBLING:
                answer = json.dumps({**value, "x": "x" * 300_000}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
