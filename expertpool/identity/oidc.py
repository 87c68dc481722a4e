"""Whom an OpenID provider knows, linked to accounts; and how a browser is sent there and comes back.

Nothing is written when a browser leaves: state is a challenge of ours, with where to go on sealed under it, and nonce
and PKCE verifier follow from it under a key that only we have. It counts once, in time, from the browser that was sent.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.keyrings import ACCOUNTS_KEY
from expertpool.core.keystore import SealBroken
from expertpool.core.sign_in_settings import OidcSettings
from expertpool.core.transaction import Transaction
from expertpool.identity import challenges, linking
from expertpool.identity.errors import NoSuchLink, OidcUnavailable, SubjectTaken
from expertpool.identity.models import Actor, LinkedSubject, Way
from expertpool.identity.sealing import Keys

PURPOSE: Final = "oidc"
SIGN_IN, CONFIRM = "sign-in", "confirm"
LONGEST_NEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Errand:
    """A browser on its way to the provider and back: what for, and where it goes on afterwards."""

    challenge: bytes = field(repr=False)
    aim: str
    next: str

    def nonce(self, keys: Keys) -> str:
        return keys.hmac_sha256(ACCOUNTS_KEY, b"oidc nonce\0" + self.challenge).hex()

    def verifier(self, keys: Keys) -> str:
        return keys.hmac_sha256(ACCOUNTS_KEY, b"oidc verifier\0" + self.challenge).hex()


def leaving(keys: Keys, browser: str, now: datetime, *, aim: str, next_page: str) -> Errand:
    """Send a browser on its way; ``browser`` is the secret of its cookie."""
    next_page = next_page if len(next_page) <= LONGEST_NEXT else ""
    return Errand(challenges.new(keys, PURPOSE, browser, now), aim, next_page)


def address(keys: Keys, settings: OidcSettings, errand: Errand, *, endpoint: str, back: str) -> str:
    """Where to send the browser: the provider's page, with what it has to bring back (RFC 7636 for the challenge)."""
    verifier = hashlib.sha256(errand.verifier(keys).encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": back,
        "scope": "openid",
        "state": _written(keys, errand),
        "nonce": errand.nonce(keys),
        "code_challenge": urlsafe_b64encode(verifier).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if settings.acr:
        asked["acr_values"] = " ".join(settings.acr)
    if errand.aim == CONFIRM:
        asked |= {"prompt": "login", "max_age": "0"}
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def returned(keys: Keys, state: str) -> Errand | None:
    """Whose errand a state says it is; whether it is ours is known when its challenge is spent."""
    try:
        whole = urlsafe_b64decode(state.encode("ascii"))
        challenge, sealed = whole[: challenges.BYTES], whole[challenges.BYTES :]
        aim, _, next_page = keys.open(ACCOUNTS_KEY, sealed, _context(challenge)).decode().partition("\0")
    except (ValueError, SealBroken):
        return None
    return Errand(challenge, aim, next_page)


def link(tx: Transaction, actor_id: str, issuer: str, subject: str, source: bytes) -> LinkedSubject:
    """Let whom the provider knows by this subject sign in to an account; every session of the account ends.

    Raises `NotPermitted`, `AlreadyRetired`, `SubjectTaken`, and `OidcUnavailable` where no provider is set.
    """
    actor = linking.linkable(tx, actor_id)
    if not issuer:
        raise OidcUnavailable
    row = LinkedSubject(actor_id=actor.id, issuer=issuer, subject=subject, added=tx.now)
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        raise SubjectTaken(field="subject") from None
    linking.note_added(tx, actor, Way.OIDC, f"{issuer} {subject}", source)
    return row


def unlink(tx: Transaction, actor_id: str, link_id: str, source: bytes) -> None:
    """Take that away; every session of the account ends. Raises `NotPermitted`, `NoSuchLink`."""
    actor = linking.linkable(tx, actor_id)
    row = tx.session.get(LinkedSubject, link_id)
    if row is None or row.actor_id != actor.id:
        raise NoSuchLink
    tx.session.delete(row)
    linking.note_removed(tx, actor, Way.OIDC, f"{row.issuer} {row.subject}", source)


def of(session: Session, actor_id: str) -> Sequence[LinkedSubject]:
    """An account's identities elsewhere, the latest first."""
    found = select(LinkedSubject).where(LinkedSubject.actor_id == actor_id)
    return session.scalars(found.order_by(LinkedSubject.added.desc(), LinkedSubject.id)).all()


def holder(session: Session, issuer: str, subject: str) -> Actor | None:
    """Whose identity this is."""
    found = select(Actor).join(LinkedSubject, LinkedSubject.actor_id == Actor.id)
    return session.scalar(found.where(LinkedSubject.issuer == issuer, LinkedSubject.subject == subject))


def _written(keys: Keys, errand: Errand) -> str:
    told = f"{errand.aim}\0{errand.next}".encode()
    sealed = keys.seal(ACCOUNTS_KEY, told, _context(errand.challenge))
    return urlsafe_b64encode(errand.challenge + sealed).decode()


def _context(challenge: bytes) -> bytes:
    return b"oidc.state:" + challenge
