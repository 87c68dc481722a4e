"""What the ledger keeps of an assessment.

Until the reveal nothing stands anywhere that tells how a party scored: an entry has but the digest of the ciphertexts.
"""

from typing import Any

from expertpool.core.events import Event, clear


class AssessmentOpened(Event):
    """A session's assessment opened by rule; whom it is of, and what the system proposes, is hidden."""

    kind = "assessment.opened"
    session: str = clear()
    centre: str = clear()
    rulebook: str = clear()
    due: str | None = clear()
    subjects: list[dict[str, Any]]
    proposals: list[dict[str, Any]]


class AgencyPersonNamed(Event):
    """The centre named one of the agency's people to assess."""

    kind = "assessment.person-named"
    session: str = clear()
    centre: str = clear()
    label: str


class SheetsGiven(Event):
    """A party gave its sheets for everybody of a session, sealed to the vault; ``sheets`` are the digests."""

    kind = "assessment.given"
    session: str = clear()
    centre: str = clear()
    party: str = clear()
    sheets: list[str] = clear()


class AssessmentRevealed(Event):
    """The sheets of a session were opened together; ``missing`` are the parties that gave none and deduct nothing."""

    kind = "assessment.revealed"
    session: str = clear()
    centre: str = clear()
    missing: list[str] = clear()
    marks: list[dict[str, Any]]
    results: list[dict[str, Any]]


class ResultsNoticed(Event):
    """Notices of a session's results were made for those who sat; each is served when it is received."""

    kind = "assessment.noticed"
    session: str = clear()
    centre: str = clear()


class NoticeServed(Event):
    """A notice was received, by signing for it or on paper; who and of what is hidden."""

    kind = "assessment.served"
    session: str = clear()
    centre: str = clear()
    subject: int
    about: str
    served: str
    document: str | None


class CaseProposed(Event):
    """A case was proposed, by rule or by the centre; about whom, and what for, is hidden."""

    kind = "case.proposed"
    centre: str = clear()
    case: str
    session: str
    subject: int
    ground: str
    rests_on: list[str]
    measure: str
    months: int | None
    reason: str


class CaseMoved(Event):
    """A case was handed over to the competent department, or withdrawn by the centre."""

    kind = "case.moved"
    centre: str = clear()
    case: str
    state: str
    reason: str | None


class CaseDecided(Event):
    """The competent department decided a case; a suspension binds from this entry on, which is its ground."""

    kind = "case.decided"
    centre: str = clear()
    case: str
    measure: str
    months: int | None
    start: str | None
    until: str | None
    reason: str


class CaseEnded(Event):
    """What a case had decided ended: the return was granted, or the decision revoked."""

    kind = "case.ended"
    centre: str = clear()
    case: str
    state: str
    reason: str
    application: str | None
    test: str | None


class ConsequenceApplied(Event):
    """What a case decided is among the expert's own facts now; the entry after this one changes them."""

    kind = "case.applied"
    centre: str = clear()
    case: str
    decision: int


class AppealFiled(Event):
    """An appeal against a result was filed; ``files`` are the digests of its attachments."""

    kind = "assessment.appealed"
    session: str = clear()
    centre: str = clear()
    appeal: str
    subject: int
    files: list[str]


class AppealDecided(Event):
    """An appeal was decided; where it was upheld the amended result stands beside the first one."""

    kind = "assessment.appeal-decided"
    session: str = clear()
    centre: str = clear()
    appeal: str
    upheld: bool
    reason: str
    deduction: int | None
    score: int | None


class AssessmentFinished(Event):
    """An assessment became final: every result was received, and the times for appeals are over."""

    kind = "assessment.finished"
    session: str = clear()
    centre: str = clear()


class ExplanationAsked(Event):
    """The supervisor asked somebody to explain a figure of the scoring, by seat; who and which stays hidden."""

    kind = "assessment.explanation-asked"
    session: str = clear()
    centre: str = clear()
    explanation: str
    subject: int
    figure: dict[str, Any]
    question: str


class ExplanationGiven(Event):
    """Somebody explained a figure of the scoring; what was said stays hidden."""

    kind = "assessment.explanation-given"
    session: str = clear()
    centre: str = clear()
    explanation: str
    answer: str
