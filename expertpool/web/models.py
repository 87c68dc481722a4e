"""The one table of the web edge itself."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.rows import OperationalRow


class KeptAnswer(OperationalRow):
    """The answer to a caller's request, by the caller's own key. ``request`` is what must be the same again."""

    __tablename__ = "idempotency_keys"

    actor: Mapped[str] = mapped_column(String(128), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary)
    answered: Mapped[datetime]
    entry: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
