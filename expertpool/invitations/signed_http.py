"""Asking a program of somebody else over HTTP with requests that are signed: docs/spec/gateway.md, section 1.

Gateways and payment providers are asked so. Only ever https, or plain to this machine; a redirect is never followed,
an answer never longer than it may be, and nobody is waited for longer than the time that there is for a whole answer.
"""

import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from expertpool.core.clock import Clock
from expertpool.invitations import signing

MAX_ANSWER_BYTES: Final = 4096
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_NO_HEADERS: Final[Mapping[str, str]] = {}


class Refused(Exception):
    """It answered with a status that is not success."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class NoAnswer(Exception):
    """What came, if anything, is not what the protocol says; the reason may be logged: nothing of the answer is in it.

    Whether it did what it was asked is unknown.
    """


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signature is for one address; whoever sends elsewhere is not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read what goes to this address."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK


class SignedPeer:
    """One program, at an address that `is_safe`. ``timeout``: seconds for a whole answer."""

    def __init__(self, url: str, *, domain: bytes, secret: bytes, clock: Clock, timeout: float) -> None:
        self._url = url
        self._path = urlsplit(url).path
        self._domain = domain
        self._secret = secret
        self._clock = clock
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> dict[str, Any]:
        """The JSON object that it answers. Raises `Refused`, `NoAnswer`."""
        try:
            return self._answer(method, path, body, headers)
        except urllib.error.HTTPError as error:
            error.close()
            raise Refused(error.code) from None
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise NoAnswer(type(reason).__name__) from None

    def _answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        sent = signing.Sent(self._domain, method, self._path + path, body)
        seconds = int(self._clock.now().timestamp())
        authorisation = signing.authorise(self._secret, sent, seconds=seconds, nonce=secrets.token_hex(16))
        request = urllib.request.Request(  # noqa: S310 -- https, or http to this machine: see `is_safe`
            self._url + path,
            data=body or None,
            headers={"Accept": "application/json", "Authorization": authorisation, **headers},
            method=method,
        )
        until = time.monotonic() + self._timeout
        with self._opener.open(request, timeout=self._timeout) as response:
            answer = _read(response, until)
        try:
            value = json.loads(answer)
        except (ValueError, RecursionError):
            raise NoAnswer("not JSON") from None
        if type(value) is not dict:
            raise NoAnswer("not an object")
        return value


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    """The whole answer; a peer that sends a byte now and then is not waited for longer than any other."""
    answer = b""
    while chunk := response.read1(MAX_ANSWER_BYTES):
        answer += chunk
        if len(answer) > MAX_ANSWER_BYTES:
            raise NoAnswer("too long")
        if time.monotonic() > until:
            raise TimeoutError
    return answer
