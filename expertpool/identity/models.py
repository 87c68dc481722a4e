"""Centres, accounts, and the outside systems whose signature counts here."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow
from expertpool.identity.permissions import Caller
from expertpool.identity.roles import Role


class CentreKind(StrEnum):
    """Where a centre stands."""

    PREFECTURE = "prefecture"
    COUNTY_BRANCH = "county-branch"
    SUB_SITE = "sub-site"


ABOVE: Final[dict[CentreKind, frozenset[CentreKind]]] = {
    CentreKind.PREFECTURE: frozenset(),
    CentreKind.COUNTY_BRANCH: frozenset({CentreKind.PREFECTURE}),
    CentreKind.SUB_SITE: frozenset({CentreKind.PREFECTURE, CentreKind.COUNTY_BRANCH}),
}
"""What may stand directly above a centre of each kind; nothing above a prefecture's."""


class SenderKind(StrEnum):
    """What sends to us under a signature of its own."""

    TRADING_SYSTEM = "trading-system"
    PROVINCIAL_POOL = "provincial-pool"


class Centre(LedgeredRow):
    """A trading centre (公共资源交易中心), its county branch or a sub-site of either."""

    __tablename__ = "centres"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "ctr"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    kind: Mapped[CentreKind] = mapped_column(choice(CentreKind))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("centres.id"), index=True)


class Actor(LedgeredRow):
    """An account of a person or a service. ``id`` is what ledger entries show; ``code`` is what colleagues know.

    ``token_hash`` is the SHA-256 of a 256-bit random secret, or None while nobody can sign in with it.
    """

    __tablename__ = "actors"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "act"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]

    def as_caller(self) -> Caller:
        return Caller(self.id, self.role, self.centre_id)


class Sender(LedgeredRow):
    """A system outside that may send to us, for its centre and those below: messages through the door, rosters."""

    __tablename__ = "door_senders"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "snd"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    kind: Mapped[SenderKind] = mapped_column(choice(SenderKind))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))

    keys: Mapped[list["SenderKey"]] = relationship(
        lazy="selectin", order_by="[SenderKey.not_before, SenderKey.id]", viewonly=True
    )


class SenderKey(LedgeredRow):
    """A sender's Ed25519 key: of use from its approval, inside its validity, until it is revoked."""

    __tablename__ = "sender_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "sky"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    sender_id: Mapped[str] = mapped_column(ForeignKey("door_senders.id"), index=True)
    public: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    approved: Mapped[datetime | None]
    revoked: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(500))

    def in_force(self, now: datetime) -> bool:
        """Whether what comes in now may be signed with this key; ``not_after`` is the first moment after."""
        return self.approved is not None and self.revoked is None and self.not_before <= now < self.not_after
