"""The tables of assessments. Experts are seat codes: nothing here is a name, and nothing follows from one.

Until the reveal a party's scores stand here only sealed to the vault, at one size for any sheet.
"""

from datetime import date, datetime
from functools import partial

from sqlalchemy import ForeignKey, ForeignKeyConstraint, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.assessments.case_lifecycle import AppealState, CaseState, CaseVerb, Ground, Measure, case_step
from expertpool.assessments.lifecycle import AssessmentState, AssessmentVerb, step
from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow
from expertpool.sessions.models import Key
from policies.conduct_items import Evidence, Party, SubjectKind

ID_LENGTH = 40
SESSION = "session_id"
RESULT = "result"
"""What a notice of a result is about."""


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


class Notice(LedgeredRow):
    """That whoever sat is told something (送达): of a result, or of a decision (``about``: the case or the appeal).

    ``served`` is the day on which it was received, over the line to the vault or on paper (``document``: its SHA-256).
    """

    __tablename__ = "assessment_notices"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_subjects.session_id", "assessment_subjects.number"]),
    )

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    about: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=RESULT)
    made: Mapped[date]
    served: Mapped[date | None]
    document: Mapped[str | None] = mapped_column(String(64))


class Case(LedgeredRow):
    """A case (处理建议) about whoever had a seat: proposed, handed over, decided by the competent department.

    It rests on a result; whose seat that was, `draws.models.Assignment` tells once names are open. ``rests_on`` are all
    results it rests on, as JSON. ``start`` and ``until`` are the days of a suspension, both included; ``until`` is None
    for one that goes on until the return is granted. ``proposed_by`` is None where the rulebook proposed it.
    """

    __tablename__ = "assessment_cases"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_subjects.session_id", "assessment_subjects.number"]),
        UniqueConstraint(SESSION, "subject", "ground"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "cas"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    subject: Mapped[int]
    ground: Mapped[Ground] = mapped_column(choice(Ground))
    rests_on: Mapped[str] = mapped_column(Text)
    state: Mapped[CaseState] = mapped_column(choice(CaseState), index=True)
    revision: Mapped[int] = mapped_column(default=0)
    proposed: Mapped[datetime]
    proposed_by: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    proposal: Mapped[Measure] = mapped_column(choice(Measure))
    proposed_months: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(500))
    measure: Mapped[Measure | None] = mapped_column(choice(Measure))
    months: Mapped[int | None]
    start: Mapped[date | None]
    until: Mapped[date | None]
    decided: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    decision: Mapped[str | None] = mapped_column(String(500))

    def move(self, verb: CaseVerb) -> None:
        """Take a step. Raises `CaseWrongStep`."""
        self.state = case_step(self.state, verb)
        self.revision = (self.revision or 0) + 1


class Appeal(LedgeredRow):
    """An expert's appeal (申诉) against a result: one for each, by seat. The text is sealed at one size.

    ``due`` is the last day for the decision; None while the calendar of that year is not published.
    """

    __tablename__ = "assessment_appeals"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_results.session_id", "assessment_results.subject"]),
        UniqueConstraint(SESSION, "subject"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "apl"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    subject: Mapped[int]
    state: Mapped[AppealState] = mapped_column(choice(AppealState), index=True)
    text: Mapped[bytes] = mapped_column(LargeBinary)
    filed: Mapped[date]
    due: Mapped[date | None]
    decided: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    decision: Mapped[str | None] = mapped_column(String(1000))


class Attachment(OperationalRow):
    """A file for an appeal, sealed; it belongs to none until one is filed with it, whose entry has the digest."""

    __tablename__ = "assessment_attachments"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "att"))
    appeal_id: Mapped[str | None] = mapped_column(ForeignKey("assessment_appeals.id"), index=True)
    media: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded: Mapped[datetime]


class Amendment(LedgeredRow):
    """What a result is after an appeal that was upheld; the result itself stays. ``marks`` are the changes, as JSON."""

    __tablename__ = "assessment_amendments"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_results.session_id", "assessment_results.subject"]),
    )

    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    subject: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    appeal_id: Mapped[str] = mapped_column(ForeignKey("assessment_appeals.id"))
    marks: Mapped[str] = mapped_column(Text)
    deduction: Mapped[int]
    score: Mapped[int]
    at: Mapped[datetime]


class Explanation(LedgeredRow):
    """That the supervisor asked whoever had a seat to explain a figure of the scoring, and the answer; by seat.

    ``figure`` is what was asked about, as JSON (`alerting.Figure`), ``name`` the same in short: each is asked about
    once. The answer is sealed at one size.
    """

    __tablename__ = "assessment_explanations"
    __table_args__ = (
        ForeignKeyConstraint([SESSION, "subject"], ["assessment_subjects.session_id", "assessment_subjects.number"]),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "exq"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    subject: Mapped[int]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    figure: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(String(500))
    asked: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(ForeignKey("actors.id"))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered: Mapped[datetime | None]
