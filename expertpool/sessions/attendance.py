"""Who came late on a day."""

from sqlalchemy.orm import Session

from expertpool.projects.models import EvaluationSession
from expertpool.sessions.following import rules_of
from expertpool.sessions.models import Key
from expertpool.sessions.queries import drawn_before, standing_of


def latecomers(session: Session, sitting: EvaluationSession) -> frozenset[Key]:
    """Who came late, of those who were drawn in time for the assembly: others have a clock of their own."""
    there = standing_of(session, sitting.id).sitters.values()
    if not there:
        return frozenset()
    rules = rules_of(session, sitting.id)
    late = (each.key for each in there if rules.late(sitting.starts, each.signed_in))
    return frozenset(key for key in late if drawn_before(session, key, sitting.starts - rules.arrival()))
