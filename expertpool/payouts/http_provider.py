"""A payment provider over HTTP: docs/spec/payment-provider.md. Only ever https, or plain to this machine."""

import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog

from expertpool.core.clock import Clock
from expertpool.core.errors import Invalid, Unavailable
from expertpool.core.payment_settings import PaymentSettings
from expertpool.invitations.signed_http import NoAnswer, Refused, SignedPeer, is_safe
from expertpool.invitations.signing import SECRET_BYTES
from expertpool.payouts.provider import Payment, ProviderFailed, ProviderRefused
from ledger.canonical import canonical

REQUEST: Final = b"expertpool/payment/request/v1\n"
"""The domain of what the service sends a provider."""
REPORT: Final = b"expertpool/payment/report/v1\n"
"""The domain of what a provider sends the service."""
REFUSALS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
"""With these a provider says that it has not paid and never will under this id; any other but success says nothing."""
PAYING, REPORTING = "EXPERTPOOL_PAYMENTS_SECRET", "EXPERTPOOL_PAYMENTS_REPORTS_SECRET"

log = structlog.get_logger("payments")


class ProviderAddressUnsafe(Invalid):
    code = "payouts.provider-address-unsafe"
    zh = "支付机构的网址 payments.url 必须是 https（http 只可用于本机）。请修改设置。"
    en = "The payment provider's address, payments.url, must be https (http for this machine only). Change it."


class PaymentsSecretMissing(Unavailable):
    code = "payouts.secret-missing"
    zh = "环境变量 {variable} 未设置或过短：应为至少 {least} 个字节的随机密钥。"
    en = "The environment variable {variable} is missing or too short: put a secret of {least} random bytes there."
    variable: str
    least: int


class HttpProvider:
    """One adapter. ``secret`` signs what it is sent; ``timeout`` in seconds, for a whole answer."""

    def __init__(self, url: str, *, secret: bytes, clock: Clock, timeout: float) -> None:
        """Raises `ProviderAddressUnsafe`."""
        if not is_safe(url):
            raise ProviderAddressUnsafe
        self._peer = SignedPeer(url, domain=REQUEST, secret=secret, clock=clock, timeout=timeout)

    def pay(self, payment: Payment) -> None:
        """Raises `ProviderFailed`, `ProviderRefused`."""
        body = canonical(
            {
                "account": payment.account,
                "amount": payment.amount,
                "id": payment.id,
                "name": payment.name,
                "remark": payment.remark,
            }
        )
        headers = {"Content-Type": "application/json", "Idempotency-Key": payment.id}
        try:
            answer = self._peer.ask("POST", "/payments", body, headers)
        except Refused as refused:
            if refused.status in REFUSALS:
                raise ProviderRefused from None
            raise _failed(str(refused)) from None
        except NoAnswer as error:
            raise _failed(str(error)) from None
        if answer.get("id") != payment.id:
            raise _failed("another payment")


def open_provider(
    settings: PaymentSettings, clock: Clock, environ: Mapping[str, str] = os.environ
) -> HttpProvider | None:
    """The provider that the settings name, for the vault; None where payments leave as files.

    Raises `PaymentsSecretMissing`, `ProviderAddressUnsafe`.
    """
    if not settings.url:
        return None
    secret = payments_secret(PAYING, environ)
    return HttpProvider(settings.url, secret=secret, clock=clock, timeout=settings.timeout_s)


def payments_secret(variable: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """The secret in a variable: `PAYING` in the vault, `REPORTING` in the web. Raises `PaymentsSecretMissing`."""
    secret = environ.get(variable, "").encode()
    if len(secret) < SECRET_BYTES:
        raise PaymentsSecretMissing(variable, SECRET_BYTES)
    return secret


def _failed(reason: str) -> ProviderFailed:
    """The log says why; it never says of which payment."""
    log.warning("payments.provider-failed", reason=reason)
    return ProviderFailed()
