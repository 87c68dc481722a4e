"""What the ledger keeps of webhooks: whose, never where they go."""

from expertpool.core.events import Event, clear


class WebhookSubscribed(Event):
    """An account subscribed to messages about public facts."""

    kind = "webhook.subscribed"
    account: str = clear()
    webhook: str
    url: str
    kinds: str


class WebhookSecretChanged(Event):
    """A webhook's secret was replaced; the one before signs a day longer."""

    kind = "webhook.secret-changed"
    account: str = clear()
    webhook: str


class WebhookStopped(Event):
    """A webhook was stopped, because its receiver failed for too long or said that it is gone."""

    kind = "webhook.stopped"
    account: str = clear()
    webhook: str
    failure: str


class WebhookResumed(Event):
    """A webhook that was stopped goes on from where it stopped."""

    kind = "webhook.resumed"
    account: str = clear()
    webhook: str


class WebhookEnded(Event):
    """A webhook was ended for good."""

    kind = "webhook.ended"
    account: str = clear()
    webhook: str
