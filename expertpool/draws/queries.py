"""Named reads of draws. Nothing here opens what is sealed."""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, lazyload

from expertpool.core.driver_sql import DriverStatement
from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.draws.errors import NoSuchDraw
from expertpool.draws.events import DrawVacated, SeatLost
from expertpool.draws.models import Contribution, Draw, DrawTask, Seat, StepIn, Vacancy
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import centres_below
from expertpool.identity.roles import Role
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import target_of_project
from expertpool.protocol.intent import KIND, Intent, read_intent
from expertpool.protocol.request import DrawRequest, read_request
from ledger.entry import Entry, parse_entry

SIGNED_IN: Final = "draw.signed-in"
_ALONE: Final = (lazyload("*"),)


class Intended(NamedTuple):
    """A draw's intent with its entry; ``alpha`` is the entry's leaf hash."""

    entry: Entry
    intent: Intent

    @property
    def alpha(self) -> bytes:
        """What every contributor computes over."""
        return self.entry.hash


def target_of_draw(session: Session, draw: Draw) -> Target:
    """A draw as the permission table sees it: with its centre's lineage, and the account that handles the project."""
    return target_of_project(session, session.get_one(Project, draw.project_id))


def sitting_of(session: Session, draw: Draw) -> EvaluationSession:
    """The session of a draw. What belongs to it (project, lots, sites) is read where it is asked for, not before."""
    return session.get_one(EvaluationSession, draw.session_id, options=_ALONE)


def visible_draw(session: Session, caller: Caller, draw_id: str, verb: str = "draw.see") -> Draw:
    """A draw that the caller may look at. Raises `NoSuchDraw`."""
    draw = session.get(Draw, draw_id)
    if draw is None or not may(caller, verb, target_of_draw(session, draw)):
        raise NoSuchDraw
    return draw


def draws_for(session: Session, caller: Caller, after: str | None, limit: int) -> Sequence[Draw]:
    """Draws of one's own centre and those below, by identifier; an initiator's are those that they handle."""
    found = select(Draw).where(Draw.centre_id.in_(centres_below(session, caller.centre)))
    if caller.role is Role.INITIATOR:
        found = found.join(Project, Project.id == Draw.project_id).where(Project.initiator_id == caller.actor)
    if after is not None:
        found = found.where(Draw.id > after)
    return session.scalars(found.order_by(Draw.id).limit(limit)).all()


def request_of(draw: Draw) -> DrawRequest:
    """What was applied for."""
    return read_asked(draw.request)


@lru_cache(maxsize=1024)
def read_asked(request: str) -> DrawRequest:
    """A draw's request as its row has it, read once: on a busy day every draw looks at those of the same day."""
    return read_request(json.loads(request))


def earlier_intent(session: Session, request: DrawRequest, but: str) -> Draw | None:
    """The first other draw of the project that has an intent for one of these lots, whatever became of it."""
    return next(iter(drawn_before(session, request, but)), None)


def drawn_before(session: Session, request: DrawRequest, but: str) -> Sequence[Draw]:
    """The other draws of the project that have an intent for one of these lots, in the order of their intents."""
    same = select(Draw).where(Draw.project_id.in_(select(Project.id).where(Project.code == request.project)))
    found: dict[int, Draw] = {}
    for draw in session.scalars(same.where(Draw.id != but)):
        if draw.request and set(request_of(draw).lots) & set(request.lots) and (fixed := intended(session, draw.id)):
            found[fixed.entry.index] = draw
    return [draw for _, draw in sorted(found.items())]


def has_met(session: Session, draw_id: str) -> bool:
    """Whether any member of a draw ever signed in."""
    return any(entry.kind == SIGNED_IN for entry in entries_of(session, draw_id))


def intended(session: Session, draw_id: str) -> Intended | None:
    """A draw's intent as the ledger has it; None before."""
    found = acts_of(session, draw_id, KIND)
    return _read_intent(found[0].data) if found else None


@lru_cache(maxsize=256)
def _read_intent(data: bytes) -> Intended:
    """Read once: every look at a draw begins with its intent."""
    entry = _read_entry(data)
    return Intended(entry, read_intent(entry))


@lru_cache(maxsize=1024)
def _read_entry(data: bytes) -> Entry:
    """Read once: an entry never changes."""
    return parse_entry(data)


def fixed_intent(session: Session, draw_id: str) -> Intended:
    """The intent of a draw that has seats, and so has one. Raises LookupError, which is our mistake."""
    found = intended(session, draw_id)
    if found is None:
        raise LookupError(f"{draw_id} has seats and no intent")
    return found


_ACTS: Final = DriverStatement(
    select(LedgerEntry.data)
    .where(
        LedgerEntry.index.in_(
            select(LedgerImage.entry).where(
                LedgerImage.row_table == bindparam("table"), LedgerImage.row_key == bindparam("draw")
            )
        )
    )
    .order_by(LedgerEntry.index)
)
_CONTRIBUTIONS: Final = select(Contribution).where(Contribution.draw_id == bindparam("draw"))
_STEP_INS: Final = select(StepIn).where(StepIn.draw_id == bindparam("draw"))
_TASKS: Final = select(DrawTask).where(DrawTask.draw_id == bindparam("draw"))
_SEATS: Final = select(Seat).where(Seat.draw_id == bindparam("draw")).order_by(Seat.code)
_VACANCIES: Final = select(Vacancy).where(Vacancy.draw_id == bindparam("draw")).order_by(Vacancy.number)
_WITH_OTHERS: Final = frozenset({DrawVacated.kind, SeatLost.kind})


def entries_of(session: Session, draw_id: str) -> list[Entry]:
    """The entries of a draw, in their order: those whose acts changed its row.

    An act's last entry commits to the rows. Seats that fall vacant when the bidders are opened stand behind that entry,
    all in one act: so what precedes a vacancy is looked at too.
    """
    entries = {entry.index: entry for entry in map(_read_entry, _acts(session, draw_id))}
    before = {index - 1 for index, entry in entries.items() if entry.kind in _WITH_OTHERS} - entries.keys()
    while before:
        found = map(_read_entry, session.scalars(select(LedgerEntry.data).where(LedgerEntry.index.in_(before))))
        earlier = {entry.index: entry for entry in found if "rows" not in entry.body}
        entries |= earlier
        before = {index - 1 for index in earlier} - entries.keys()
    own = (entry for _, entry in sorted(entries.items()))
    return [entry for entry in own if entry.body.get("draw") == draw_id]  # an act may change two draws


def acts_of(session: Session, draw_id: str, *kinds: str) -> list[Entry]:
    """The entries of some kinds, of which each is an act by itself, in their order; no other entry is read."""
    marks = [f'"kind":"{kind}"'.encode() for kind in kinds]
    read = [_read_entry(data) for data in _acts(session, draw_id) if any(mark in data for mark in marks)]
    return [entry for entry in read if entry.kind in kinds and entry.body.get("draw") == draw_id]


def _acts(session: Session, draw_id: str) -> Iterator[bytes]:
    """The entries whose acts changed the row of a draw, in their order, as they are stored."""
    for row in _ACTS.run(session.connection(), {"table": Draw.__tablename__, "draw": draw_id}):
        yield row[0]


def contributions_of(session: Session, draw_id: str) -> dict[str, Contribution]:
    """Who has contributed."""
    return {each.holder_id: each for each in session.scalars(_CONTRIBUTIONS, {"draw": draw_id})}


def step_ins_of(session: Session, draw_id: str) -> dict[str, StepIn]:
    """Which alternates were called in, by alternate."""
    return {each.alternate_id: each for each in session.scalars(_STEP_INS, {"draw": draw_id})}


def tasks_of(session: Session, draw_id: str) -> dict[str, DrawTask]:
    """Who was asked."""
    return {each.holder_id: each for each in session.scalars(_TASKS, {"draw": draw_id})}


def seats_of(session: Session, draw_id: str) -> Sequence[Seat]:
    """The seats by code."""
    return session.scalars(_SEATS, {"draw": draw_id}).all()


def vacancies_of(session: Session, draw_id: str) -> Sequence[Vacancy]:
    """The vacancies by number."""
    return session.scalars(_VACANCIES, {"draw": draw_id}).all()
