"""Named reads of webhooks, and what of the ledger an account's webhook may tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.ledger_tables import LedgerEntry
from expertpool.draws.models import Draw
from expertpool.draws.queries import target_of_draw
from expertpool.identity.permissions import Target, may
from expertpool.identity.queries import caller_by_id
from expertpool.projects.models import Project
from expertpool.projects.queries import target_of_project
from expertpool.webhooks.models import Webhook, WebhookProgress
from expertpool.webhooks.selection import KINDS
from ledger.entry import Entry, parse_entry


@dataclass(frozen=True, slots=True)
class Shown:
    """A webhook as its holder sees it; ``failure`` is why the last attempt failed, None after one that did not."""

    id: str
    url: str
    kinds: Sequence[str]
    created: datetime
    stopped: datetime | None
    delivered: datetime | None
    failing_since: datetime | None
    failure: str | None


def webhooks_of(session: Session, actor_id: str) -> list[Shown]:
    """The webhooks of an account that were not ended, the newest first."""
    found = select(Webhook, WebhookProgress).join(WebhookProgress, WebhookProgress.webhook_id == Webhook.id)
    own = found.where(Webhook.actor_id == actor_id, Webhook.ended.is_(None))
    return [shown(*row) for row in session.execute(own.order_by(Webhook.created.desc(), Webhook.id))]


def shown(hook: Webhook, progress: WebhookProgress) -> Shown:
    """A webhook without what is secret."""
    return Shown(
        id=hook.id,
        url=hook.url,
        kinds=hook.kinds.split(),
        created=hook.created,
        stopped=hook.stopped,
        delivered=progress.delivered,
        failing_since=progress.failing_since,
        failure=progress.failure,
    )


def next_told(session: Session, hook: Webhook, first: int, end: int) -> Entry | None:
    """The first entry in [first, end) of the webhook's kinds that its account may see, as things are now."""
    caller = caller_by_id(session, hook.actor_id)
    if caller is None:
        return None
    kinds = frozenset(hook.kinds.split())
    wanted = select(LedgerEntry.data).where(LedgerEntry.index >= first, LedgerEntry.index < end)
    for data in session.scalars(wanted.order_by(LedgerEntry.index)):
        entry = parse_entry(data)
        if entry.kind in kinds and may(caller, *_seen_by(session, entry)):
            return entry
    return None


def _seen_by(session: Session, entry: Entry) -> tuple[str, Target]:
    """The verb and the target by which the permission table says who sees an entry of `selection.KINDS`."""
    if "draw" in KINDS[entry.kind]:
        draw = session.get(Draw, str(entry.body.get("draw")))
        return "draw.see", target_of_draw(session, draw) if draw else Target()
    project = session.get(Project, str(entry.body.get("project")))
    return "project.see", target_of_project(session, project) if project else Target()
