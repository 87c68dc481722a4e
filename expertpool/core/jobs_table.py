"""The outbox table: work that a committed act has promised."""

from datetime import datetime
from functools import partial

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.ids import new_id
from expertpool.core.rows import OperationalRow


class OutboxJob(OperationalRow):
    """A queued job. ``args`` is JSON; ``lease`` names the worker run that holds it until ``leased_until``."""

    __tablename__ = "outbox_jobs"
    __table_args__ = (Index("ix_outbox_jobs_due", "done_at", "due"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "job"))
    kind: Mapped[str] = mapped_column(String(64))
    args: Mapped[str] = mapped_column(Text)
    queued_at: Mapped[datetime]
    due: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(40))
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]
