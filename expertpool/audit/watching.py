"""One draw as those on duty watch it: who has contributed, how each seat stands, what became of the names.

Read from rows and from public entries; a seat is its code and state. Why somebody left, who was called, by what and
how it ended is nowhere here (docs/threat-model.md). The number of statements does not grow with the draw.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.audit import standing
from expertpool.audit.queries import Chain
from expertpool.audit.terms import moment_of
from expertpool.draws.contributing import counting
from expertpool.draws.desk_queries import SeatShown, Tone
from expertpool.draws.events import DrawCompleted, DrawContributed, DrawRefilled, DrawResumed
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import TAKEN, CommitteeTask, Consent, Draw, Release, SeatState
from expertpool.draws.queries import (
    contributions_of,
    request_of,
    seats_of,
    step_ins_of,
    tasks_of,
    vacancies_of,
    visible_draw,
)
from expertpool.draws.releasing import releases_of
from expertpool.experts.eligibility_queries import Abundance
from expertpool.identity.permissions import Caller
from expertpool.invitations.events import ExpertLate, InvitationUnreached
from expertpool.invitations.models import Preflight
from expertpool.invitations.preflight import Finding
from expertpool.projects.models import EvaluationSession
from expertpool.protocol.intent import KIND, Contributor, Intent, read_intent
from expertpool.protocol.request import DrawRequest
from expertpool.sealing.models import KeyHolder, RecipientKey
from ledger.entry import Entry
from policies.facts import day_of

THIN: Final = "shortage.thin"
"""The rule that refers a draw whose pool is thin."""


class Given(StrEnum):
    """How a contributor stands in a draw."""

    GIVEN = "given"
    ASKED = "asked"
    WAITING = "waiting"
    LATE = "late"
    REFUSED = "refused"
    REPLACED = "replaced"
    STANDBY = "standby"
    MISSING = "missing"


TONES: Final[Mapping[Given, Tone]] = {
    Given.GIVEN: Tone.GREEN,
    **dict.fromkeys((Given.LATE, Given.REFUSED, Given.REPLACED), Tone.AMBER),
    Given.MISSING: Tone.RED,
}


@dataclass(frozen=True, slots=True)
class Giving:
    """A contributor of the draw. ``due``: until when it has time, once asked; ``entry`` and ``at`` of what it gave."""

    name: str
    outside: bool
    state: Given
    due: datetime | None
    entry: int | None
    at: datetime | None

    @property
    def tone(self) -> Tone | None:
        """None while it is nobody's turn to look."""
        return TONES.get(self.state)

    @property
    def situation(self) -> str:
        """By which state the situation guide tells of it."""
        return f"contribution-{self.state.value}"


@dataclass(frozen=True, slots=True)
class SeatWatched:
    """A seat: how often it was drawn anew, whether a call's delivery cannot be shown, how late its holder will be."""

    shown: SeatShown
    site: str
    anew: int
    unreached: bool
    late: int | None

    @property
    def tone(self) -> Tone:
        """That nobody may have been reached is for the duty desk, so it is red."""
        return Tone.RED if self.unreached else self.shown.tone

    @property
    def situation(self) -> str:
        """By which state the situation guide tells of it."""
        return "seat-unreached" if self.unreached else self.shown.situation


@dataclass(frozen=True, slots=True)
class Keeping:
    """A key holder, and how many of the committee's sealed records it says it keeps."""

    name: str
    kept: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A release with its recipient's name and the holders that consented."""

    release: Release
    recipient: str
    consents: Sequence[str]


@dataclass(frozen=True, slots=True)
class Watched:
    """A draw with all that its page shows. ``entries`` are its public ones under the newest checkpoint."""

    draw: Draw
    sitting: EvaluationSession
    request: DrawRequest
    intent: Intent | None
    givings: Sequence[Giving]
    seats: Sequence[SeatWatched]
    vacancies: int
    keeping: Sequence[Keeping]
    openings: Sequence[Opening]
    entries: Sequence[Entry]
    names: Mapping[str, str]

    @property
    def given(self) -> int:
        """How many contributions are in."""
        return sum(each.state is Given.GIVEN for each in self.givings)

    @property
    def taken(self) -> int:
        """How many seats are taken."""
        return sum(seat.shown.state in TAKEN for seat in self.seats)

    @property
    def kept(self) -> int:
        """How many key holders keep every record of those who sit."""
        return sum(each.kept >= self.taken > 0 for each in self.keeping)

    @property
    def abundance(self) -> Abundance | None:
        """All that is told of the pool; None before it was counted."""
        if self.draw.state is DrawState.EXHAUSTED and not self.seats:
            return Abundance.TOO_FEW
        if THIN in (self.draw.referred or "").split():
            return Abundance.THIN
        return None if self.intent is None else Abundance.ENOUGH


@dataclass(frozen=True, slots=True)
class Eve:
    """What the check of the evening before found for a day."""

    made: datetime
    findings: Sequence[Finding]


def watch(session: Session, caller: Caller, draw_id: str, now: datetime) -> Watched:
    """A draw that the caller may look at. Raises `NoSuchDraw`."""
    draw = visible_draw(session, caller, draw_id)
    signed = standing.newest(session, None, 1)
    entries = Chain(session, signed[0].size if signed else 0).of_draw(draw.id)
    intent = next((read_intent(entry) for entry in entries if entry.kind == KIND), None)
    sitting, request = session.get_one(EvaluationSession, draw.session_id), request_of(draw)
    holders = _holders(session, intent)
    return Watched(
        draw=draw,
        sitting=sitting,
        request=request,
        intent=intent,
        givings=[] if intent is None else _givings(session, draw, intent, entries, holders=holders, now=now),
        seats=_seats(session, draw, request, entries),
        vacancies=len(vacancies_of(session, draw.id)),
        keeping=[] if intent is None else _keeping(session, draw, intent, holders),
        openings=_openings(session, draw, holders),
        entries=entries,
        names={holder: row.name for holder, row in holders.items()},
    )


def eve_of(session: Session, sitting: EvaluationSession) -> Eve | None:
    """What was found the evening before a session's day; None while nobody has looked."""
    kept = session.get(Preflight, day_of(sitting.starts))
    return None if kept is None else Eve(kept.made, [Finding(**each) for each in json.loads(kept.findings)])


def _holders(session: Session, intent: Intent | None) -> dict[str, KeyHolder]:
    """Every holder that the intent names, by identifier."""
    if intent is None:
        return {}
    named = {each.organisation for each in (*intent.contributors, *intent.alternates)} | intent.holders.keys.keys()
    return {row.id: row for row in session.scalars(select(KeyHolder).where(KeyHolder.id.in_(named)))}


def _givings(
    session: Session,
    draw: Draw,
    intent: Intent,
    entries: Sequence[Entry],
    *,
    holders: Mapping[str, KeyHolder],
    now: datetime,
) -> list[Giving]:
    """The contributors in their order, then the alternates."""
    given, asked = contributions_of(session, draw.id), tasks_of(session, draw.id)
    stepped = step_ins_of(session, draw.id)
    replaced = {each.replaced_id for each in stepped.values()}
    expected = {each.organisation for each in counting(session, draw.id, intent)}
    inside = {str(entry.body["organisation"]): entry for entry in entries if entry.kind == DrawContributed.kind}

    def state_of(each: Contributor, due: datetime | None) -> Given:
        organisation = each.organisation
        if organisation in given:
            return Given.GIVEN
        if organisation in replaced:
            return Given.REPLACED
        if organisation not in expected:
            return Given.STANDBY
        if draw.state is DrawState.ABORTED:
            return Given.MISSING
        if due is None:
            return Given.WAITING
        return Given.REFUSED if asked[organisation].refused else Given.LATE if due < now else Given.ASKED

    def giving(each: Contributor) -> Giving:
        task, entry, row = asked.get(each.organisation), inside.get(each.organisation), holders[each.organisation]
        due = None if task is None else min(task.posted + timedelta(seconds=intent.step_seconds), intent.deadline)
        at = None if entry is None else moment_of(entry)
        return Giving(row.name, row.outside, state_of(each, due), due, entry.index if entry else None, at)

    return [giving(each) for each in (*intent.contributors, *intent.alternates)]


def _seats(session: Session, draw: Draw, request: DrawRequest, entries: Sequence[Entry]) -> list[SeatWatched]:
    """By code. What was said of a seat's call counts until somebody else is called for it, or everyone is anew."""
    anew = Counter(each.seat for each in vacancies_of(session, draw.id) if each.refilled)
    unreached: set[str] = set()
    late: dict[str, int] = {}
    for entry in entries:
        code = str(entry.body.get("seat"))
        if entry.kind in (DrawCompleted.kind, DrawResumed.kind):
            unreached, late = set(), {}
        elif entry.kind == DrawRefilled.kind:
            unreached.discard(code)
            late.pop(code, None)
        elif entry.kind == InvitationUnreached.kind:
            unreached.add(code)
        elif entry.kind == ExpertLate.kind:
            late[code] = int(entry.body["minutes"])
    places = [request.sites[line.site].place for line in request.lines]
    return [
        SeatWatched(
            SeatShown(seat.code, seat.state),
            places[seat.line],
            anew[seat.code],
            seat.code in unreached and seat.state is SeatState.CALLED,
            late.get(seat.code) if seat.state is SeatState.ACCEPTED else None,
        )
        for seat in seats_of(session, draw.id)
    ]


def _keeping(session: Session, draw: Draw, intent: Intent, holders: Mapping[str, KeyHolder]) -> list[Keeping]:
    """How many records of those who sit now each holder says it keeps."""
    sits = {(seat.code, seat.vacancy) for seat in seats_of(session, draw.id) if seat.state in TAKEN}
    said = select(CommitteeTask).where(CommitteeTask.draw_id == draw.id, CommitteeTask.kept.is_not(None))
    kept = Counter(task.holder_id for task in session.scalars(said) if (task.seat, task.vacancy) in sits)
    return [Keeping(holders[each].name, kept[each]) for each in sorted(intent.holders.keys)]


def _openings(session: Session, draw: Draw, holders: Mapping[str, KeyHolder]) -> list[Opening]:
    found = releases_of(session, draw.id)
    keys = select(RecipientKey).where(RecipientKey.id.in_({each.recipient_id for each in found}))
    named = {key.id: key.name for key in session.scalars(keys)}
    consents: dict[int, list[str]] = {}
    for each in session.scalars(select(Consent).where(Consent.draw_id == draw.id).order_by(Consent.holder_id)):
        consents.setdefault(each.number, []).append(holders[each.holder_id].name)
    return [Opening(each, named[each.recipient_id], consents.get(each.number, ())) for each in found]
