"""Certificates of CA keys (CA 证书): which are good, and whose they are. Proof of the key itself is the proxy's TLS.

Chain, time and purpose are checked here against the CA files of the settings, and a list of revocations where there is
one (RFC 5280). A certificate says nothing of an account: the security administrator links its issuer and serial number
to one that there is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.sign_in_settings import CertificateSettings
from expertpool.core.transaction import Transaction
from expertpool.identity import linking
from expertpool.identity.attempts import NotGood
from expertpool.identity.errors import AuthoritiesUnreadable, CertificateTaken, CertificateUnusable, NoSuchLink
from expertpool.identity.models import Actor, LinkedCertificate, Way

LONGEST_NAME: Final = 500
LONGEST_SERIAL: Final = 64


@dataclass(frozen=True, slots=True)
class Named:
    """What a certificate is known by: its issuer (RFC 4514) and serial number (hex); and whom it says it is of."""

    issuer: str
    serial: str
    subject: str


@dataclass(frozen=True, slots=True)
class Trust:
    """The CAs that are trusted, and what they revoked; None where nobody keeps lists."""

    authorities: tuple[x509.Certificate, ...]
    revocations: tuple[x509.CertificateRevocationList, ...] | None


def trust(settings: CertificateSettings) -> Trust:
    """What the settings name, read anew each time so that fresh files count at once. Raises `AuthoritiesUnreadable`."""
    try:
        return Trust(
            tuple(each for text in _texts(settings.authorities) for each in x509.load_pem_x509_certificates(text)),
            tuple(map(_list, _texts(settings.revocation_lists))) if settings.revocation_lists else None,
        )
    except (OSError, ValueError):
        raise AuthoritiesUnreadable from None


def read(pem: bytes) -> x509.Certificate:
    """The one certificate of this text. Raises `NotGood`."""
    try:
        (found,) = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise NotGood("malformed") from None
    return found


def named(certificate: x509.Certificate) -> Named:
    """What it is known by. Raises `NotGood`."""
    try:
        issuer, subject = certificate.issuer.rfc4514_string(), certificate.subject.rfc4514_string()
    except ValueError:
        raise NotGood("malformed") from None
    serial = f"{certificate.serial_number:x}"
    if len(issuer) > LONGEST_NAME or len(serial) > LONGEST_SERIAL:
        raise NotGood("malformed")
    return Named(issuer, serial, subject)


def check(certificate: x509.Certificate, trusted: Trust, now: datetime) -> None:
    """Raises `NotGood` unless a trusted CA issued it for signing in, it is in force and not revoked."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise NotGood("expired")
    if not trusted.authorities:
        raise NotGood("chain")
    purpose = verification.ExtensionPolicy.permit_all().require_present(
        x509.ExtendedKeyUsage, verification.Criticality.AGNOSTIC, _for_clients
    )
    policy = verification.PolicyBuilder().store(verification.Store(list(trusted.authorities))).time(now)
    policy = policy.extension_policies(ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(), ee_policy=purpose)
    try:
        chain = policy.build_client_verifier().verify(certificate, []).chain
    except (verification.VerificationError, ValueError):
        raise NotGood("chain") from None
    if not all(each.not_valid_before_utc <= now <= each.not_valid_after_utc for each in chain):
        raise NotGood("chain")  # a trusted CA's own time is not looked at by the library
    if trusted.revocations is not None:
        _refuse_revoked(certificate, chain[1], trusted.revocations, now)


def is_in_force(listed: x509.CertificateRevocationList, now: datetime) -> bool:
    """Whether a list is the present one; one that names no end is never out of date."""
    return listed.last_update_utc <= now and (listed.next_update_utc is None or now <= listed.next_update_utc)


def link(tx: Transaction, actor_id: str, pem: bytes, trusted: Trust, source: bytes) -> LinkedCertificate:
    """Let an account's holder sign in with this certificate; every session of the account ends, so that it is noticed.

    Raises `NotPermitted`, `AlreadyRetired`, `CertificateUnusable`, `CertificateTaken`.
    """
    actor = linking.linkable(tx, actor_id)
    try:
        certificate = read(pem)
        name = named(certificate)
        check(certificate, trusted, tx.now)
    except NotGood:
        raise CertificateUnusable(field="certificate") from None
    row = LinkedCertificate(
        actor_id=actor.id,
        issuer=name.issuer,
        serial=name.serial,
        subject=name.subject[:LONGEST_NAME],
        not_after=certificate.not_valid_after_utc,
        added=tx.now,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        raise CertificateTaken(field="certificate") from None
    linking.note_added(tx, actor, Way.CERTIFICATE, f"{row.issuer} {row.serial}", source)
    return row


def unlink(tx: Transaction, actor_id: str, link_id: str, source: bytes) -> None:
    """Take a certificate from an account; every session of it ends. Raises `NotPermitted`, `NoSuchLink`."""
    actor = linking.linkable(tx, actor_id)
    row = tx.session.get(LinkedCertificate, link_id)
    if row is None or row.actor_id != actor.id:
        raise NoSuchLink
    tx.session.delete(row)
    linking.note_removed(tx, actor, Way.CERTIFICATE, f"{row.issuer} {row.serial}", source)


def of(session: Session, actor_id: str) -> Sequence[LinkedCertificate]:
    """An account's certificates, the latest first."""
    found = select(LinkedCertificate).where(LinkedCertificate.actor_id == actor_id)
    return session.scalars(found.order_by(LinkedCertificate.added.desc(), LinkedCertificate.id)).all()


def holder(session: Session, name: Named) -> Actor | None:
    """Whose certificate this is."""
    found = select(Actor).join(LinkedCertificate, LinkedCertificate.actor_id == Actor.id)
    return session.scalar(found.where(LinkedCertificate.issuer == name.issuer, LinkedCertificate.serial == name.serial))


def _for_clients(
    policy: verification.Policy,  # noqa: ARG001 -- the library's signature
    certificate: x509.Certificate,  # noqa: ARG001
    usage: x509.ExtendedKeyUsage,
) -> None:
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise ValueError("not for clients")


def _refuse_revoked(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    lists: Sequence[x509.CertificateRevocationList],
    now: datetime,
) -> None:
    present = [
        listed
        for listed in lists
        if listed.issuer == issuer.subject
        and is_in_force(listed, now)
        and listed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # of a CA: it signs
    ]
    if not present:
        raise NotGood("revocation-unknown")
    if any(listed.get_revoked_certificate_by_serial_number(certificate.serial_number) for listed in present):
        raise NotGood("revoked")


def _texts(paths: Sequence[str]) -> Iterator[bytes]:
    return (Path(path).read_bytes() for path in paths)


def _list(text: bytes) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(text) if text.startswith(b"-----") else x509.load_der_x509_crl(text)
