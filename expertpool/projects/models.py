"""The tables of projects, sessions and the door. Every row carries its centre."""

from datetime import datetime
from functools import partial

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.terms import MilestoneKind, PartyRole, RecusalKind, Regime, SealedKind
from policies.facts import Method

ID_LENGTH = 40


class Project(LedgeredRow):
    """A project (招标项目、采购项目). ``id`` is what the ledger shows, ``code`` what the nation knows.

    Whoever handles it for its owner is ``initiator_id``; None for one that no account here handles.
    """

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "prj"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    code: Mapped[str] = mapped_column(String(50), unique=True)
    regime: Mapped[Regime] = mapped_column(choice(Regime))
    method: Mapped[Method] = mapped_column(choice(Method))
    title: Mapped[str] = mapped_column(String(200))
    initiator_id: Mapped[str | None] = mapped_column(ForeignKey("actors.id"), index=True)
    registered: Mapped[datetime]

    lots: Mapped[list["Lot"]] = relationship(lazy="selectin", order_by="Lot.code", cascade="all, delete-orphan")
    parties: Mapped[list["Party"]] = relationship(
        lazy="selectin", order_by="[Party.role, Party.code]", cascade="all, delete-orphan"
    )

    @property
    def budget(self) -> int:
        """The sum of the lots' budgets, in 分."""
        return sum(lot.budget for lot in self.lots)


class Lot(LedgeredRow):
    """A lot or package (标段、包); ``budget`` in 分."""

    __tablename__ = "lots"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "lot"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    code: Mapped[str] = mapped_column(String(54), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    budget: Mapped[int]


class Party(LedgeredRow):
    """A unit that has a part in a project, by its unified social credit code."""

    __tablename__ = "parties"
    __table_args__ = (UniqueConstraint("project_id", "role", "code"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "pty"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    role: Mapped[PartyRole] = mapped_column(choice(PartyRole))
    code: Mapped[str] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(200))


class Recusal(LedgeredRow):
    """A unit or a person named for recusal (回避), with the reason.

    Of a person ``unit_code`` is the employer's, if known. ``person_sealed`` holds name and identity number, encrypted;
    there is no index over it, because a match with the roster would tell who was not drawn.
    """

    __tablename__ = "recusals"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "rcs"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    kind: Mapped[RecusalKind] = mapped_column(choice(RecusalKind))
    unit_code: Mapped[str | None] = mapped_column(String(18))
    unit_name: Mapped[str | None] = mapped_column(String(200))
    person_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(String(500))
    named: Mapped[datetime]
    withdrawn: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(String(500))


class EvaluationSession(LedgeredRow):
    """One sitting of a committee (评标、评审): some lots of one project, at a time, at one site or several.

    ``starts`` is the assembly time. ``opens_at`` is the bid opening, until which a bidder list may be superseded.
    ``not_before`` is set while postponed. ``reason`` is that of the last step. ``begun`` is when its day began: since
    then it is not put off any more.
    """

    __tablename__ = "evaluation_sessions"
    __table_args__ = (
        UniqueConstraint("project_id", "code"),
        Index("ix_evaluation_sessions_day", "centre_id", "starts"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "ses"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    code: Mapped[str] = mapped_column(String(40))
    state: Mapped[SessionState] = mapped_column(choice(SessionState))
    starts: Mapped[datetime]
    opens_at: Mapped[datetime]
    expected_minutes: Mapped[int]
    overnight: Mapped[bool]
    not_before: Mapped[datetime | None]
    begun: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))

    project: Mapped[Project] = relationship(lazy="selectin")
    session_lots: Mapped[list["SessionLot"]] = relationship(
        lazy="selectin", order_by="SessionLot.lot_id", cascade="all, delete-orphan"
    )
    sites: Mapped[list["SessionSite"]] = relationship(
        lazy="selectin", order_by="SessionSite.position", cascade="all, delete-orphan"
    )
    deliveries: Mapped[list["SealedDelivery"]] = relationship(
        lazy="selectin", order_by="SealedDelivery.number", viewonly=True
    )

    @property
    def lot_ids(self) -> set[str]:
        """The lots that are evaluated."""
        return {each.lot_id for each in self.session_lots}


class SessionLot(LedgeredRow):
    """A lot that a session evaluates."""

    __tablename__ = "session_lots"

    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"), primary_key=True)
    lot_id: Mapped[str] = mapped_column(ForeignKey("lots.id"), primary_key=True, index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))

    lot: Mapped[Lot] = relationship(lazy="selectin")


class SessionSite(LedgeredRow):
    """A place of a session: position 0 is the main site (主场), the others are sub-sites (副场).

    ``site_id`` is the centre, branch or sub-site of this installation that it is; None for one elsewhere.
    """

    __tablename__ = "session_sites"

    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    area: Mapped[str] = mapped_column(String(6))
    place: Mapped[str] = mapped_column(String(200))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("centres.id"))


class Milestone(LedgeredRow):
    """That a report was signed (of a session), an award fixed or its notice published (of a lot): each once.

    ``document`` is the SHA-256 of the report, decision or notice, in hex.
    """

    __tablename__ = "milestones"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "mst"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    kind: Mapped[MilestoneKind] = mapped_column(choice(MilestoneKind))
    subject: Mapped[str] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime]
    document: Mapped[str] = mapped_column(String(64))


class SealedDelivery(LedgeredRow):
    """Something encrypted to the vault for a session. ``number`` counts from 1; the highest is in force.

    ``digest`` is the SHA-256 of the ciphertext, which is random: it tells nothing of what is inside.
    """

    __tablename__ = "sealed_deliveries"
    __table_args__ = (UniqueConstraint("session_id", "kind", "number"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "sld"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"))
    kind: Mapped[SealedKind] = mapped_column(choice(SealedKind))
    number: Mapped[int]
    vault_key: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(500))
    received: Mapped[datetime]


class SealedBlob(OperationalRow):
    """The ciphertext itself; the delivery's digest, to which the ledger commits, says whether it is the same still."""

    __tablename__ = "sealed_blobs"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("sealed_deliveries.id", ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class DoorMessage(LedgeredRow):
    """A message that was accepted: its canonical text and signature, so that the sender cannot deny it."""

    __tablename__ = "door_messages"

    sender_id: Mapped[str] = mapped_column(ForeignKey("door_senders.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    key_id: Mapped[str] = mapped_column(ForeignKey("sender_keys.id"))
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    received: Mapped[datetime]
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("evaluation_sessions.id"))
