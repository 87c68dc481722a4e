"""Who sits on which committees: for the rules about busy experts and agencies. Only the vault can read it.

Everyone's engagements are read, whoever is asked about: no statement names a person. A committee that was put off
counts at its new time, and while it has none, nowhere. Committees of closed draws are not seen: the vault's working
copies end with the draw, and who sat there may be known only to those to whom the names were released.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from expertpool.draws.keeping import VaultKeys, open_occupant
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat, WorkingCopy
from expertpool.draws.queries import read_asked
from expertpool.draws.supplementing import STANDING
from expertpool.projects.models import EvaluationSession
from expertpool.protocol.request import DrawRequest
from policies.facts import Engagement, day_of

BUSY: Final = (
    DrawState.DRAWN,
    DrawState.FILLING,
    DrawState.FILLED,
    DrawState.EXHAUSTED,
    DrawState.RECONVENED,
)
"""In these a committee is to sit at its session's time."""

_OTHERS: Final = (Draw.state.in_(BUSY), Draw.id != bindparam("draw"))
_DRAWS: Final = (
    select(Draw.id, Draw.request, EvaluationSession.starts)
    .join(EvaluationSession, EvaluationSession.id == Draw.session_id)
    .where(*_OTHERS)
)
_COPIES: Final = (
    select(WorkingCopy.draw_id, WorkingCopy.seat, WorkingCopy.vacancy, WorkingCopy.sealed)
    .join(Seat, and_(Seat.draw_id == WorkingCopy.draw_id, Seat.code == WorkingCopy.seat))
    .join(Draw, Draw.id == WorkingCopy.draw_id)
    .where(*_OTHERS, Seat.vacancy == WorkingCopy.vacancy, Seat.state.in_(STANDING))
)
"""Whoever sits now, on whichever of them."""


def engagements_but(session: Session, keys: VaultKeys, draw_id: str) -> Mapping[str, tuple[Engagement, ...]]:
    """The committees on which each expert sits, by expert, without this draw's own."""
    found: dict[str, list[Engagement]] = {}
    others = session.execute(_DRAWS, {"draw": draw_id})
    sits = {other: _engagement(read_asked(request), starts) for other, request, starts in others}
    for draw, seat, vacancy, sealed in session.execute(_COPIES, {"draw": draw_id}):
        found.setdefault(_expert(keys, (draw, seat, vacancy), sealed), []).append(sits[draw])
    return {expert: tuple(sorted(each)) for expert, each in found.items()}


@lru_cache(maxsize=16384)
def _expert(keys: VaultKeys, at: tuple[str, str, int], sealed: bytes) -> str:
    """Who took a seat. A copy never changes, and every draw asks for all of them twice."""
    return open_occupant(keys, at, sealed).expert


def _engagement(request: DrawRequest, starts: datetime) -> Engagement:
    return Engagement(day_of(starts), tuple(sorted(unit.code for unit in request.agencies if unit.code)))
