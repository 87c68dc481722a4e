"""How the key holders are, for the supervisor: what `sealing.health` tells of them, and what they missed in draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from expertpool.core.settings import Settings
from expertpool.draws.desk_queries import Tone
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Contribution, Draw, DrawTask
from expertpool.identity.permissions import Caller
from expertpool.sealing.health import HolderHealth, Trouble, health_below

COUNTED: Final = timedelta(days=90)
MISSED: Final = "missed"


@dataclass(frozen=True, slots=True)
class HolderShown:
    """A key holder: how often it was asked to contribute within `COUNTED`, and how often it gave nothing."""

    health: HolderHealth
    asked: int
    missed: int

    @property
    def states(self) -> list[str]:
        """What is the matter, by the states of the situation guide; none where nothing is."""
        found = [trouble.value for trouble in self.health.troubles]
        return [f"holder-{each}" for each in (*found, *([MISSED] if self.missed else []))]

    @property
    def tone(self) -> Tone:
        """Whoever does not answer is red: the next draw may fail by it."""
        if Trouble.SILENT in self.health.troubles:
            return Tone.RED
        return Tone.AMBER if self.states else Tone.GREEN


def holders_of(session: Session, settings: Settings, caller: Caller, now: datetime) -> list[HolderShown]:
    """The key holders of the caller's centre and those below it."""
    found = health_below(
        session,
        caller.centre,
        now,
        silent_after=timedelta(minutes=settings.preflight.agent_silent_minutes),
        settling=timedelta(hours=settings.draws.settling_hours),
    )
    counts = _counts(session, now - COUNTED)
    return [HolderShown(each, *counts.get(each.holder.id, (0, 0))) for each in found]


def _counts(session: Session, since: datetime) -> Mapping[str, tuple[int, int]]:
    """How often each was asked, and gave nothing, in draws that no longer wait for contributions."""
    given = and_(Contribution.draw_id == DrawTask.draw_id, Contribution.holder_id == DrawTask.holder_id)
    counted = (
        select(DrawTask.holder_id, func.count(), func.count(Contribution.holder_id))
        .join(Draw, Draw.id == DrawTask.draw_id)
        .outerjoin(Contribution, given)
        .where(DrawTask.posted >= since, Draw.state != DrawState.INTENT)
        .group_by(DrawTask.holder_id)
    )
    return {holder: (asked, asked - came) for holder, asked, came in session.execute(counted)}
