"""An authenticator as a browser has one: it makes passkeys (ES256, no attestation) and signs with them."""

import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url
from werkzeug.test import TestResponse

from tests.browser import Browser

NEW = "/account/passkeys/new"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass(slots=True)
class Authenticator:
    """One passkey. What it says can be bent by its fields: origin, flags, count."""

    origin: str = "http://localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: bytes = b""
    site: str = ""

    def create(self, asked: dict[str, Any]) -> str:
        """What ``navigator.credentials.create`` gives to a page that asks this."""
        self.user, self.site = base64url_to_bytes(asked["user"]["id"]), asked["rp"]["id"]
        point = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + public
        data = self._data(self.flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._said("webauthn.create", asked)
        return self._answer(clientDataJSON=said, attestationObject=attestation)

    def get(self, asked: dict[str, Any]) -> str:
        """What ``navigator.credentials.get`` gives."""
        data, said = self._data(self.flags), self._said("webauthn.get", asked)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=said, authenticatorData=data, signature=signature, userHandle=self.user)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind: str, asked: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.credential)
        written = {part: bytes_to_base64url(value) for part, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": written})


def asked(shown: str) -> dict[str, Any]:
    """What a page's form asks of an authenticator."""
    found = re.search(r'data-passkey="([^"]+)"', shown)
    assert found is not None, shown
    wish: dict[str, Any] = json.loads(html.unescape(found[1]))
    return wish


def register(browser: Browser, key: Authenticator, name: str = "办公室电脑") -> TestResponse:
    wish = asked(browser.get(NEW).text)
    return browser.send(NEW, {"name": name, "response": key.create(wish)})


def answer(browser: Browser, authenticator: Authenticator, page: str = "/sign-in", **bent: Any) -> TestResponse:
    """Have the passkey sign what a page asks, after its fields were bent."""
    wish = asked(browser.get(page).text)
    for name, value in bent.items():
        setattr(authenticator, name, value)
    return browser.send(f"{page}/passkey", {"response": authenticator.get(wish)}, page=page)
