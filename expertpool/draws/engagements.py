"""Who sits on which committees: for the rules about busy experts and agencies. Only the vault can read it.

Everyone's engagements are read, whoever is asked about: no statement names a person. A committee that was put off
counts at its new time, and while it has none, nowhere. Committees of closed draws are not seen: the vault's working
copies end with the draw, and who sat there may be known only to those to whom the names were released.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.draws.keeping import VaultKeys, occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.queries import request_of, seats_of
from expertpool.draws.supplementing import STANDING
from expertpool.projects.models import EvaluationSession
from policies.facts import Engagement, day_of

BUSY: Final = (
    DrawState.DRAWN,
    DrawState.FILLING,
    DrawState.FILLED,
    DrawState.EXHAUSTED,
    DrawState.RECONVENED,
)
"""In these a committee is to sit at its session's time."""


def engagements_but(session: Session, keys: VaultKeys, draw_id: str) -> Mapping[str, tuple[Engagement, ...]]:
    """The committees on which each expert sits, by expert, without this draw's own."""
    found: dict[str, list[Engagement]] = {}
    others = select(Draw, EvaluationSession.starts).join(EvaluationSession, EvaluationSession.id == Draw.session_id)
    for other, starts in session.execute(others.where(Draw.state.in_(BUSY), Draw.id != draw_id)):
        agencies = tuple(sorted(unit.code for unit in request_of(other).agencies if unit.code))
        taken = occupants(session, keys, other.id)
        for seat in seats_of(session, other.id):
            if seat.state in STANDING:
                found.setdefault(taken[seat.code, seat.vacancy].expert, []).append(Engagement(day_of(starts), agencies))
    return {expert: tuple(sorted(each)) for expert, each in found.items()}
