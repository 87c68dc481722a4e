"""The tables of draws. What could name a member is sealed under the vault's key, in rows of one size.

Until names open nothing here may follow from who was selected: no foreign key to an expert, no order, size or counter.
"""

from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow
from expertpool.draws.lifecycle import DrawState, DrawVerb, step

ID_LENGTH = 40


class SeatState(StrEnum):
    """What the desks see of a seat."""

    CALLED = "called"
    ACCEPTED = "accepted"
    SIGNED_IN = "signed-in"
    VACANT = "vacant"
    UNFILLABLE = "unfillable"


TAKEN: Final = frozenset({SeatState.ACCEPTED, SeatState.SIGNED_IN})
"""Whoever sits there has said that they come, or has come."""


class ReleaseState(StrEnum):
    """How a release stands: the key holders are asked, they answered, or no set of them did."""

    REQUESTED = "requested"
    RELEASED = "released"
    UNANSWERED = "unanswered"


class Way(StrEnum):
    """Why names are opened: the audience's moment has come, a supervisor orders it, or in an emergency (应急解封)."""

    DUE = "due"
    ORDERED = "ordered"
    BREAK_GLASS = "break-glass"


class Draw(LedgeredRow):
    """A draw for a session. ``request`` is the canonical JSON of `protocol.request.DrawRequest`.

    ``asked_by`` is the account that applied. ``first_id`` is the draw whose intent was the first for one of these lots,
    ``approval`` the supervisor's signed approval of another, as JSON. ``referred`` lists for what a person was asked,
    which is all that ``approved_by`` approves. ``reason`` is that of the last step that has one; ``revision`` counts
    the acts.
    """

    __tablename__ = "draws"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "drw"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"), index=True)
    asked_by: Mapped[str] = mapped_column(ForeignKey("actors.id"))
    state: Mapped[DrawState] = mapped_column(choice(DrawState), index=True)
    request: Mapped[str] = mapped_column(Text)
    due: Mapped[datetime]
    submitted: Mapped[datetime | None]
    first_id: Mapped[str | None] = mapped_column(ForeignKey("draws.id"))
    supplementary: Mapped[bool] = mapped_column(default=False)
    approval: Mapped[str | None] = mapped_column(Text)
    referred: Mapped[str | None] = mapped_column(Text)
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    revision: Mapped[int] = mapped_column(default=0)

    def move(self, verb: DrawVerb | None = None) -> None:
        """Take a step, or note an act that leaves the state: each act leaves an image of this row. Raises `WrongState`.

        So the entries of a draw are found by it.
        """
        self.revision = (self.revision or 0) + 1
        if verb is not None:
            self.state = step(self.state, verb)


class Contribution(LedgeredRow):
    """What an organisation contributed: its digest, and the proof itself, sealed."""

    __tablename__ = "draw_contributions"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class StepIn(LedgeredRow):
    """An alternate that was called in."""

    __tablename__ = "draw_step_ins"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    alternate_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    replaced_id: Mapped[str] = mapped_column(String(ID_LENGTH))


class Seat(LedgeredRow):
    """A seat by its code. ``member``, ``record`` and ``answer`` commit to who sits there now (docs/spec/draw.md)."""

    __tablename__ = "draw_seats"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    line: Mapped[int]
    state: Mapped[SeatState] = mapped_column(choice(SeatState))
    vacancy: Mapped[int]
    member: Mapped[str] = mapped_column(String(64))
    record: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(String(64))


class Vacancy(LedgeredRow):
    """A seat that fell vacant, by number; cause and evidence are sealed at one size."""

    __tablename__ = "draw_vacancies"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seat: Mapped[str] = mapped_column(String(8))
    refilled: Mapped[bool]
    evidence: Mapped[bytes] = mapped_column(LargeBinary)


class ListState(StrEnum):
    """What the vault found when the bid opening had come: no list yet, too few bidders, or a list that it opened."""

    MISSING = "missing"
    TOO_FEW = "too-few"
    OPENED = "opened"


class BidderList(LedgeredRow):
    """The list of bidders of a draw that has seats, at the opening (docs/spec/draw.md, section 7).

    ``digest`` is that of the ciphertext; ``bidders`` and ``struck`` are the commitments that the ledger shows;
    ``vacancies`` is how many were logged before.
    """

    __tablename__ = "draw_bidder_lists"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    state: Mapped[ListState] = mapped_column(choice(ListState))
    digest: Mapped[str | None] = mapped_column(String(64))
    bidders: Mapped[str | None] = mapped_column(String(64))
    struck: Mapped[str | None] = mapped_column(String(64))
    vacancies: Mapped[int | None]


class StruckRows(OperationalRow):
    """Which rows of the candidate table the bidders strike: a bit for each, sealed at a size that is the table's."""

    __tablename__ = "draw_struck_rows"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class TurnedAway(LedgeredRow):
    """That whoever had accepted a seat is not needed, because the draw was cancelled: an allowance (误工补助) is due.

    Names stay sealed; who is paid is opened when it is paid.
    """

    __tablename__ = "draw_turned_away"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int]
    came: Mapped[bool]


class Assignment(LedgeredRow):
    """Whose seat it was: written when the rulebook opens names to the payer, never before and never deleted."""

    __tablename__ = "draw_assignments"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id"), index=True)
    at: Mapped[datetime]


class SeatSuspension(LedgeredRow):
    """That whoever had a seat is not drawn on some days (暂停抽取), decided while nobody but the vault knows who it is.

    ``case_id`` is the case it was decided in; ``until`` the last day, None: until further notice. Once it is among the
    facts of the person (``applied``) it counts there, and here no more.
    """

    __tablename__ = "draw_seat_suspensions"

    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), index=True)
    seat: Mapped[str] = mapped_column(String(8))
    vacancy: Mapped[int]
    start: Mapped[date]
    until: Mapped[date | None]
    applied: Mapped[datetime | None]


class Calling(LedgeredRow):
    """That a committee is called again, by number, because its session begins at another time."""

    __tablename__ = "draw_callings"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    starts: Mapped[datetime]


class Release(LedgeredRow):
    """That names of a draw are opened to a recipient, by number; ``asked_by`` is the account, None: by rule.

    ``signed`` is the supervisor's signed order as JSON, where it was ordered; ``reason_salt`` that of the commitment to
    the reason, where the glass is broken.
    """

    __tablename__ = "draw_releases"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recipient_id: Mapped[str] = mapped_column(ForeignKey("recipient_keys.id"))
    audience: Mapped[str] = mapped_column(String(32))
    way: Mapped[Way] = mapped_column(choice(Way))
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    reason: Mapped[str] = mapped_column(String(500))
    signed: Mapped[str | None] = mapped_column(Text)
    reason_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[ReleaseState] = mapped_column(choice(ReleaseState), index=True)
    requested: Mapped[datetime]


class ReleasedKey(LedgeredRow):
    """The key of a seat's record, sealed to the recipient of a release."""

    __tablename__ = "draw_released_keys"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Consent(LedgeredRow):
    """That a key holder's owner consents to breaking the glass, signed (base64) by the holder's transport key."""

    __tablename__ = "draw_consents"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    signature: Mapped[str] = mapped_column(String(88))


class ConsentTask(OperationalRow):
    """Which holder was asked for its consent, by which task; ``refused`` is the code of an agent's refusal."""

    __tablename__ = "draw_consent_tasks"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    task_id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True)
    refused: Mapped[str | None] = mapped_column(String(64))


class CommitteeTask(OperationalRow):
    """By which task a holder was given the sealed record of a seat, and when it said that it kept it."""

    __tablename__ = "draw_committee_tasks"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    task_id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True)
    posted: Mapped[datetime]
    kept: Mapped[datetime | None]


class ReleaseTask(OperationalRow):
    """Which holder was asked for its share of a seat, in which step: at ``position`` of ``set_number``."""

    __tablename__ = "draw_release_tasks"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    set_number: Mapped[int]
    position: Mapped[int]
    holder_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    task_id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True)
    posted: Mapped[datetime]


class DrawTask(OperationalRow):
    """Which contributor was asked, when, by which task of its mailbox."""

    __tablename__ = "draw_tasks"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    task_id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True)
    posted: Mapped[datetime]
    refused: Mapped[str | None] = mapped_column(String(64))


class DrawSecret(OperationalRow):
    """What the vault must keep of a draw: table key, request salt, lot key. Sealed."""

    __tablename__ = "draw_secrets"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class LotKey(OperationalRow):
    """The key under which the ledger names a project's lots, the same for every draw of the project. Sealed."""

    __tablename__ = "draw_lot_keys"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class TablePart(OperationalRow):
    """Part of a candidate table with who stands on each row. Sealed; the intent commits to the rows."""

    __tablename__ = "draw_table_parts"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SealedRecord(OperationalRow):
    """The envelope to the key holders for who took a seat: at first (vacancy 0), or in a vacancy."""

    __tablename__ = "draw_records"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)


class WorkingCopy(OperationalRow):
    """The vault's own copy of who took a seat, of one size, sealed under its key; never in a backup."""

    __tablename__ = "draw_working_copies"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class BeaconRound(OperationalRow):
    """The round of the public beacon that an intent declared: public, and verified whenever it is used."""

    __tablename__ = "draw_beacon_rounds"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes] = mapped_column(LargeBinary)


class Question(OperationalRow):
    """When an account asked whether there are enough experts, so that nobody can feel out the pool."""

    __tablename__ = "draw_questions"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "qst"))
    actor_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    asked: Mapped[datetime]
