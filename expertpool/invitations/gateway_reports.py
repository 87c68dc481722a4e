"""Reports of gateways: who signed one, whether it is new, and how the vault gets it: docs/spec/gateway.md, section 4.

The web process sees a report go by and keeps nothing of it that could be read: digests under the gateway's secret, and
a job for the vault of one size whatever was reported.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from expertpool.core.errors import Conflict, Forbidden, Invalid
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.rows import OperationalRow
from expertpool.core.transaction import Transaction
from expertpool.draws.errors import VaultKeyMissing
from expertpool.invitations.gateway import Outcome, Report
from expertpool.invitations.gateways import REPORTING, SecretMissing, reports_secret
from expertpool.invitations.models import GatewayEvent, GatewayNonce
from expertpool.invitations.signing import REPORT, SKEW_SECONDS, Claim, Sent, read_claim
from expertpool.protocol.envelope import seal_to
from expertpool.sealing.queries import vault_key
from ledger.canonical import canonical

REPORTED: Final = "invitations.report"
"""The vault's job: ``sealed`` is for `open_report`."""
INFO: Final = b"expertpool/gateway/sealed/v1\n"
SEALED_BYTES: Final = 512
KEPT: Final = timedelta(days=3)
"""How long a repetition is known as one; the vault knows for longer."""

_EVENT: Final = b"expertpool/gateway/event/v1\n"
_CONTENT: Final = b"expertpool/gateway/content/v1\n"


log = structlog.get_logger("gateway")


class ReportNotSigned(Forbidden):
    code = "invitations.report-not-signed"
    zh = "该回执没有有效签名，未处理。请核对网关名称、回执密钥和签名的内容（docs/spec/gateway.md 第 1 节）。"
    en = (
        "The report is not signed as it must be; nothing was changed. Check the gateway's name, the secret for reports "
        "and what is signed (docs/spec/gateway.md, section 1)."
    )


class ReportTimeOutside(Forbidden):
    code = "invitations.report-time-outside"
    zh = "签名时间与本系统时钟相差超过 {seconds} 秒，未处理。请校准时钟后重新签名。"
    en = "It was signed more than {seconds} s from our clock; nothing was changed. Set the clock and sign it anew."
    seconds: int


class AnswerMisplaced(Invalid):
    code = "invitations.report-answer-misplaced"
    zh = "outcome 为 answered 时 answer 和 code 都要填写，为其他值时都不填。"
    en = "`answer` and `code` both go with the outcome `answered`, and with no other; nothing was changed."


class ReportInFuture(Invalid):
    code = "invitations.report-in-future"
    zh = "所报时间晚于本系统时钟 {seconds} 秒以上，未处理。请核对 at。"
    en = "What is reported lies more than {seconds} s ahead of our clock; nothing was changed. Check `at`."
    seconds: int


class ReportReplayed(Conflict):
    code = "invitations.report-replayed"
    zh = "同一请求已经收到过，未再处理。如需重发回执，请换新的随机数并重新签名。"
    en = "This very request was taken before; nothing was changed. To repeat a report, sign it with a fresh nonce."


class EventUsed(Conflict):
    code = "invitations.report-event-used"
    zh = "该 event 已用于另一个内容不同的回执，未处理。每个回执应有自己的 event。"
    en = "This `event` was used for a report that said something else; nothing was changed. Give each its own."


class Opener(Protocol):
    """The part of the vault's key store that opens reports."""

    def open_hpke(self, name: str, ciphertext: bytes, info: bytes) -> bytes: ...


def authenticate(name: str, header: str, *, path: str, body: bytes, now: datetime) -> Claim:
    """Whether this gateway signed a report just now. Raises `ReportNotSigned`, `ReportTimeOutside`.

    A gateway that there is not, or whose secret this process has not, is told no more than that.
    """
    try:
        secret = reports_secret(name) if name in REPORTING else None
    except SecretMissing as missing:
        log.warning("gateway.reports-refused", gateway=name, reason=missing.code)
        secret = None
    return signed_just_now(secret, Sent(REPORT, "POST", path, body), header, now)


def signed_just_now(secret: bytes | None, sent: Sent, header: str, now: datetime) -> Claim:
    """What the header claims, if whoever has the secret signed this just now; nobody has None.

    Raises `ReportNotSigned`, `ReportTimeOutside`.
    """
    claim = read_claim(header)
    if claim is None or secret is None or not claim.made_with(secret, sent):
        raise ReportNotSigned
    if not claim.is_fresh(now.timestamp()):
        raise ReportTimeOutside(SKEW_SECONDS)
    return claim


def take(tx: Transaction, report: Report, claim: Claim) -> None:
    """Pass a report on to the vault, once: its repetition changes nothing.

    Raises `AnswerMisplaced`, `ReportInFuture`, `ReportReplayed`, `EventUsed`, `VaultKeyMissing`, `SecretMissing`.
    """
    answered = report.outcome is Outcome.ANSWERED
    if (report.answer is not None) != answered or (report.code is not None) != answered:
        raise AnswerMisplaced(field="answer")
    plain = _plain(report)
    if is_new(tx, report.gateway, reports_secret(report.gateway), plain, claim):
        hand_over(tx, REPORTED, INFO, plain)


def is_new(tx: Transaction, name: str, secret: bytes, plain: Mapping[str, Any], claim: Claim) -> bool:
    """Whether a report (``event``, ``at`` and what else it says) is taken for the first time; notes that it was.

    Raises `ReportInFuture`, `ReportReplayed`, `EventUsed`.
    """
    event, content = (
        hmac.digest(secret, domain + said, "sha256")
        for domain, said in ((_EVENT, plain["event"].encode()), (_CONTENT, canonical(dict(plain))))
    )
    if plain["at"] > tx.now.timestamp() + SKEW_SECONDS:
        raise ReportInFuture(SKEW_SECONDS, field="at")
    _forget(tx)
    if not _claims(tx, GatewayNonce(gateway=name, nonce=claim.nonce, taken=tx.now)):
        raise ReportReplayed
    if _claims(tx, GatewayEvent(gateway=name, event=event, content=content, taken=tx.now)):
        return True
    if not hmac.compare_digest(tx.session.get_one(GatewayEvent, (name, event)).content, content):
        raise EventUsed(field="event")
    return False


def hand_over(tx: Transaction, kind: str, info: bytes, plain: Mapping[str, Any]) -> None:
    """Queue a job of the vault whose ``sealed`` nobody else opens, of one size. Raises `VaultKeyMissing`."""
    public = vault_key(tx.session)
    if public is None:
        raise VaultKeyMissing
    sealed = seal_to(public, info, canonical(dict(plain)).ljust(SEALED_BYTES))
    tx.enqueue(kind, {"sealed": b64encode(sealed).decode()})


def open_report(keys: Opener, sealed: str) -> Report:
    """The report in a job's ``sealed``. Raises `EnvelopeBroken`, and `ValueError` for what the web never wrote."""
    said = json.loads(keys.open_hpke(VAULT_BOX, b64decode(sealed), INFO))
    try:
        return Report(
            gateway=str(said["gateway"]),
            event=str(said["event"]),
            message=str(said["message"]),
            outcome=Outcome(said["outcome"]),
            at=datetime.fromtimestamp(said["at"], UTC),
            answer=said["answer"],
            code=said["code"],
        )
    except (KeyError, TypeError, OverflowError, OSError):
        raise ValueError("no report") from None


def _plain(report: Report) -> dict[str, Any]:
    return {
        "answer": report.answer,
        "at": int(report.at.timestamp()),
        "code": report.code,
        "event": report.event,
        "gateway": report.gateway,
        "message": report.message,
        "outcome": report.outcome.value,
    }


def _claims(tx: Transaction, row: OperationalRow) -> bool:
    """Whether this row is new. Of two at once the database lets one in; the other waits for it."""
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        return False
    return True


def _forget(tx: Transaction) -> None:
    """Nonces for which no signature is fresh any more, and events that nobody repeats."""
    tx.session.execute(delete(GatewayNonce).where(GatewayNonce.taken < tx.now - timedelta(seconds=2 * SKEW_SECONDS)))
    tx.session.execute(delete(GatewayEvent).where(GatewayEvent.taken < tx.now - KEPT))
