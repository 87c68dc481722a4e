"""The verbs of webhooks: to subscribe, to change the secret, to resume one that was stopped, to end one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import func, select

from expertpool.core.ids import new_id
from expertpool.core.keyrings import WEBHOOKS_KEY
from expertpool.core.ledger_tables import LedgerEntry
from expertpool.core.transaction import Transaction
from expertpool.core.webhook_settings import WebhookSettings
from expertpool.identity.models import Actor
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.webhooks import signing
from expertpool.webhooks.errors import NoSuchWebhook, NotStopped, TooManyWebhooks
from expertpool.webhooks.events import WebhookEnded, WebhookResumed, WebhookSecretChanged, WebhookSubscribed
from expertpool.webhooks.models import Webhook, WebhookProgress
from expertpool.webhooks.posting import networks_of, refuse_literal
from expertpool.webhooks.posting import target_of as target_of_url
from expertpool.webhooks.queries import Shown, shown, webhooks_of

MOST: Final = 10
"""Webhooks of one account."""
OVERLAP: Final = timedelta(hours=24)
"""How long the secret before signs beside a new one."""


class Keys(Protocol):
    """The part of a key store that keeps webhooks' secrets."""

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt under the named key, bound to ``associated``."""

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        """Undo ``seal``."""


def subscribe(
    tx: Transaction, keys: Keys, settings: WebhookSettings, *, url: str, kinds: Sequence[str]
) -> tuple[Shown, str]:
    """Have the facts of these kinds that one may see sent to ``url``, from the next entry on; returns the secret, once.

    Raises `NotPermitted`, `AddressRefused`, `TooManyWebhooks`.
    """
    actor = tx.session.get(Actor, tx.actor, with_for_update=True)
    require(tx, "webhook.subscribe", target_of(tx.session, actor) if actor else Target())
    target_of_url(url)
    refuse_literal(url, networks_of(settings.networks))
    if len(webhooks_of(tx.session, tx.actor)) >= MOST:
        raise TooManyWebhooks(MOST)
    secret, number = signing.new_secret(), new_id("whk")
    hook = Webhook(
        id=number,
        actor_id=tx.actor,
        url=url,
        kinds=" ".join(sorted(set(kinds))),
        secret=_sealed(keys, number, secret),
        created=tx.now,
    )
    tx.session.add(hook)
    tx.session.flush()
    size = tx.session.scalar(select(func.max(LedgerEntry.index)))
    progress = WebhookProgress(webhook_id=hook.id, next_entry=0 if size is None else size + 1, due=tx.now, attempts=0)
    tx.session.add(progress)
    tx.record(WebhookSubscribed(account=hook.actor_id, webhook=hook.id, url=url, kinds=hook.kinds))
    return shown(hook, progress), signing.shown(secret)


def change_secret(tx: Transaction, keys: Keys, webhook_id: str) -> tuple[Shown, str]:
    """Make a new secret, returned this once; the one before signs beside it for a day. Raises as `end`."""
    hook, progress = _found(tx, webhook_id)
    secret = signing.new_secret()
    hook.previous, hook.previous_until = hook.secret, tx.now + OVERLAP
    hook.secret = _sealed(keys, hook.id, secret)
    tx.record(WebhookSecretChanged(account=hook.actor_id, webhook=hook.id))
    return shown(hook, progress), signing.shown(secret)


def resume(tx: Transaction, webhook_id: str) -> Shown:
    """Go on with one that was stopped, from where it stopped. Raises `NotStopped`, and as `end`."""
    hook, progress = _found(tx, webhook_id)
    if hook.stopped is None:
        raise NotStopped
    hook.stopped = None
    progress.due, progress.attempts, progress.failing_since, progress.failure = tx.now, 0, None, None
    tx.record(WebhookResumed(account=hook.actor_id, webhook=hook.id))
    return shown(hook, progress)


def end(tx: Transaction, webhook_id: str) -> Shown:
    """End a webhook of one's own for good. Raises `NotPermitted`, `NoSuchWebhook`."""
    hook, progress = _found(tx, webhook_id)
    hook.ended = tx.now
    tx.record(WebhookEnded(account=hook.actor_id, webhook=hook.id))
    return shown(hook, progress)


def keys_in_force(keys: Keys, hook: Webhook, now: datetime) -> list[bytes]:
    """The secrets that sign now: the present one, and for a day the one before."""
    sealed = [hook.secret]
    if hook.previous is not None and hook.previous_until is not None and now < hook.previous_until:
        sealed.append(hook.previous)
    return [keys.open(WEBHOOKS_KEY, each, _context(hook.id)) for each in sealed]


def _found(tx: Transaction, webhook_id: str) -> tuple[Webhook, WebhookProgress]:
    hook = tx.session.get(Webhook, webhook_id, with_for_update=True)
    actor = tx.session.get_one(Actor, hook.actor_id) if hook else None
    require(tx, "webhook.subscribe", target_of(tx.session, actor) if actor else Target())
    if hook is None or hook.ended is not None:
        raise NoSuchWebhook
    return hook, tx.session.get_one(WebhookProgress, hook.id, with_for_update=True)


def _sealed(keys: Keys, number: str, secret: bytes) -> bytes:
    return keys.seal(WEBHOOKS_KEY, secret, _context(number))


def _context(number: str) -> bytes:
    return f"webhooks.secret:{number}".encode()
