"""How an account gets its credentials: by an invitation, used once, after which only its holder knows them.

The security administrator issues the invitation and never sees password or authenticator. Whoever lost either gets a
new invitation. Who issued it and when it was used stand in the ledger, so that an administrator who uses one himself is
seen: the account's holder finds that it no longer lets him in.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity import browsers, passkeys, passwords, scoped_tokens, second_factor, trail
from expertpool.identity.errors import AlreadyRetired, CodeRefused, InvitationRefused, NotPermitted
from expertpool.identity.events import ActorInvited, CredentialsSet
from expertpool.identity.models import Actor, Centre, Credential, Invitation, RecoveryCode, TrailKind
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.sealing import Keys
from expertpool.identity.service import require

VALID: Final = timedelta(hours=72)
_FORM: Final = re.compile(r"epi_([0-9a-z]{26})_([A-Za-z0-9_-]{43})", re.ASCII)
_NONE: Final = hashlib.sha256(secrets.token_bytes(32)).digest()


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom an invitation is for, with the secret that an authenticator is to take."""

    actor: Actor
    secret: str = field(repr=False)


def invite(tx: Transaction, keys: Keys, actor_id: str) -> str:
    """Issue an invitation and return its text, shown this once. Raises `NotPermitted`, `AlreadyRetired`."""
    actor = tx.session.get(Actor, actor_id, with_for_update=True)
    require(tx, "actor.invite", Target() if actor is None else target_of(tx.session, actor))
    if actor is None:
        raise NotPermitted("actor.invite")
    if not actor.active:
        raise AlreadyRetired
    secret = secrets.token_urlsafe(32)
    made = tx.session.get(Invitation, actor.id) or Invitation(actor_id=actor.id)
    made.digest, made.expires = _digest(secret), tx.now + VALID
    made.totp = second_factor.sealed(keys, actor.id, second_factor.new_secret())
    tx.session.add(made)
    tx.record(ActorInvited(account=actor.id))
    return f"epi_{actor.id.removeprefix('act_')}_{secret}"


def invited(session: Session, keys: Keys, text: str, now: datetime) -> Invited:
    """Whom this invitation is for. Raises `InvitationRefused`."""
    match = _FORM.fullmatch(text.strip())
    found = session.get(Invitation, f"act_{match[1]}") if match else None
    right = compare_digest(_digest(match[2] if match else ""), found.digest if found else _NONE)
    if found is None or not right or found.expires <= now:
        raise InvitationRefused(field="invitation")
    actor = session.get_one(Actor, found.actor_id)
    if not actor.active:
        raise InvitationRefused(field="invitation")
    return Invited(actor, second_factor.opened(keys, actor.id, found.totp))


def words_about(session: Session, actor: Actor) -> tuple[str, ...]:
    """What others would try first as this account's password."""
    centre = session.get_one(Centre, actor.centre_id)
    return (actor.code, *actor.code.split("-"), actor.role.value, centre.code, centre.name_zh, *centre.name_en.split())


def accept(tx: Transaction, keys: Keys, text: str, *, sealed_hash: bytes, code: str, source: bytes) -> tuple[str, ...]:
    """Set the credentials of whoever was invited, and return the recovery codes, shown this once.

    ``sealed_hash`` is made before the transaction, because hashing is slow. ``code`` shows that the authenticator has
    taken the secret. Every passkey, session and scoped token of the account ends. Raises `InvitationRefused`,
    `CodeRefused`.
    """
    session = tx.session
    actor = invited(session, keys, text, tx.now).actor
    found = session.get(Invitation, actor.id, with_for_update=True, populate_existing=True)
    if found is None:
        raise InvitationRefused(field="invitation")
    step = second_factor.step_of(keys, actor.id, found.totp, code, tx.now)
    if step is None:
        raise CodeRefused(field="code")
    held = session.get(Credential, actor.id) or Credential(actor_id=actor.id)
    held.password, held.totp, held.totp_step, held.set_at = sealed_hash, found.totp, step, tx.now
    session.add(held)
    session.delete(found)
    session.execute(delete(RecoveryCode).where(RecoveryCode.actor_id == actor.id))
    codes = second_factor.new_recovery_codes()
    for each in codes:
        session.add(RecoveryCode(digest=second_factor.recovery_digest(each), actor_id=actor.id))
    for passkey in passkeys.of(session, actor.id):
        passkeys.forget(session, passkey)
    browsers.end_all(tx, actor.id)
    scoped_tokens.end_all(tx, actor.id)
    trail.note(tx, TrailKind.CREDENTIALS_SET, actor=actor, source=source)
    tx.record(CredentialsSet(account=actor.id))
    return codes


def sealed_password(keys: Keys, actor: Actor, password: str, about: tuple[str, ...]) -> bytes:
    """The sealed hash of a password that may be one. Raises what `passwords.check` raises."""
    passwords.check(password, about)
    return passwords.sealed_hash(keys, actor.id, password)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
