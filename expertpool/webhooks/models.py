"""Subscriptions, and how far each has been told."""

from datetime import datetime
from functools import partial

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow


class Webhook(LedgeredRow):
    """A subscription of an account: messages of some kinds to an https address, signed with a secret of its own.

    ``secret`` is sealed; ``previous`` was the secret before, and signs beside it until ``previous_until``. A
    subscription is ``stopped`` when its receiver failed for too long, which its holder undoes, and ``ended`` for good.
    """

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "whk"))
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), index=True)
    url: Mapped[str] = mapped_column(String(500))
    kinds: Mapped[str] = mapped_column(String(1000))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None]
    created: Mapped[datetime]
    stopped: Mapped[datetime | None]
    ended: Mapped[datetime | None]


class WebhookProgress(OperationalRow):
    """How far a subscription has been told: ``next_entry`` is the first ledger entry that was not looked at yet.

    The ledger itself is the queue: what is due are the entries from there on. ``lease`` names the worker that is at it.
    """

    __tablename__ = "webhook_progress"

    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id"), primary_key=True)
    next_entry: Mapped[int]
    due: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(64))
    delivered: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(40))
    leased_until: Mapped[datetime | None]
