"""The tables of assessments. Experts are seat codes: nothing here is a name, and nothing follows from one.

Until the reveal a party's scores stand here only sealed to the vault, at one size for any sheet.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.assessments.lifecycle import AssessmentState, AssessmentVerb, step
from expertpool.core.database import choice
from expertpool.core.rows import LedgeredRow
from expertpool.sessions.models import Key
from policies.conduct_items import Evidence, Party, SubjectKind

ID_LENGTH = 40
SESSION = "session_id"


class Assessment(LedgeredRow):
    """The assessment of a session. ``rulebook`` is the digest of the book whose sheet is used.

    ``form`` holds the rules about assessments as that book has them (`rules.AssessmentRules`), so that no later edition
    changes what is weighed. ``due`` is the moment from which no sheet is taken; None while the working-day calendar of
    that year is not published. ``revision`` counts the acts.
    """

    __tablename__ = "assessments"

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("session_days.session_id"), primary_key=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    state: Mapped[AssessmentState] = mapped_column(choice(AssessmentState), index=True)
    revision: Mapped[int] = mapped_column(default=0)
    rulebook: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(Text)
    opened: Mapped[datetime]
    due: Mapped[datetime | None]
    revealed: Mapped[datetime | None]

    def move(self, verb: AssessmentVerb) -> None:
        """Take a step, which may leave the state. Raises `WrongStep`."""
        self.state = step(self.state, verb)
        self.revision = (self.revision or 0) + 1


class Subject(LedgeredRow):
    """Whom an assessment is of, by number from 1: a seat (``draw_id``, ``seat``, ``vacancy``), or who has a ``label``.

    The label is the agency's name, or the account or name of one of its people; ``unit`` is the agency's credit code.
    """

    __tablename__ = "assessment_subjects"
    __table_args__ = (UniqueConstraint("draw_id", "seat", "vacancy"),)

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("assessments.session_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    kind: Mapped[SubjectKind] = mapped_column(choice(SubjectKind))
    draw_id: Mapped[str | None] = mapped_column(ForeignKey("draws.id"))
    seat: Mapped[str | None] = mapped_column(String(8))
    vacancy: Mapped[int | None]
    unit: Mapped[str | None] = mapped_column(String(18), index=True)
    label: Mapped[str | None] = mapped_column(String(200))

    @property
    def key(self) -> Key | None:
        """Who it is, by seat; None for the agency and its people."""
        if self.draw_id is None or self.seat is None or self.vacancy is None:
            return None
        return Key(self.draw_id, self.seat, self.vacancy)


class Proposal(LedgeredRow):
    """A fact that the system knows, proposed for an item with the step of the day that shows it; it scores nothing."""

    __tablename__ = "assessment_proposals"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_subjects.session_id", "assessment_subjects.number"]),
    )

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item: Mapped[str] = mapped_column(String(32), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Sheet(LedgeredRow):
    """What a party gave for a subject: sealed to the vault's public key, at one size, with its digest.

    The key makes it one sheet for each session, subject and party.
    """

    __tablename__ = "assessment_sheets"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_subjects.session_id", "assessment_subjects.number"]),
    )

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party: Mapped[Party] = mapped_column(choice(Party), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime]
    given_by: Mapped[str] = mapped_column(ForeignKey("actors.id"))


class Mark(LedgeredRow):
    """A deduction that a party made, in points, with its evidence: written at the reveal.

    ``grounds`` says what happened; ``step`` is that of the day which shows it, ``document`` the SHA-256 of a paper or
    recording.
    """

    __tablename__ = "assessment_marks"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_subjects.session_id", "assessment_subjects.number"]),
    )

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party: Mapped[Party] = mapped_column(choice(Party), primary_key=True)
    item: Mapped[str] = mapped_column(String(32), primary_key=True)
    points: Mapped[int]
    evidence: Mapped[Evidence] = mapped_column(choice(Evidence))
    grounds: Mapped[str] = mapped_column(Text)
    step: Mapped[int | None]
    document: Mapped[str | None] = mapped_column(String(64))


class Result(LedgeredRow):
    """What follows from the sheets for a subject by the weights, in hundredths of a point; never changed.

    ``missing`` names the parties without a sheet, with commas between: they deduct nothing.
    """

    __tablename__ = "assessment_results"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_subjects.session_id", "assessment_subjects.number"]),
    )

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    deduction: Mapped[int]
    score: Mapped[int]
    missing: Mapped[str] = mapped_column(String(64))
