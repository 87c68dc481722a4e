"""The tables of invitations: what the vault needs to go on after a crash, sealed under its key at one size each.

What stands in the clear says that a seat was called and when something is due, which the seat's own row and the
ledger tell anyway. How an invitation stands is sealed: that somebody is struck because of another draw of the day
must look as if somebody declined. Nobody is named, in no column and by no key.

Of gateways' reports only as much is kept as it takes to know a repetition or a replay.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.rows import OperationalRow

ID_LENGTH = 40


class Invitation(OperationalRow):
    """How whoever took a seat is invited: at first (vacancy 0), or in a vacancy. One row for each."""

    __tablename__ = "invitations"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class OutgoingMessage(OperationalRow):
    """A call or a text for one gateway; ``id`` is what the gateway knows it by, and tells nothing.

    ``due`` is empty when there is nothing left to send; ``lease`` names the run of a sender that holds it.
    """

    __tablename__ = "invitation_messages"
    __table_args__ = (Index("ix_invitation_messages_due", "due"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), index=True)
    due: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    leased_until: Mapped[datetime | None]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class NoticeGiven(OperationalRow):
    """That everyone who sat was told what became of a draw; ``notice`` says of what."""

    __tablename__ = "invitation_notices"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    notice: Mapped[str] = mapped_column(String(64), primary_key=True)


class GatewayNonce(OperationalRow):
    """A request of a gateway that was taken: the same bytes again are a replay."""

    __tablename__ = "gateway_nonces"
    __table_args__ = (Index("ix_gateway_nonces_taken", "taken"),)

    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(32), primary_key=True)
    taken: Mapped[datetime]


class GatewayEvent(OperationalRow):
    """A report that was taken: ``event`` is the keyed digest of its id, ``content`` that of all that it says."""

    __tablename__ = "gateway_events"
    __table_args__ = (Index("ix_gateway_events_taken", "taken"),)

    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    event: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary(32))
    taken: Mapped[datetime]


class Preflight(OperationalRow):
    """What the check on the eve of ``day`` found, as JSON, and when the duty officer was told; one for each day."""

    __tablename__ = "preflights"

    day: Mapped[date] = mapped_column(primary_key=True)
    made: Mapped[datetime]
    findings: Mapped[str] = mapped_column(Text)
    told: Mapped[datetime | None]
