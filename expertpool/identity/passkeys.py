"""Passkeys (Web Authentication, Level 3): signing in and confirming with a key that an authenticator keeps.

The authenticator verifies its user by finger, face or PIN, so a passkey is two factors at once. It signs a challenge of
ours together with the origin that the browser saw, which is why no other site can pass the signature on. What is kept
here is a public key. Whoever alters one in the database leaves a row that differs from its ledger entry.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn.helpers import structs
from webauthn.helpers.exceptions import WebAuthnException

from expertpool.core.settings import ServiceSettings
from expertpool.core.transaction import Transaction
from expertpool.identity import challenges, trail
from expertpool.identity.errors import NoSuchPasskey, PasskeyTaken, PasskeyUnusable, TooManyPasskeys
from expertpool.identity.events import WayAdded, WayRemoved
from expertpool.identity.models import Actor, Passkey, PasskeyUse, TrailKind, Way
from expertpool.identity.queries import target_of
from expertpool.identity.sealing import Keys
from expertpool.identity.service import require

MOST: Final = 10
REGISTER: Final = "passkey registration"
SIGN: Final = "passkey signature"
_TIMEOUT_MS: Final = int(challenges.VALID.total_seconds() * 1000)
_VERIFIED: Final = structs.UserVerificationRequirement.REQUIRED
# What parsers of hostile CBOR, JSON and base64 raise besides the library's own.
MALFORMED: Final = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks for passkeys: host name and origin of ``service.base_url``, and what authenticators call the site."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an authenticator answered to a site, as JSON, and the secret of the cookie of the browser that sent it."""

    party: RelyingParty
    response: str = field(repr=False)
    browser: str = field(repr=False)

    def challenge(self) -> bytes:
        """The challenge that it says it answers; empty where there is none. Nothing is checked yet."""
        try:
            said: Any = json.loads(webauthn.base64url_to_bytes(json.loads(self.response)["response"]["clientDataJSON"]))
            return webauthn.base64url_to_bytes(said["challenge"])
        except MALFORMED:
            return b""


def relying_party(service: ServiceSettings) -> RelyingParty | None:
    """None where there can be no passkeys: they belong to a host name, never to a numeric address."""
    parts = urlsplit(service.base_url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}".lower(), service.name_zh)
    return None


def of(session: Session, actor_id: str) -> Sequence[Passkey]:
    """An account's passkeys, the oldest first."""
    found = select(Passkey).where(Passkey.actor_id == actor_id).order_by(Passkey.added, Passkey.id)
    return session.scalars(found).all()


def of_with_use(session: Session, actor_id: str) -> list[tuple[Passkey, datetime | None]]:
    """The same, each with when it was last used."""
    held = of(session, actor_id)
    last = select(PasskeyUse.passkey_id, PasskeyUse.used).where(PasskeyUse.passkey_id.in_([each.id for each in held]))
    used = {row.passkey_id: row.used for row in session.execute(last)}
    return [(each, used.get(each.id)) for each in held]


def own(session: Session, actor_id: str, passkey_id: str) -> Passkey:
    """One of one's own passkeys. Raises `NoSuchPasskey`, also for somebody else's."""
    row = session.get(Passkey, passkey_id)
    if row is None or row.actor_id != actor_id:
        raise NoSuchPasskey
    return row


def to_register(party: RelyingParty, actor: Actor, held: Sequence[Passkey], challenge: bytes) -> str:
    """What the browser's ``navigator.credentials.create`` is asked, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=actor.id.encode(),
        user_name=actor.code,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each.credential) for each in held],
    )
    return webauthn.options_to_json(options)


def to_sign(party: RelyingParty, challenge: bytes, held: Sequence[Passkey] = ()) -> str:
    """What ``navigator.credentials.get`` is asked, as JSON; without ``held`` any passkey for this site will do."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=each.credential) for each in held],
        user_verification=_VERIFIED,
    )
    return webauthn.options_to_json(options)


def add(tx: Transaction, keys: Keys, answer: Answer, *, name: str, source: bytes) -> Passkey:
    """Register a passkey for the account that asks.

    Raises `NotPermitted`, `TooManyPasskeys`, `PasskeyUnusable`, `PasskeyTaken`.
    """
    actor = _actor(tx)
    if tx.session.scalar(select(func.count()).where(Passkey.actor_id == actor.id)) >= MOST:  # type: ignore[operator]
        raise TooManyPasskeys(MOST)
    challenge = answer.challenge()
    if not challenges.spend(tx, keys, challenge, REGISTER, answer.browser):
        raise PasskeyUnusable
    try:
        made = webauthn.verify_registration_response(
            credential=answer.response,
            expected_challenge=challenge,
            expected_rp_id=answer.party.id,
            expected_origin=answer.party.origin,
            require_user_verification=True,
        )
    except MALFORMED:
        raise PasskeyUnusable from None
    row = Passkey(
        actor_id=actor.id,
        credential=made.credential_id,
        public=made.credential_public_key,
        name=name,
        added=tx.now,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        raise PasskeyTaken from None
    tx.session.add(PasskeyUse(passkey_id=row.id, count=made.sign_count))
    trail.note(tx, TrailKind.WAY_ADDED, actor=actor, source=source, way=Way.PASSKEY)
    tx.record(WayAdded(account=actor.id, way=Way.PASSKEY.value, identifier=row.id))
    return row


def remove(tx: Transaction, passkey_id: str, source: bytes) -> None:
    """Take one of one's own passkeys away. Raises `NotPermitted`, `NoSuchPasskey`."""
    actor = _actor(tx)
    row = own(tx.session, actor.id, passkey_id)
    forget(tx.session, row)
    trail.note(tx, TrailKind.WAY_REMOVED, actor=actor, source=source, way=Way.PASSKEY)
    tx.record(WayRemoved(account=actor.id, way=Way.PASSKEY.value, identifier=passkey_id))


def forget(session: Session, passkey: Passkey) -> None:
    """Delete a passkey with what is known of its use."""
    use = session.get(PasskeyUse, passkey.id)
    if use is not None:
        session.delete(use)
        session.flush()
    session.delete(passkey)


def _actor(tx: Transaction) -> Actor:
    """Whoever acts, locked, so that two registrations at once do not pass the limit."""
    actor = tx.session.get_one(Actor, tx.actor, with_for_update=True)
    require(tx, "passkey.manage", target_of(tx.session, actor))
    return actor
