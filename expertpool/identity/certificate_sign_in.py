"""Signing in with a certificate of a CA key. Whatever is wrong, the answer is one; the trail has the cause.

The key's PIN may have been typed hours ago, and browsers show certificates unasked: so a certificate signs in, and an
exception still wants a code or a passkey.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.sign_in_settings import CertificateSettings
from expertpool.core.transaction import Transactions
from expertpool.identity import attempts, certificates, lockout
from expertpool.identity.attempts import DOOR, NotGood, Origin
from expertpool.identity.browsers import Opened
from expertpool.identity.certificates import Named, Trust
from expertpool.identity.errors import CertificateRefused
from expertpool.identity.models import TrailKind, Way
from expertpool.identity.sealing import Keys


def sign_in(
    transactions: Transactions, keys: Keys, settings: CertificateSettings, pem: bytes | None, origin: Origin
) -> Opened:
    """Sign a browser in as the account to which its certificate is linked.

    Raises `CertificateRefused`, `SignInLocked`, `AuthoritiesUnreadable`.
    """
    trusted = certificates.trust(settings)
    name = _name(pem)
    attempt = lockout.attempt_of(keys, _account(transactions, name), origin.address)
    attempts.pay(transactions, attempt)
    with transactions.begin(DOOR) as tx:
        actor = certificates.holder(tx.session, name) if name else None
        cause = _refusal(pem, trusted, tx.now)
        if cause is None and actor is not None and actor.active:
            return attempts.admit(tx, actor, attempt, Way.CERTIFICATE, origin, confirmed=None)
        attempts.refuse(tx, TrailKind.REFUSED, actor, attempt, way=Way.CERTIFICATE, cause=cause or "unknown")
    raise CertificateRefused


def _name(pem: bytes | None) -> Named | None:
    try:
        return certificates.named(certificates.read(pem)) if pem else None
    except NotGood:
        return None


def _account(transactions: Transactions, name: Named | None) -> str:
    """Whose attempt this is: of an unknown certificate its own."""
    if name is None:
        return "certificate"
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        actor = certificates.holder(session, name)
    return actor.code if actor else f"certificate {name.issuer} {name.serial}"


def _refusal(pem: bytes | None, trusted: Trust, now: datetime) -> str | None:
    if not pem:
        return "no-certificate"
    try:
        certificates.check(certificates.read(pem), trusted, now)
    except NotGood as error:
        return error.cause
    return None
