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
