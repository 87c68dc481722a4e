"""Signing in with account, password and one-time code; and giving the code again before an exceptional act.

The slow hash is computed between two transactions: the first pays for the attempt, the second decides and writes the
trail. Nothing of the answer tells whether the account exists, which part was wrong, or how far the check got: who is
nobody is checked against a password and a secret of nobody.
"""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transaction, Transactions
from expertpool.identity import attempts, browsers, lockout, passwords, second_factor, trail
from expertpool.identity.attempts import DOOR, Origin
from expertpool.identity.browsers import Opened
from expertpool.identity.errors import CodeRefused, NoSuchSession, SignInRefused
from expertpool.identity.models import Actor, BrowserSession, Credential, RecoveryCode, TrailKind, Way
from expertpool.identity.sealing import Keys


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed. Password and code stay out of ``repr`` and so out of logs."""

    account: str
    password: str = field(repr=False)
    code: str = field(repr=False)


def sign_in(transactions: Transactions, keys: Keys, given: Given, origin: Origin) -> Opened:
    """Sign a browser in. Raises `SignInRefused`, `SignInLocked`."""
    attempt = lockout.attempt_of(keys, given.account, origin.address)
    attempts.pay(transactions, attempt)
    held = _credentials(transactions, given.account)
    actor_id = held.actor_id if held else ""
    right = passwords.matches(keys, actor_id, held.password if held else None, given.password)
    with transactions.begin(actor_id or DOOR) as tx:
        actor = tx.session.get(Actor, actor_id)
        cause = _refusal(tx, keys, actor, given.code, right_password=right)
        if actor is not None and cause is None:
            return attempts.admit(tx, actor, attempt, Way.PASSWORD, origin, confirmed=tx.now)
        attempts.refuse(tx, TrailKind.REFUSED, actor, attempt, way=Way.PASSWORD, cause=cause or "unknown")
    raise SignInRefused


def confirm(transactions: Transactions, keys: Keys, session_id: str, code: str, origin: Origin) -> Opened:
    """Take the second factor again; the session goes on under a new secret. Raises `CodeRefused`, `SignInLocked`."""
    account = account_of(transactions, session_id)
    attempt = lockout.attempt_of(keys, account, origin.address)
    attempts.pay(transactions, attempt)
    held = _credentials(transactions, account)
    with transactions.begin(held.actor_id if held else DOOR) as tx:
        actor = tx.session.get(Actor, held.actor_id) if held else None
        cause = _refusal(tx, keys, actor, code, right_password=True)
        if actor is not None and cause is None:
            return attempts.reconfirm(tx, actor, attempt, Way.PASSWORD, session_id, confirmed=tx.now)
        attempts.refuse(tx, TrailKind.CONFIRMATION_REFUSED, actor, attempt, way=Way.PASSWORD, cause=cause or "unknown")
    raise CodeRefused(field="code")


def account_of(transactions: Transactions, session_id: str) -> str:
    """The code of the account that is signed in here. Raises `NoSuchSession`."""
    known = select(Actor.code).join(BrowserSession, BrowserSession.actor_id == Actor.id)
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        account = session.scalar(known.where(BrowserSession.id == session_id))
    if account is None:
        raise NoSuchSession
    return account


def sign_out(tx: Transaction, keys: Keys, session_id: str, origin: Origin) -> None:
    """End the session in which this is asked."""
    _end(tx, keys, session_id, origin, TrailKind.SIGNED_OUT)


def end_session(tx: Transaction, keys: Keys, session_id: str, origin: Origin) -> None:
    """End another of one's own sessions. Raises `NoSuchSession`."""
    _end(tx, keys, session_id, origin, TrailKind.SESSION_ENDED)


def _end(tx: Transaction, keys: Keys, session_id: str, origin: Origin, kind: TrailKind) -> None:
    browsers.end(tx, tx.actor, session_id)
    actor = tx.session.get_one(Actor, tx.actor)
    trail.note(tx, kind, actor=actor, source=lockout.source_of(keys, origin.address))


def _credentials(transactions: Transactions, account: str) -> Credential | None:
    """Those of an account that can sign in."""
    known = select(Credential).join(Actor, Actor.id == Credential.actor_id)
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        return session.scalar(known.where(Actor.code == account, Actor.active))


def _refusal(tx: Transaction, keys: Keys, actor: Actor | None, code: str, *, right_password: bool) -> str | None:
    """Why this is refused, for the trail; None when nothing is wrong, and then the code is used up."""
    held = tx.session.get(Credential, actor.id, with_for_update=True, populate_existing=True) if actor else None
    step = second_factor.step_of(keys, actor.id if actor else "", held.totp if held else None, code, tx.now)
    digest = second_factor.recovery_digest(code)
    spare = tx.session.get(RecoveryCode, digest, with_for_update=True) if digest else None
    if actor is None or held is None or not actor.active:
        return "unknown"
    if not right_password:
        return "password"
    if spare is not None and spare.actor_id == actor.id and spare.used is None:
        spare.used = tx.now
        return None
    if step is None:
        return "code"
    if step <= held.totp_step:
        return "code-used"
    held.totp_step = step
    return None
