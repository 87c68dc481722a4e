"""Signing in with account, password and one-time code; and giving the code again before an exceptional act.

The slow hash is computed between two transactions: the first pays for the attempt, the second decides and writes the
trail. Nothing of the answer tells whether the account exists, which part was wrong, or how far the check got: who is
nobody is checked against a password and a secret of nobody.
"""

import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transaction, Transactions
from expertpool.identity import browsers, lockout, passwords, second_factor, trail
from expertpool.identity.browsers import Opened
from expertpool.identity.errors import CodeRefused, NoSuchSession, SignInLocked, SignInRefused
from expertpool.identity.lockout import Attempt
from expertpool.identity.models import Actor, BrowserSession, Credential, RecoveryCode, TrailKind
from expertpool.identity.sealing import Keys

DOOR: Final = "svc:sign-in"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its network address and what the browser says of itself."""

    address: str | None
    browser: str


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed. Password and code stay out of ``repr`` and so out of logs."""

    account: str
    password: str = field(repr=False)
    code: str = field(repr=False)


def sign_in(transactions: Transactions, keys: Keys, given: Given, origin: Origin) -> Opened:
    """Sign a browser in. Raises `SignInRefused`, `SignInLocked`."""
    attempt = lockout.attempt_of(keys, given.account, origin.address)
    held = _paid(transactions, attempt, given.account)
    actor_id = held.actor_id if held else ""
    right = passwords.matches(keys, actor_id, held.password if held else None, given.password)
    with transactions.begin(actor_id or DOOR) as tx:
        actor = tx.session.get(Actor, actor_id)
        cause = _refusal(tx, keys, actor, given.code, right_password=right)
        if actor is not None and cause is None:
            lockout.give_back(tx, attempt)
            opened = browsers.begin(tx, actor, browser=origin.browser)
            trail.note(tx, TrailKind.SIGNED_IN, actor=actor, source=attempt.source)
            return opened
        _note_refusal(tx, TrailKind.REFUSED, actor, attempt, cause)
    raise SignInRefused


def confirm(transactions: Transactions, keys: Keys, session_id: str, code: str, origin: Origin) -> Opened:
    """Take the second factor again; the session goes on under a new secret. Raises `CodeRefused`, `SignInLocked`."""
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        row = session.get(BrowserSession, session_id)
        account = session.scalar(select(Actor.code).where(Actor.id == row.actor_id)) if row else None
    if account is None:
        raise NoSuchSession
    attempt = lockout.attempt_of(keys, account, origin.address)
    held = _paid(transactions, attempt, account)
    with transactions.begin(held.actor_id if held else DOOR) as tx:
        actor = tx.session.get(Actor, held.actor_id) if held else None
        cause = _refusal(tx, keys, actor, code, right_password=True)
        if cause is None:
            lockout.give_back(tx, attempt)
            trail.note(tx, TrailKind.CONFIRMED, actor=actor, source=attempt.source)
            return browsers.confirm(tx, session_id)
        _note_refusal(tx, TrailKind.CONFIRMATION_REFUSED, actor, attempt, cause)
    raise CodeRefused(field="code")


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


def _paid(transactions: Transactions, attempt: Attempt, account: str) -> Credential | None:
    """Pay for an attempt, and look up the credentials of the account. Raises `SignInLocked`.

    It is asked without a write first, so that whoever keeps on trying writes nothing.
    """
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        _refuse_early(lockout.waiting(session, attempt, transactions.clock.now()))
    with transactions.begin(DOOR) as tx:
        wait = lockout.pay(tx, attempt)
        known = select(Credential).join(Actor, Actor.id == Credential.actor_id)
        held = tx.session.scalar(known.where(Actor.code == account, Actor.active))
    _refuse_early(wait)
    return held


def _refuse_early(wait: timedelta) -> None:
    if wait:
        raise SignInLocked(math.ceil(wait / timedelta(minutes=1)))


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


def _note_refusal(tx: Transaction, kind: TrailKind, actor: Actor | None, attempt: Attempt, cause: str | None) -> None:
    trail.note(tx, kind, actor=actor, source=attempt.source, cause=cause)
    tx.session.flush()
    if lockout.waiting(tx.session, attempt, tx.now):
        trail.note(tx, TrailKind.LOCKED, actor=actor, source=attempt.source)
