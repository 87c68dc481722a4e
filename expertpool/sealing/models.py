"""Key holders (密钥保管方), the keys of vault, supervisors and recipients, and the mailbox of opaque tasks."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow

VAULT = "vault"


def _where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class KeyHolder(LedgeredRow):
    """An institution's set of keys: of use from its approval until it is retired.

    ``outside``: whether the institution stands outside the centre. ``cosign`` is a verifier key, the others are raw.
    No key is ever registered twice. An organisation has one set that is not retired and, while it changes its keys, one
    more that ``succeeds`` it.
    """

    __tablename__ = "key_holders"
    __table_args__ = (
        Index("uq_key_holders_first", "organisation", unique=True, **_where("retired IS NULL AND succeeds IS NULL")),
        Index("uq_key_holders_successor", "succeeds", unique=True, **_where("retired IS NULL")),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "khd"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    organisation: Mapped[str] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(200))
    outside: Mapped[bool]
    vrf: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    share: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    transport: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    cosign: Mapped[str] = mapped_column(String(255), unique=True)
    succeeds: Mapped[str | None] = mapped_column(ForeignKey("key_holders.id"))
    registered: Mapped[datetime]
    share_proved: Mapped[datetime | None]
    approved: Mapped[datetime | None]
    retired: Mapped[datetime | None]
    retired_reason: Mapped[str | None] = mapped_column(String(500))


class VaultKey(LedgeredRow):
    """The X25519 key to which agents encrypt what they answer. One row: an installation has one in force."""

    __tablename__ = "vault_key"

    id: Mapped[str] = mapped_column(String(8), primary_key=True, default=VAULT)
    public: Mapped[bytes] = mapped_column(LargeBinary)
    registered: Mapped[datetime]


class SupervisorKey(LedgeredRow):
    """The Ed25519 key with which a supervisor signs why a lot is drawn for again; of use from its approval."""

    __tablename__ = "supervisor_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "spk"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"))
    public: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    registered: Mapped[datetime]
    approved: Mapped[datetime | None]
    revoked: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(500))


class RecipientKey(LedgeredRow):
    """The X25519 key of a desk to which names may be released, for one audience; of use from its approval.

    ``audience`` is one of `recipients.AUDIENCES`.
    """

    __tablename__ = "recipient_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "rcp"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    audience: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    public: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    registered: Mapped[datetime]
    approved: Mapped[datetime | None]
    retired: Mapped[datetime | None]
    retired_reason: Mapped[str | None] = mapped_column(String(500))


class OfflineOpening(LedgeredRow):
    """That a holder took part in opening names without the centre, as it stated and signed; ``id`` is its SHA-256."""

    __tablename__ = "offline_openings"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder_id: Mapped[str] = mapped_column(ForeignKey("key_holders.id"))
    statement: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(88))
    reported: Mapped[datetime]


class AgentTask(OperationalRow):
    """A task in the mailbox, and its first answer. Sizes are fixed; all three ciphertexts tell is that one was asked.

    ``sealed`` is for the agent, ``context`` and ``answer`` are for the vault (see ``sealing.mailbox``).
    """

    __tablename__ = "agent_tasks"
    __table_args__ = (Index("ix_agent_tasks_waiting", "holder_id", "answered", "posted"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "tsk"))
    holder_id: Mapped[str] = mapped_column(ForeignKey("key_holders.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    context: Mapped[bytes] = mapped_column(LargeBinary)
    posted: Mapped[datetime]
    expires: Mapped[datetime | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered: Mapped[datetime | None]


class AgentContact(OperationalRow):
    """When an agent last asked, rounded, and by how many seconds its clock was ahead then (``sealing.contacts``)."""

    __tablename__ = "agent_contacts"

    holder_id: Mapped[str] = mapped_column(ForeignKey("key_holders.id"), primary_key=True)
    seen: Mapped[datetime]
    ahead: Mapped[int]
