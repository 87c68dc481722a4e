"""Which draws to look at in a round: those of which something has changed since there was nothing to do for them.

So a round costs what there is to do, not how many draws there are. What changed is found for all draws in a few
statements; every step looks again, at its own draw, before it does anything. What no row tells (a beacon's relay that
answers again) is looked for every second, and once a minute when a draw has its seats.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.database import READ_ONLY
from expertpool.core.ledger_tables import LedgerImage
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, DrawTask, Vacancy
from expertpool.draws.parts import Parts
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, Milestone, SealedDelivery
from expertpool.projects.terms import MilestoneKind
from policies.facts import day_of

BEFORE_RESULT: Final = frozenset({DrawState.SUBMITTED, DrawState.ACCEPTED, DrawState.INTENT})
WITH_SEATS: Final = frozenset(DrawState) - BEFORE_RESULT
REPORTABLE: Final = (DrawState.FILLED, DrawState.EXHAUSTED, DrawState.RECONVENED)
PAUSE_S, LONG_PAUSE_S = 1, 60
"""After how many seconds a draw is looked at though nothing has changed: before its result, and once it has seats."""

_LIVE: Final = (
    select(Draw.id, Draw.state, Draw.revision, Draw.centre_id, Draw.due)
    .add_columns(EvaluationSession.starts, EvaluationSession.opens_at, EvaluationSession.state.label("session_state"))
    .join(EvaluationSession, EvaluationSession.id == Draw.session_id)
    .where(Draw.state.in_(bindparam("states", expanding=True)))
    .order_by(Draw.due, Draw.id)
)
_SEATED: Final = WITH_SEATS - {DrawState.CLOSED, DrawState.CANCELLED}
_ASKED: Final = {
    "act": select(Draw.id, func.max(LedgerImage.entry))
    .join(LedgerImage, (LedgerImage.row_table == Draw.__tablename__) & (LedgerImage.row_key == Draw.id))
    .where(Draw.state == DrawState.INTENT)
    .group_by(Draw.id),
    "refused": select(Draw.id, func.count(DrawTask.refused))
    .join(DrawTask, DrawTask.draw_id == Draw.id)
    .where(Draw.state == DrawState.INTENT)
    .group_by(Draw.id),
    "vacant": select(Draw.id, func.count())
    .join(Vacancy, Vacancy.draw_id == Draw.id)
    .where(Draw.state.in_((DrawState.FILLING, DrawState.EXHAUSTED)), Vacancy.refilled.is_(False))
    .group_by(Draw.id),
    "report": select(Draw.id, func.count())
    .join(Milestone, Milestone.subject == Draw.session_id)
    .where(Draw.state.in_(REPORTABLE), Milestone.kind == MilestoneKind.REPORT_SIGNED)
    .group_by(Draw.id),
    "delivered": select(Draw.id, func.count())
    .join(SealedDelivery, SealedDelivery.session_id == Draw.session_id)
    .where(Draw.state.in_(sorted(_SEATED)))
    .group_by(Draw.id),
}
"""What is asked of other tables in every round."""

Stamp = tuple[object, ...]
"""All that a look at a draw depends on."""

_Live = Row[str, DrawState, int, str, datetime, datetime, datetime, SessionState]


class Due(NamedTuple):
    """A draw to look at."""

    draw: str
    state: DrawState
    stamp: Stamp


class Agenda:
    """What this process knows of the draws in ``states``; one that starts anew looks at each of them once."""

    def __init__(self, parts: Parts, states: Collection[DrawState]) -> None:
        self._parts = parts
        self._states = states
        self._idle: dict[str, Stamp] = {}

    def due(self) -> list[Due]:
        """The draws to look at, the longest due first."""
        now, policy = self._parts.transactions.clock.now(), self._parts.policy
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            rows = _live(session, self._states)
            told = _told(session)
        contributed = any(row.state is DrawState.INTENT for row in rows)
        witnessed = checkpoints.witnessed(self._parts.engine, policy) if policy and contributed else 0
        live = [Due(row.id, row.state, _stamp(row, told[row.id], now, witnessed)) for row in _in_turn(rows, now)]
        self._idle = {each.draw: self._idle[each.draw] for each in live if each.draw in self._idle}
        return [each for each in live if self._idle.get(each.draw) != each.stamp]

    def nothing_to_do(self, due: Due) -> None:
        """Leave a draw alone until something changes."""
        self._idle[due.draw] = due.stamp


def _live(session: Session, states: Collection[DrawState]) -> Sequence[_Live]:
    return session.execute(_LIVE, {"states": list(states)}).all()


def _told(session: Session) -> defaultdict[str, dict[str, int]]:
    """What other tables tell of a draw: its last act, refusals, open vacancies, what came for its session."""
    told: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for what, found in _ASKED.items():
        for draw, number in session.execute(found):
            told[draw][what] = number
    return told


def _in_turn(rows: Sequence[_Live], now: datetime) -> Iterator[_Live]:
    """All but what is accepted and not due yet, or behind another draw for that day (see `intending.intend`)."""
    taken = {(row.centre_id, day_of(row.starts)) for row in rows if row.state is DrawState.INTENT}
    for row in rows:
        day = (row.centre_id, day_of(row.starts))
        if row.state is not DrawState.ACCEPTED:
            yield row
        elif row.due <= now and day not in taken:
            taken.add(day)
            yield row


def _stamp(row: _Live, told: dict[str, int], now: datetime, witnessed: int) -> Stamp:
    seen = witnessed > told.pop("act", 0)
    waited = int(now.timestamp()) // (PAUSE_S if row.state in BEFORE_RESULT else LONG_PAUSE_S)
    planned = (row.session_state, row.starts, row.opens_at <= now)
    return (row.state, row.revision, seen, waited, *planned, *sorted(told.items()))
