"""The doors of a day: each site of a session, for the clerks of the centre that it belongs to. Who is expected is not
here, nor how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Caller
from expertpool.identity.queries import centres_below
from expertpool.invitations.arriving import SIGN_IN
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, SessionSite

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Door:
    """A site of a session; ``site`` 0 is the main one."""

    session: str
    code: str
    site: int
    place: str
    starts: datetime


def doors_between(session: Session, caller: Caller, start: datetime, until: datetime) -> Sequence[Door]:
    """The caller's doors of the sessions that begin in [start, until), by time."""
    wanted = _of(session, caller).where(
        EvaluationSession.starts >= start,
        EvaluationSession.starts < until,
        EvaluationSession.state == SessionState.SCHEDULED,
    )
    by_time = (EvaluationSession.starts, EvaluationSession.id, SessionSite.position)
    return [_door(found) for found in session.execute(wanted.order_by(*by_time).limit(MOST))]


def door_at(session: Session, caller: Caller, session_id: str, site: int) -> Door:
    """One of the caller's doors. Raises `NotPermitted` for another's, and for one that there is not."""
    wanted = _of(session, caller).where(EvaluationSession.id == session_id, SessionSite.position == site)
    found = session.execute(wanted).first()
    if found is None:
        raise NotPermitted(SIGN_IN)
    return _door(found)


def _of(session: Session, caller: Caller) -> Select[EvaluationSession, SessionSite]:
    """A site belongs to whom it is, else to the session's centre, as for the vault."""
    whose = func.coalesce(SessionSite.site_id, EvaluationSession.centre_id)
    joined = select(EvaluationSession, SessionSite).join(SessionSite, SessionSite.session_id == EvaluationSession.id)
    return joined.where(whose.in_(centres_below(session, caller.centre)))


def _door(found: Row[EvaluationSession, SessionSite]) -> Door:
    sitting, site = found
    return Door(sitting.id, sitting.code, site.position, site.place, sitting.starts)
