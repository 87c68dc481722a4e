"""Signing in, and confirming, with a passkey. Whatever is wrong, the answer is one; the trail has the cause."""

import webauthn
from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn.helpers import parse_authentication_credential_json, structs

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transaction, Transactions
from expertpool.identity import attempts, challenges, lockout
from expertpool.identity.attempts import DOOR, Origin
from expertpool.identity.browsers import Opened
from expertpool.identity.errors import PasskeyRefused
from expertpool.identity.models import Actor, BrowserSession, Passkey, PasskeyUse, TrailKind, Way
from expertpool.identity.passkeys import MALFORMED, SIGN, Answer
from expertpool.identity.sealing import Keys
from expertpool.identity.signing_in import account_of


def sign_in(transactions: Transactions, keys: Keys, answer: Answer, origin: Origin) -> Opened:
    """Sign a browser in as the account whose passkey signed. Raises `PasskeyRefused`, `SignInLocked`."""
    passkey_id, account = _known(transactions, answer)
    attempt = lockout.attempt_of(keys, account, origin.address)
    attempts.pay(transactions, attempt)
    with transactions.begin(DOOR) as tx:
        passkey = tx.session.get(Passkey, passkey_id) if passkey_id else None
        actor = tx.session.get(Actor, passkey.actor_id) if passkey else None
        cause = _refusal(tx, keys, answer, passkey)
        if cause is None and actor is not None and actor.active:
            return attempts.admit(tx, actor, attempt, Way.PASSKEY, origin, confirmed=tx.now)
        attempts.refuse(tx, TrailKind.REFUSED, actor, attempt, way=Way.PASSKEY, cause=cause or "unknown")
    raise PasskeyRefused


def confirm(transactions: Transactions, keys: Keys, session_id: str, answer: Answer, origin: Origin) -> Opened:
    """Take a passkey of the account that is signed in as its second factor. Raises what `sign_in` raises."""
    passkey_id, _ = _known(transactions, answer)
    attempt = lockout.attempt_of(keys, account_of(transactions, session_id), origin.address)
    attempts.pay(transactions, attempt)
    with transactions.begin(DOOR) as tx:
        here = tx.session.get(BrowserSession, session_id)
        actor = tx.session.get(Actor, here.actor_id) if here else None
        passkey = tx.session.get(Passkey, passkey_id) if passkey_id else None
        if passkey is not None and (actor is None or passkey.actor_id != actor.id):
            passkey = None
        cause = _refusal(tx, keys, answer, passkey)
        if cause is None and actor is not None and actor.active:
            return attempts.reconfirm(tx, actor, attempt, Way.PASSKEY, session_id, confirmed=tx.now)
        kind = TrailKind.CONFIRMATION_REFUSED
        attempts.refuse(tx, kind, actor, attempt, way=Way.PASSKEY, cause=cause or "unknown")
    raise PasskeyRefused


def _parsed(answer: Answer) -> structs.AuthenticationCredential | None:
    try:
        return parse_authentication_credential_json(answer.response)
    except MALFORMED:
        return None


def _known(transactions: Transactions, answer: Answer) -> tuple[str | None, str]:
    """The passkey that answers, and the account whose attempt it is: of an unknown one its own name."""
    given = _parsed(answer)
    raw = given.raw_id if given else b""
    found = select(Passkey.id, Actor.code).join(Actor, Actor.id == Passkey.actor_id).where(Passkey.credential == raw)
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        row = session.execute(found).one_or_none()
    return (row[0], row[1]) if row else (None, f"passkey {raw.hex()}")


def _refusal(tx: Transaction, keys: Keys, answer: Answer, passkey: Passkey | None) -> str | None:
    """Why this is refused, for the trail; None when nothing is wrong, and then the authenticator's count is kept."""
    given, challenge = _parsed(answer), answer.challenge()
    is_ours = challenges.spend(tx, keys, challenge, SIGN, answer.browser)
    if given is None:
        return "malformed"
    if passkey is None:
        return "unknown"
    if not is_ours:
        return "challenge"
    use = tx.session.get(PasskeyUse, passkey.id, with_for_update=True, populate_existing=True)
    if use is None:
        return "unknown"  # not registered by us
    try:
        verified = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=answer.party.id,
            expected_origin=answer.party.origin,
            credential_public_key=passkey.public,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except MALFORMED:
        return "signature"
    if given.response.user_handle not in (None, passkey.actor_id.encode()):
        return "signature"
    if use.count and verified.new_sign_count <= use.count:
        return "counter"  # a copy of the authenticator signs somewhere (section 6.1.1)
    use.count, use.used = verified.new_sign_count, tx.now
    return None
