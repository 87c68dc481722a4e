"""A gateway for calls and text messages over HTTP: docs/spec/gateway.md. Only ever https, or plain to this machine."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog

from expertpool.core.clock import Clock
from expertpool.core.errors import Invalid
from expertpool.invitations import signing
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message
from expertpool.invitations.signed_http import NoAnswer, Refused, SignedPeer, is_safe
from ledger.canonical import canonical

REFUSALS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""With these a gateway says that it will never send this message; any other but success says that it cannot now."""

log = structlog.get_logger("gateway")


class GatewayAddressUnsafe(Invalid):
    code = "invitations.gateway-address-unsafe"
    zh = "通信网关“{gateway}”的网址必须是 https（http 只可用于本机）。请修改设置。"
    en = "The address of the gateway “{gateway}” must be https (http for this machine only). Change the settings."
    gateway: str


class HttpGateway:
    """One adapter. ``secret`` signs what it is sent; ``timeout`` in seconds, for a whole answer."""

    def __init__(
        self, name: str, url: str, channels: Collection[Channel], *, secret: bytes, clock: Clock, timeout: float
    ) -> None:
        """Raises `GatewayAddressUnsafe`."""
        if not is_safe(url):
            raise GatewayAddressUnsafe(name)
        self.name = name
        self.channels = frozenset(channels)
        self._peer = SignedPeer(url, domain=signing.REQUEST, secret=secret, clock=clock, timeout=timeout)

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
            return self._peer.ask(method, path, body, headers)
        except Refused as refused:
            if method == "POST" and refused.status in REFUSALS:
                raise GatewayRefused(self.name) from None
            raise self._failed(str(refused)) from None
        except NoAnswer as error:
            raise self._failed(str(error)) from None

    def _failed(self, reason: str) -> GatewayFailed:
        """The log says why; it never says of which message."""
        log.warning("gateway.failed", gateway=self.name, reason=reason)
        return GatewayFailed(self.name)
