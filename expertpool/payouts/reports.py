"""Reports of the payment provider: docs/spec/payment-provider.md, section 2.

The web process sees a report go by and keeps nothing of it that could be read: digests under the provider's secret, and
a job for the vault of one size whatever was reported. An amount may tell who was paid elsewhere this month.
"""

import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from expertpool.core.errors import Invalid
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.transaction import Transaction
from expertpool.invitations.gateway_reports import Opener, hand_over, is_new, signed_just_now
from expertpool.invitations.signing import Claim, Sent
from expertpool.payouts.http_provider import REPORT, REPORTING, PaymentsSecretMissing, payments_secret
from expertpool.payouts.provider import Outcome, Reason, Report

NAME: Final = "payments"
"""What the provider is called beside the gateways."""
REPORTED: Final = "payouts.reported"
"""The vault's job: ``sealed`` is for `open_report`."""
INFO: Final = b"expertpool/payment/sealed/v1\n"

log = structlog.get_logger("payments")


class ReasonMisplaced(Invalid):
    code = "payouts.report-reason-misplaced"
    zh = "outcome 为 failed 或 returned 时要填写 reason，为 paid 时不填。"
    en = "`reason` goes with the outcomes `failed` and `returned`, and not with `paid`; nothing was changed."


def authenticate(header: str, *, path: str, body: bytes, now: datetime) -> Claim:
    """Whether the provider signed a report just now. Raises `ReportNotSigned`, `ReportTimeOutside`."""
    try:
        secret = payments_secret(REPORTING)
    except PaymentsSecretMissing as missing:
        log.warning("payments.reports-refused", reason=missing.code)
        secret = None
    return signed_just_now(secret, Sent(REPORT, "POST", path, body), header, now)


def take(tx: Transaction, report: Report, claim: Claim) -> None:
    """Pass a report on to the vault, once: its repetition changes nothing.

    Raises `ReasonMisplaced`, `ReportInFuture`, `ReportReplayed`, `EventUsed`, `VaultKeyMissing`.
    """
    if (report.reason is None) != (report.outcome is Outcome.PAID):
        raise ReasonMisplaced(field="reason")
    plain = {
        "amount": report.amount,
        "at": int(report.at.timestamp()),
        "event": report.event,
        "outcome": report.outcome.value,
        "payment": report.payment,
        "reason": report.reason and report.reason.value,
        "reference": report.reference,
    }
    if is_new(tx, NAME, payments_secret(REPORTING), plain, claim):
        hand_over(tx, REPORTED, INFO, plain)


def open_report(keys: Opener, sealed: str) -> Report:
    """The report in a job's ``sealed``. Raises `EnvelopeBroken`, and `ValueError` for what the web never wrote."""
    said: dict[str, Any] = json.loads(keys.open_hpke(VAULT_BOX, b64decode(sealed), INFO))
    try:
        return Report(
            event=str(said["event"]),
            payment=str(said["payment"]),
            outcome=Outcome(said["outcome"]),
            amount=int(said["amount"]),
            at=datetime.fromtimestamp(said["at"], UTC),
            reference=str(said["reference"]),
            reason=said["reason"] and Reason(said["reason"]),
        )
    except (KeyError, TypeError, OverflowError, OSError):
        raise ValueError("no report") from None
