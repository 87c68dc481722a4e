"""Webhooks over HTTP: to subscribe, to look after a subscription, and to end it."""

from dataclasses import asdict
from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.web.access import requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading
from expertpool.web.openapi import PREFIX, Blueprint
from expertpool.webhooks import queries, schemas, service

blueprint = Blueprint("webhooks", __name__, url_prefix=PREFIX, description="Webhooks: public facts as they happen")


@blueprint.get("/webhooks")
@requires("webhook.see")
@blueprint.response(200, schemas.WebhookList)
def list_webhooks() -> dict[str, Any]:
    """List one's own webhooks and how each is doing."""
    with reading() as session:
        return {"items": queries.webhooks_of(session, caller().actor)}


@blueprint.post("/webhooks")
@requires("webhook.subscribe")
@blueprint.arguments(schemas.NewWebhook)
@acts(schemas.WebhookWithSecretSchema)
def subscribe(tx: Transaction, given: dict[str, Any]) -> dict[str, Any]:
    """Have facts that one may see sent to an https address as they happen. The secret is shown this once."""
    return _with_secret(*service.subscribe(tx, edge().keys, edge().settings.webhooks, **given))


@blueprint.post("/webhooks/<webhook_id>/secret")
@requires("webhook.subscribe")
@acts(schemas.WebhookWithSecretSchema)
def change_webhook_secret(tx: Transaction, webhook_id: str) -> dict[str, Any]:
    """Change a webhook's secret, shown this once; the one before signs beside it for 24 hours."""
    return _with_secret(*service.change_secret(tx, edge().keys, webhook_id))


@blueprint.post("/webhooks/<webhook_id>/resumption")
@requires("webhook.subscribe")
@acts(schemas.WebhookSchema)
def resume_webhook(tx: Transaction, webhook_id: str) -> queries.Shown:
    """Let a webhook that was stopped go on from where it stopped."""
    return service.resume(tx, webhook_id)


@blueprint.post("/webhooks/<webhook_id>/ending")
@requires("webhook.subscribe")
@acts(schemas.WebhookSchema)
def end_webhook(tx: Transaction, webhook_id: str) -> queries.Shown:
    """End a webhook for good."""
    return service.end(tx, webhook_id)


def _with_secret(shown: queries.Shown, secret: str) -> dict[str, Any]:
    return {**asdict(shown), "secret": secret}
