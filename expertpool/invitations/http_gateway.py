"""A gateway for calls and text messages over HTTP: docs/spec/gateway.md. Only ever https, or plain to this machine."""

import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from expertpool.core.clock import Clock
from expertpool.core.errors import Invalid
from expertpool.invitations import signing
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message
from ledger.canonical import canonical

MAX_ANSWER_BYTES: Final = 4096
REFUSALS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""With these a gateway says that it will never send this message; any other but success says that it cannot now."""
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

log = structlog.get_logger("gateway")


class GatewayAddressUnsafe(Invalid):
    code = "invitations.gateway-address-unsafe"
    zh = "通信网关“{gateway}”的网址必须是 https（http 只可用于本机）。请修改设置。"
    en = "The address of the gateway “{gateway}” must be https (http for this machine only). Change the settings."
    gateway: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signature is for one address; whoever sends elsewhere is not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _BadAnswer(Exception):
    """Not what the protocol says; the reason goes to the log, what was answered does not."""


class HttpGateway:
    """One adapter. ``secret`` signs what it is sent; ``timeout`` in seconds, for a whole answer."""

    def __init__(
        self, name: str, url: str, channels: Collection[Channel], *, secret: bytes, clock: Clock, timeout: float
    ) -> None:
        """Raises `GatewayAddressUnsafe`."""
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise GatewayAddressUnsafe(name)
        self.name = name
        self.channels = frozenset(channels)
        self._url = url
        self._path = parts.path
        self._secret = secret
        self._clock = clock
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def __repr__(self) -> str:
        return f"HttpGateway({self.name!r})"

    def send(self, message: Message) -> None:
        """Raises `GatewayFailed`, `GatewayRefused`."""
        if not message.to:
            raise GatewayRefused(self.name)  # erased from the pool, or never known
        body = canonical(
            {
                "channel": message.channel.value,
                "code": message.code,
                "id": message.id,
                "text": message.text,
                "to": message.to,
            }
        )
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
        answer = self._ask("POST", "/messages", body, headers)
        if answer.get("id") != message.id:
            raise self._failed("another message")

    def health(self) -> Health:
        """Raises `GatewayFailed`."""
        answer = self._ask("GET", "/health", b"", {})
        usable, balance = answer.get("usable"), answer.get("balance")
        if type(usable) is not bool or type(balance) not in (int, type(None)):
            raise self._failed("not a health")
        return Health(usable, balance)

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        try:
            return self._answer(method, path, body, headers)
        except urllib.error.HTTPError as error:
            error.close()
            if method == "POST" and error.code in REFUSALS:
                raise GatewayRefused(self.name) from None
            raise self._failed(f"status {error.code}") from None
        except _BadAnswer as error:
            raise self._failed(str(error)) from None
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise self._failed(type(reason).__name__) from None

    def _answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        sent = signing.Sent(signing.REQUEST, method, self._path + path, body)
        seconds = int(self._clock.now().timestamp())
        authorisation = signing.authorise(self._secret, sent, seconds=seconds, nonce=secrets.token_hex(16))
        request = urllib.request.Request(  # noqa: S310 -- https, or http to this machine: see `__init__`
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
            raise _BadAnswer("not JSON") from None
        if type(value) is not dict:
            raise _BadAnswer("not an object")
        return value

    def _failed(self, reason: str) -> GatewayFailed:
        """The log says why; it never says of which message."""
        log.warning("gateway.failed", gateway=self.name, reason=reason)
        return GatewayFailed(self.name)


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    """The whole answer; a peer that sends a byte now and then is not waited for longer than any other."""
    answer = b""
    while chunk := response.read1(MAX_ANSWER_BYTES):
        answer += chunk
        if len(answer) > MAX_ANSWER_BYTES:
            raise _BadAnswer("too long")
        if time.monotonic() > until:
            raise TimeoutError
    return answer
