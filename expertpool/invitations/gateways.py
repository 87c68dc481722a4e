"""The gateways of an installation: who takes a message, and who takes it when that one cannot."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from expertpool.core.clock import Clock
from expertpool.core.errors import Unavailable
from expertpool.core.gateway_settings import GatewaySettings
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import OnlyForDemonstration
from expertpool.invitations.file_gateway import FileGateway
from expertpool.invitations.gateway import Channel, Gateway
from expertpool.invitations.http_gateway import HttpGateway
from expertpool.invitations.signing import SECRET_BYTES
from expertpool.invitations.smtp_gateway import SmtpGateway

FIRST, SECOND, SMTP = "first", "second", "smtp"
REPORTING: Final = (FIRST, SECOND)
"""The gateways that report what came of a message."""


class SecretMissing(Unavailable):
    code = "invitations.gateway-secret-missing"
    zh = "环境变量 {variable} 未设置或过短：应为至少 {least} 个字节的随机密钥。"
    en = "The environment variable {variable} is missing or too short: put a secret of {least} random bytes there."
    variable: str
    least: int


class Gateways:
    """In order of use. Names are unique: reports come back under them."""

    def __init__(self, ordered: Sequence[Gateway]) -> None:
        self._ordered = tuple(ordered)
        if len({gateway.name for gateway in self._ordered}) != len(self._ordered):
            raise ValueError("two gateways of one name")

    def __iter__(self) -> Iterator[Gateway]:
        return iter(self._ordered)

    def of(self, channel: Channel) -> tuple[Gateway, ...]:
        """Those that send on a channel: the first, then its substitutes; empty where there is none."""
        return tuple(gateway for gateway in self._ordered if channel in gateway.channels)


def open_gateways(settings: Settings, clock: Clock, environ: Mapping[str, str] = os.environ) -> Gateways:
    """What the settings name, for the vault: the first, which in a demonstration may be files, the second, the mail.

    Raises `SecretMissing`, `GatewayAddressUnsafe`, `OnlyForDemonstration`.
    """
    found: list[Gateway] = []
    if settings.gateway_first.url:
        found.append(_http(FIRST, settings.gateway_first, clock, environ))
    elif settings.service.mode == "demo":
        found.append(FileGateway(settings.draws.messages))
    else:
        raise OnlyForDemonstration("gateway_first.url")
    if settings.gateway_second.url:
        found.append(_http(SECOND, settings.gateway_second, clock, environ))
    if settings.smtp.host:
        password = environ.get("EXPERTPOOL_SMTP_PASSWORD", "")
        if settings.smtp.user and not password:
            raise SecretMissing("EXPERTPOOL_SMTP_PASSWORD", 1)
        found.append(SmtpGateway(settings.smtp, password))
    return Gateways(found)


def sending_secret(name: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """With which the vault signs what it sends a gateway. Raises `SecretMissing`."""
    return _secret(f"EXPERTPOOL_GATEWAY_{name.upper()}_SECRET", environ)


def reports_secret(name: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """With which a gateway signs what it reports to the web process. Raises `SecretMissing`."""
    return _secret(f"EXPERTPOOL_GATEWAY_{name.upper()}_REPORTS_SECRET", environ)


def _http(name: str, settings: GatewaySettings, clock: Clock, environ: Mapping[str, str]) -> HttpGateway:
    return HttpGateway(
        name,
        settings.url,
        [Channel(channel) for channel in settings.channels],
        secret=sending_secret(name, environ),
        clock=clock,
        timeout=settings.timeout_s,
    )


def _secret(variable: str, environ: Mapping[str, str]) -> bytes:
    secret = environ.get(variable, "").encode()
    if len(secret) < SECRET_BYTES:
        raise SecretMissing(variable, SECRET_BYTES)
    return secret
