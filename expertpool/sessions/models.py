"""The tables of the day. Everything is by seat code: nothing here is a name, and nothing follows from one.

What a database administrator reads here is what the room sees: which seats came, when, what they did. Texts that belong
to the evaluation (dissent, questions) are sealed.
"""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow
from expertpool.projects.terms import MilestoneKind
from expertpool.sessions.lifecycle import DayState, DayVerb, step
from expertpool.sessions.steps import Cause, StepKind

ID_LENGTH = 40


class Key(NamedTuple):
    """Who sits on a seat, without saying who: ``vacancy`` tells the first (0) from those who came for them."""

    draw: str
    seat: str
    vacancy: int


class SessionDay(LedgeredRow):
    """The day of a session. ``planned`` and ``confirmed`` are timelines as canonical JSON (`sessions.timeline`).

    ``revision`` counts the acts. ``opened`` is when the first member came.
    """

    __tablename__ = "session_days"

    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"), primary_key=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    state: Mapped[DayState] = mapped_column(choice(DayState), index=True)
    revision: Mapped[int] = mapped_column(default=0)
    opened: Mapped[datetime]
    planned: Mapped[str] = mapped_column(Text)
    confirmed: Mapped[str | None] = mapped_column(Text)
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    confirmed_at: Mapped[datetime | None]

    def move(self, verb: DayVerb) -> None:
        """Take a step, which may leave the state. Raises `WrongStep`."""
        self.state = step(self.state, verb)
        self.note()

    def note(self) -> None:
        """Count an act."""
        self.revision += 1


class DayStep(LedgeredRow):
    """One step, by number from 1, never changed.

    ``at`` is when it happened, ``noted`` when it was entered. ``by`` is the account that entered it, None for a member
    and for what happens by rule; ``second`` the account of another role that signed what was entered from paper
    (``late``). ``votes_for`` is the seat that a vote is for; ``about`` the number of the question that an answer is to,
    or of the loss for which a replacement owes a redo. A step that ``corrects`` another one states its true time.
    ``note`` is a sealed text.
    """

    __tablename__ = "session_day_steps"

    session_id: Mapped[str] = mapped_column(ForeignKey("session_days.session_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    kind: Mapped[StepKind] = mapped_column(choice(StepKind))
    site: Mapped[int | None]
    draw_id: Mapped[str | None] = mapped_column(ForeignKey("draws.id"))
    seat: Mapped[str | None] = mapped_column(String(8))
    vacancy: Mapped[int | None]
    votes_for: Mapped[str | None] = mapped_column(String(8))
    cause: Mapped[Cause | None] = mapped_column(choice(Cause))
    meal: Mapped[bool | None]
    at: Mapped[datetime]
    noted: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    late: Mapped[bool] = mapped_column(default=False)
    second: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    about: Mapped[int | None]
    corrects: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    note: Mapped[bytes | None] = mapped_column(LargeBinary)

    @property
    def key(self) -> Key | None:
        """Who took it, where it is a member's."""
        if self.draw_id is None or self.seat is None or self.vacancy is None:
            return None
        return Key(self.draw_id, self.seat, self.vacancy)


class Member(LedgeredRow):
    """Whoever signed in for a seat: a place in the room, drawn when they came, and the digest of the short code.

    The code is bound to the session under the service's key, so a dump does not tell it.
    """

    __tablename__ = "session_members"

    session_id: Mapped[str] = mapped_column(ForeignKey("session_days.session_id"), primary_key=True)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    site: Mapped[int]
    place: Mapped[int]
    signed_in: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(64))
    left: Mapped[datetime | None]

    @property
    def key(self) -> Key:
        """Who this is, by seat."""
        return Key(self.draw_id, self.seat, self.vacancy)


class EntryState(StrEnum):
    """How something stands that one account entered for another to sign."""

    ENTERED = "entered"
    SIGNED = "signed"
    REFUSED = "refused"


class PaperSheet(LedgeredRow):
    """What was kept on paper while the system could not be used: its lines as canonical JSON, and the scan's SHA-256.

    It counts when an account of another role has signed it.
    """

    __tablename__ = "session_paper_sheets"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "sht"))
    session_id: Mapped[str] = mapped_column(ForeignKey("session_days.session_id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    lines: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[EntryState] = mapped_column(choice(EntryState))
    entered_by: Mapped[str] = mapped_column(ForeignKey("actors.id"))
    entered: Mapped[datetime]
    second: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    decided: Mapped[datetime | None]


class OutcomeEntry(LedgeredRow):
    """A milestone that the agency entered for the supervisor to confirm, where no trading system states it.

    ``subject`` is the session of a report, the lot of an award or notice; ``document`` the SHA-256 of the paper.
    """

    __tablename__ = "outcome_entries"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "out"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    kind: Mapped[MilestoneKind] = mapped_column(choice(MilestoneKind))
    subject: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    at: Mapped[datetime]
    document: Mapped[str] = mapped_column(String(64))
    state: Mapped[EntryState] = mapped_column(choice(EntryState))
    entered_by: Mapped[str] = mapped_column(ForeignKey("actors.id"))
    entered: Mapped[datetime]
    second: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    decided: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))


class ScoreSheet(LedgeredRow):
    """That the scores of a session were opened, or were not ``usable``; ``digest`` is that of the ciphertext."""

    __tablename__ = "session_score_sheets"

    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    usable: Mapped[bool]


class Score(LedgeredRow):
    """What a member, by seat, gave a bidder (by credit code) for a lot, in hundredths of a point."""

    __tablename__ = "session_scores"

    session_id: Mapped[str] = mapped_column(ForeignKey("session_score_sheets.session_id"), primary_key=True)
    lot_id: Mapped[str] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    bidder: Mapped[str] = mapped_column(String(18), primary_key=True)
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int]
    hundredths: Mapped[int]


class Terminal(LedgeredRow):
    """A browser in the room, opened by a clerk for the members. ``token`` is the SHA-256 of what the browser shows.

    ``failures`` counts wrong codes; ``closed`` is when a clerk ended it.
    """

    __tablename__ = "session_terminals"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "trm"))
    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    site: Mapped[int]
    token: Mapped[str] = mapped_column(String(64), unique=True)
    opened: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(ForeignKey("actors.id"))
    closed: Mapped[datetime | None]
    failures: Mapped[int]
