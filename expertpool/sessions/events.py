"""What the ledger keeps of a day.

Shown are the steps that anybody outside the room may notice (assembly, breaks, the night, suspension, report, close).
What members do inside (votes, dissent, questions, who was lost and why) is hidden: that it happened shows as a number.
"""

from typing import Any

from expertpool.core.events import Event, clear


class DayMoved(Event):
    """The day of a session took a step that anybody may notice."""

    kind = "session.moved"
    session: str = clear()
    centre: str = clear()
    number: int = clear()
    step: str = clear()
    state: str = clear()
    late: bool = clear()
    details: dict[str, Any]


class DayNoted(Event):
    """Something inside the room was put on record by seat code; what it was stays hidden."""

    kind = "session.noted"
    session: str = clear()
    centre: str = clear()
    number: int = clear()
    step: str
    details: dict[str, Any]


class TimelineConfirmed(Event):
    """A clerk confirmed the timeline of a day that the system proposed."""

    kind = "session.timeline-confirmed"
    session: str = clear()
    centre: str = clear()
    timeline: list[dict[str, Any]]


class PaperEntered(Event):
    """What was kept on paper during an outage was entered; it counts when an account of another role signs it."""

    kind = "session.paper-entered"
    session: str = clear()
    centre: str = clear()
    sheet: str = clear()
    lines: list[dict[str, Any]]
    document: str
    reason: str


class PaperSigned(Event):
    """An account of another role signed what was entered from paper; its steps stand in the ledger before this."""

    kind = "session.paper-signed"
    session: str = clear()
    centre: str = clear()
    sheet: str = clear()


class PaperRefused(Event):
    """What was entered from paper was refused; nothing of it counts."""

    kind = "session.paper-refused"
    session: str = clear()
    centre: str = clear()
    sheet: str = clear()
    reason: str


class OutcomeEntered(Event):
    """The agency entered a milestone for the supervisor to confirm."""

    kind = "milestone.entered"
    entry: str = clear()
    milestone: str = clear()
    project: str = clear()
    subject: str = clear()
    centre: str = clear()
    at: str
    document: str


class OutcomeRefused(Event):
    """A milestone that was entered was refused or withdrawn; nothing of it counts."""

    kind = "milestone.refused"
    entry: str = clear()
    milestone: str = clear()
    project: str = clear()
    subject: str = clear()
    centre: str = clear()
    reason: str


class ScoresOpened(Event):
    """The members' scores, sealed until the report, were opened into rows by seat code; or are not ``usable``.

    ``digest`` is that of the ciphertext.
    """

    kind = "scores.opened"
    session: str = clear()
    centre: str = clear()
    digest: str = clear()
    usable: bool = clear()
    scores: int


class TerminalOpened(Event):
    """A clerk made a browser the terminal of a site; it acts by short codes and has no account's rights."""

    kind = "session.terminal-opened"
    session: str = clear()
    centre: str = clear()
    terminal: str = clear()
    site: int = clear()


class TerminalClosed(Event):
    """A clerk ended a terminal of a site."""

    kind = "session.terminal-closed"
    session: str = clear()
    centre: str = clear()
    terminal: str = clear()
    site: int = clear()


class CodeRefused(Event):
    """A short code was typed at a terminal that no member there has; what was typed is not kept."""

    kind = "session.code-refused"
    session: str = clear()
    centre: str = clear()
    terminal: str = clear()
    site: int = clear()
