"""What the ledger keeps of draws: docs/spec/draw.md. What could name a member, or say why one left, is hidden."""

from typing import Any

from expertpool.core.events import Event, clear


class DrawDrafted(Event):
    """A draw request was written, or rewritten, and not yet submitted."""

    kind = "draw.drafted"
    draw: str = clear()
    centre: str = clear()
    request: dict[str, Any]


class DrawRequested(Event):
    """A draw request was submitted."""

    kind = "draw.requested"
    draw: str = clear()
    centre: str = clear()
    request: dict[str, Any]
    rules: str


class DrawAccepted(Event):
    """A draw request was accepted: by rule, or by the person to whom it was referred."""

    kind = "draw.accepted"
    draw: str = clear()
    centre: str = clear()
    findings: list[dict[str, Any]]
    reason: str | None


class DrawReturned(Event):
    """A draw request was returned for amendment (退回修改)."""

    kind = "draw.returned"
    draw: str = clear()
    centre: str = clear()
    findings: list[dict[str, Any]]
    reason: str | None


class DrawReferred(Event):
    """A draw request was referred to a person, because a rule leaves it to one."""

    kind = "draw.referred"
    draw: str = clear()
    centre: str = clear()
    findings: list[dict[str, Any]]


class DrawIntended(Event):
    """The intent: everything that decides a draw, before anyone can know the outcome."""

    kind = "draw.intended"
    algorithm: str = clear()
    draw: str = clear()
    centre: str = clear()
    request: str = clear()
    lots: list[str] = clear()
    first: int | None = clear()
    rulebook: str = clear()
    pool: dict[str, Any] = clear()
    table: str = clear()
    seats: list[int] = clear()
    constraints: list[dict[str, int]] = clear()
    retained: list[str] = clear()
    contributors: list[dict[str, Any]] = clear()
    alternates: list[dict[str, Any]] = clear()
    required: int = clear()
    step_seconds: int = clear()
    deadline: str = clear()
    max_attempts: int = clear()
    vacancies: int = clear()
    vault: str = clear()
    holders: dict[str, Any] = clear()
    not_before: str = clear()
    beacon: dict[str, Any] | None = clear()
    counts: dict[str, int]
    approval: dict[str, Any] | None


class DrawContributed(Event):
    """A contribution came in; its digest binds it before the others are known."""

    kind = "draw.contributed"
    draw: str = clear()
    intent: int = clear()
    organisation: str = clear()
    digest: str = clear()
    escrow: str | None = clear()


class DrawSteppedIn(Event):
    """An alternate was called in for a contributor that did not answer in time."""

    kind = "draw.stepped-in"
    draw: str = clear()
    intent: int = clear()
    alternate: str = clear()
    replaced: str = clear()


class DrawCompleted(Event):
    """The panel was drawn: for every seat what commits to its member, record and answer code."""

    kind = "draw.completed"
    draw: str = clear()
    intent: int = clear()
    attempts: int = clear()
    seed: str = clear()
    seats: list[dict[str, Any]] = clear()


class DrawExhausted(Event):
    """No attempt gave a committee that meets every constraint."""

    kind = "draw.exhausted"
    draw: str = clear()
    intent: int = clear()
    attempts: int = clear()
    seed: str = clear()


class DrawVacated(Event):
    """A seat fell vacant; why, and the evidence, stay hidden until the bundle."""

    kind = "draw.vacated"
    draw: str = clear()
    intent: int = clear()
    vacancy: int = clear()
    seat: str = clear()
    evidence: str


class DrawRefilled(Event):
    """A vacant seat was drawn anew."""

    kind = "draw.refilled"
    draw: str = clear()
    intent: int = clear()
    vacancy: int = clear()
    seat: str = clear()
    attempts: int = clear()
    member: str = clear()
    record: str = clear()
    answer: str = clear()


class VacancyExhausted(Event):
    """A vacant seat could not be filled from the table."""

    kind = "draw.vacancy-exhausted"
    draw: str = clear()
    intent: int = clear()
    vacancy: int = clear()
    seat: str = clear()
    attempts: int = clear()


class BiddersOpened(Event):
    """The sealed list of bidders was opened after the draw; ``struck`` commits to the rows that it strikes.

    ``list`` is the digest of the ciphertext, ``bidders`` commits to what is in it, ``vacancies`` were logged before.
    """

    kind = "draw.bidders-opened"
    draw: str = clear()
    intent: int = clear()
    list: str = clear()
    bidders: str = clear()
    struck: str = clear()
    vacancies: int = clear()


class BiddersMissing(Event):
    """The bid opening had come, and there was no list of bidders."""

    kind = "draw.bidders-missing"
    draw: str = clear()
    intent: int = clear()


class BiddersTooFew(Event):
    """The list of bidders was opened and has no lot with enough of them; nobody is struck."""

    kind = "draw.bidders-too-few"
    draw: str = clear()
    intent: int = clear()
    list: str = clear()


class DrawPostponed(Event):
    """A committee is put off with its session; ``not_before`` may be known, the new time is not."""

    kind = "draw.postponed"
    draw: str = clear()
    intent: int = clear()
    not_before: str | None = clear()


class DrawResumed(Event):
    """The session of a committee has a new time: the same members are called again for it."""

    kind = "draw.resumed"
    draw: str = clear()
    intent: int = clear()
    starts: str = clear()


class DrawSuspended(Event):
    """The evaluation is suspended (中止): the committee keeps its seats."""

    kind = "draw.suspended"
    draw: str = clear()
    intent: int = clear()
    reason: str


class DrawReconvened(Event):
    """A suspended evaluation goes on with the same committee."""

    kind = "draw.reconvened"
    draw: str = clear()
    intent: int = clear()
    reason: str


class DrawCalling(Event):
    """The members are being called."""

    kind = "draw.calling"
    draw: str = clear()
    intent: int = clear()


class SeatAccepted(Event):
    """Whoever sits on a seat accepted."""

    kind = "draw.accepted-seat"
    draw: str = clear()
    intent: int = clear()
    seat: str = clear()


class SeatLost(Event):
    """A seat fell vacant past the cap; why stays hidden. It needs a supplementary intent."""

    kind = "draw.seat-lost"
    draw: str = clear()
    intent: int = clear()
    seat: str = clear()
    evidence: str


class DrawFilled(Event):
    """The last open seat was accepted: every seat is filled."""

    kind = "draw.filled"
    draw: str = clear()
    intent: int = clear()
    seat: str = clear()


class DrawAborted(Event):
    """A draw was given up before its result: contributors defaulted."""

    kind = "draw.aborted"
    draw: str = clear()
    intent: int = clear()
    defaulted: list[str] = clear()


class DrawCancelled(Event):
    """A draw was cancelled; names stay sealed. Whoever had accepted a seat in ``turned_away`` is owed an allowance."""

    kind = "draw.cancelled"
    draw: str = clear()
    centre: str = clear()
    turned_away: list[str] = clear()
    reason: str


class DrawClosed(Event):
    """The evaluation is over: the report is signed, and the bundle can be opened."""

    kind = "draw.closed"
    draw: str = clear()
    intent: int = clear()


class ReleaseRequested(Event):
    """Names of a draw are to be opened to one audience: all that the key holders' agents go by.

    ``recipient`` is the key, hex; ``grounds`` are the entries of the milestones that the audience waited for.
    """

    kind = "draw.release-requested"
    draw: str = clear()
    intent: int = clear()
    audience: str = clear()
    recipient: str = clear()
    seats: list[str] = clear()
    grounds: list[int] = clear()
    reason: str


class ReleaseOrdered(Event):
    """A supervisor orders that the names of single seats be opened to the supervisor's key during the session.

    The order is signed; the agents see the signature, and the ledger keeps the order hidden.
    """

    kind = "draw.release-ordered"
    draw: str = clear()
    intent: int = clear()
    audience: str = clear()
    recipient: str = clear()
    seats: list[str] = clear()
    order: dict[str, str]


class BreakGlassRequested(Event):
    """The glass is to be broken (应急解封): every key holder has to consent before any gives its share.

    ``reason_digest`` commits to the reason that the holders' owners are shown.
    """

    kind = "draw.break-glass-requested"
    draw: str = clear()
    intent: int = clear()
    audience: str = clear()
    recipient: str = clear()
    seats: list[str] = clear()
    reason_digest: str = clear()
    reason: str


class BreakGlassConsented(Event):
    """A key holder's owner consented to breaking the glass; ``release`` is the entry that requests it."""

    kind = "draw.break-glass-consented"
    draw: str = clear()
    intent: int = clear()
    holder: str = clear()
    release: int = clear()
    signature: str = clear()


class NamesReleased(Event):
    """Every seat of a release was opened to its recipient; ``release`` is the entry that requested it."""

    kind = "draw.released"
    draw: str = clear()
    intent: int = clear()
    audience: str = clear()
    release: int = clear()


class ReleaseUnanswered(Event):
    """No set of key holders opened a release; names stay sealed."""

    kind = "draw.release-unanswered"
    draw: str = clear()
    intent: int = clear()
    audience: str = clear()
    release: int = clear()


class DrawAssigned(Event):
    """Whose seats they were may be known: ``members`` are the experts by seat and vacancy."""

    kind = "draw.assigned"
    draw: str = clear()
    intent: int = clear()
    members: list[dict[str, Any]]
