"""Signing in, and confirming, on the word of an OpenID provider. Whatever is wrong, the answer is one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transactions
from expertpool.identity import attempts, challenges, lockout, oidc, oidc_tokens
from expertpool.identity.attempts import DOOR, NotGood, Origin
from expertpool.identity.browsers import Opened
from expertpool.identity.errors import OidcRefused, OidcUnavailable
from expertpool.identity.lockout import Attempt
from expertpool.identity.models import BrowserSession, TrailKind, Way
from expertpool.identity.oidc import Errand
from expertpool.identity.oidc_provider import Provider
from expertpool.identity.oidc_tokens import Proven
from expertpool.identity.sealing import Keys

FRESH: Final = timedelta(minutes=5)
"""How long ago somebody may have shown the provider who they are, to confirm here."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a browser brings back from the provider, to the address ``back``; ``session`` if it is signed in here."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    browser: str = field(repr=False)
    back: str
    session: str | None


def complete(
    transactions: Transactions, keys: Keys, provider: Provider, brought: Returned, origin: Origin
) -> tuple[Opened, str]:
    """Sign the browser in, or confirm; with the page that it was on the way to.

    Raises `OidcRefused`, `OidcUnavailable`, `SignInLocked`.
    """
    errand = oidc.returned(keys, brought.state)
    kind = TrailKind.CONFIRMATION_REFUSED if errand and errand.aim == oidc.CONFIRM else TrailKind.REFUSED
    arrival = lockout.attempt_of(keys, f"oidc {brought.state}", origin.address)
    attempts.pay(transactions, arrival)
    try:
        errand = _spent(transactions, keys, errand, brought.browser)
        found = _ask(keys, provider, errand, brought, transactions.clock.now())
    except NotGood as error:
        _refuse(transactions, kind, arrival, error.cause)
        raise OidcRefused from None
    except OidcUnavailable:
        _refuse(transactions, kind, arrival, "provider-failed")
        raise
    attempt = lockout.attempt_of(keys, _account(transactions, provider, found), origin.address)
    attempts.pay(transactions, attempt)
    with transactions.begin(DOOR) as tx:
        issuer = provider.settings.issuer
        actor = oidc.holder(tx.session, issuer, found.subject)
        if actor is None or not actor.active:
            attempts.refuse(tx, kind, actor, attempt, way=Way.OIDC, cause="unknown")
        elif errand.aim == oidc.SIGN_IN:
            lockout.give_back(tx, arrival)
            shown = found.authenticated if provider.is_second_factor else None
            confirmed = min(shown, tx.now) if shown else None
            return attempts.admit(tx, actor, attempt, Way.OIDC, origin, confirmed=confirmed), errand.next
        else:
            here = tx.session.get(BrowserSession, brought.session or "")
            cause = _unfit_to_confirm(provider, found, tx.now)
            if here is not None and here.actor_id == actor.id and cause is None:
                lockout.give_back(tx, arrival)
                return attempts.reconfirm(tx, actor, attempt, Way.OIDC, here.id, confirmed=tx.now), errand.next
            attempts.refuse(tx, kind, actor, attempt, way=Way.OIDC, cause=cause or "unknown")
    raise OidcRefused


def _spent(transactions: Transactions, keys: Keys, errand: Errand | None, browser: str) -> Errand:
    """An errand of ours, used up before the provider is asked: its state counts once whatever follows."""
    with transactions.begin(DOOR) as tx:
        is_ours = errand is not None and challenges.spend(tx, keys, errand.challenge, oidc.PURPOSE, browser)
    if errand is None or not is_ours:
        raise NotGood("challenge")
    return errand


def _ask(keys: Keys, provider: Provider, errand: Errand, brought: Returned, now: datetime) -> Proven:
    if not brought.code:
        raise NotGood("provider-refused")
    token = provider.exchange(brought.code, verifier=errand.verifier(keys), back=brought.back)
    nonce = errand.nonce(keys)
    return oidc_tokens.proven(token, provider.keys(), provider.settings, nonce=nonce, now=now)


def _unfit_to_confirm(provider: Provider, found: Proven, now: datetime) -> str | None:
    if not provider.is_second_factor:
        return "strength"
    if found.authenticated is None or now - found.authenticated > FRESH:
        return "auth-time"
    return None


def _account(transactions: Transactions, provider: Provider, found: Proven) -> str:
    """Whose attempt this is: of an identity without an account its own."""
    issuer = provider.settings.issuer
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        actor = oidc.holder(session, issuer, found.subject)
    return actor.code if actor else f"oidc {issuer} {found.subject}"


def _refuse(transactions: Transactions, kind: TrailKind, attempt: Attempt, cause: str) -> None:
    with transactions.begin(DOOR) as tx:
        attempts.refuse(tx, kind, None, attempt, way=Way.OIDC, cause=cause)
