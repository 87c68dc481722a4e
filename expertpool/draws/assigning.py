"""Whose seat it was: known to the vault alone until the rulebook opens names to the payer, a row from then on.

Until then everything that concerns a person goes by seat and vacancy. What came of the seat is the person's own record
afterwards, and stays it (lifetime responsibility): nothing deletes an assignment.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws import rules
from expertpool.draws.events import DrawAssigned, DrawClosed
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Assignment, Draw
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import acts_of, fixed_intent, request_of, seats_of, sitting_of
from expertpool.draws.releasing import WORDS
from expertpool.draws.searching import rows_taken
from expertpool.draws.stored_table import stored_table
from expertpool.projects.models import Milestone, SessionLot
from expertpool.projects.queries import milestones_of
from policies.facts import Audience, day_of

Seated = Mapping[tuple[str, int], str]
"""By seat code and vacancy (0: at first), the expert who took the seat."""

ASSIGNED: Final = "draws.assigned"
"""The job by which others learn that the seats of a draw are people now; ``draw`` says which. The vault runs it."""

PAUSE: Final = timedelta(seconds=1)
_PENDING: Final = (
    select(Draw.id, func.count(Milestone.id))
    .join(SessionLot, SessionLot.session_id == Draw.session_id)
    .join(Milestone, Milestone.subject == SessionLot.lot_id)
    .where(Draw.state == DrawState.CLOSED, ~exists().where(Assignment.draw_id == Draw.id))
    .group_by(Draw.id)
    .order_by(Draw.id)
)


def seated_experts(session: Session, parts: Parts, draw_id: str) -> Seated:
    """Everyone who ever took a seat of a draw; whoever declined too. The vault alone can tell.

    From its working copies while there are any, else computed again from the contributions (`searching.rows_taken`).
    """
    copies = occupants(session, parts.keys, draw_id)
    if copies or not seats_of(session, draw_id):
        return {at: each.expert for at, each in copies.items()}
    made = stored_table(session, parts.keys, draw_id)
    return {at: made.experts[row] for at, row in rows_taken(session, parts, draw_id).items()}


def assigned(session: Session, draw_id: str) -> Seated:
    """Whose seats these were; nobody's before the rulebook opened the names."""
    rows = session.scalars(select(Assignment).where(Assignment.draw_id == draw_id))
    return {(each.seat, each.vacancy): each.expert_id for each in rows}


def assignments_of(session: Session, expert_id: str) -> Sequence[Assignment]:
    """The seats that an expert is known to have taken, in the order of draws."""
    found = select(Assignment).where(Assignment.expert_id == expert_id)
    return session.scalars(found.order_by(Assignment.at, Assignment.draw_id, Assignment.seat, Assignment.vacancy)).all()


def are_open(session: Session, draw: Draw, now: datetime) -> bool:
    """Whether the rulebook opens a closed draw's names to the payer. A book without the rule opens nothing."""
    reached = milestones_of(session, sitting_of(session, draw))
    events = {WORDS[kind]: stated.at for kind, stated in reached.items()}
    events["closed"] = max(datetime.fromisoformat(entry.time) for entry in acts_of(session, draw.id, DrawClosed.kind))
    request = request_of(draw)
    book = rules.rulebook(request.rulebook, day_of(now))
    decision = rules.on_release(book, request.regime, Audience.PAYER, now, events)
    return decision is not None and not rules.standing_against(decision)


def assign(parts: Parts, draw_id: str) -> bool:
    """Write down whose seats they were, once, if the rulebook opens names now; returns whether it did."""
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        if draw.state is not DrawState.CLOSED or assigned(tx.session, draw_id):
            return False
        if not are_open(tx.session, draw, tx.now):
            return False
        _write(tx, parts, draw)
    return True


class Assigning:
    """Assigns the seats of closed draws as their names open. Looked for at most once a second.

    A draw whose names do not open yet is left alone until one more milestone of its lots is stated.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None
        self._idle: dict[str, int] = {}

    def step(self) -> bool:
        """Assign what can be; returns whether anything was."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            waiting = {draw: milestones for draw, milestones in session.execute(_PENDING)}  # noqa: C416 -- of a Row
        looked_at = [draw for draw, milestones in waiting.items() if self._idle.get(draw) != milestones]
        done = [assign(self._parts, draw) for draw in looked_at]
        self._idle = waiting
        return any(done)


def _write(tx: Transaction, parts: Parts, draw: Draw) -> None:
    """In the order of seats and vacancies: no row's place follows from the person."""
    members = sorted(seated_experts(tx.session, parts, draw.id).items())
    for (seat, vacancy), expert in members:
        tx.session.add(Assignment(draw_id=draw.id, seat=seat, vacancy=vacancy, expert_id=expert, at=tx.now))
    crash_point("release.seats-assigned")
    draw.move()
    tx.record(
        DrawAssigned(
            draw=draw.id,
            intent=fixed_intent(tx.session, draw.id).entry.index,
            members=[{"seat": seat, "vacancy": vacancy, "expert": expert} for (seat, vacancy), expert in members],
        )
    )
    tx.enqueue(ASSIGNED, {"draw": draw.id})
