"""The vault's memory of who sits where: by answer code, and who sits on two committees of one day.

Working copies never change, so each is opened once. What is asked of the database is the same whoever is looked for,
and a code is looked up under a key of this process, so that no time tells how much of it was right.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertpool.draws.events import DrawResumed
from expertpool.draws.keeping import VaultKeys, occupants
from expertpool.draws.lifecycle import LIVE, DrawState
from expertpool.draws.models import Calling, Draw, Seat, WorkingCopy
from expertpool.draws.queries import entries_of
from expertpool.draws.supplementing import STANDING
from expertpool.projects.models import EvaluationSession
from ledger.entry import Entry
from policies.facts import day_of

SITTING: Final = (
    DrawState.DRAWN,
    DrawState.FILLING,
    DrawState.FILLED,
    DrawState.RECONVENED,
    DrawState.EXHAUSTED,
)
"""In these a draw's members are expected on its day."""

_CALLINGS: Final = (
    select(func.count()).select_from(Calling).where(Calling.draw_id == WorkingCopy.draw_id).scalar_subquery()
)
_COPIES: Final = (
    select(WorkingCopy.draw_id, EvaluationSession.starts, func.count(), _CALLINGS)
    .join(Draw, Draw.id == WorkingCopy.draw_id)
    .join(EvaluationSession, EvaluationSession.id == Draw.session_id)
    .where(Draw.state.in_(LIVE))
    .group_by(WorkingCopy.draw_id, EvaluationSession.starts)
)
"""How many copies there are of each live draw, when it sits, and how often it was called again for another time."""


class At(NamedTuple):
    """Who took a seat of a draw: at first (vacancy 0), or in a vacancy."""

    draw: str
    seat: str
    vacancy: int


class Elsewhere(NamedTuple):
    """The earlier seat of somebody who was seated twice for one day: ``entry`` seated there, ``own`` here.

    A committee that is called again for another time is seated for its day by that.
    """

    at: At
    day: date
    entry: int
    own: int

    def finding(self) -> dict[str, Any]:
        """What can be decided again, once both draws are open: docs/spec/draw.md, section 7."""
        return {
            "day": self.day.isoformat(),
            "draw": self.at.draw,
            "entry": self.entry,
            "kind": "seated-twice",
            "own": self.own,
            "seat": self.at.seat,
        }


People = Mapping[At, tuple[str, bytes, int]]
"""For each who took a seat: the expert, the hashed code, and the entry that seated them for the day."""


class _Known(NamedTuple):
    """What is remembered of a draw; ``day`` is that of its session, ``callings`` how often it was called again."""

    day: date
    callings: int
    people: People


class _Memory(NamedTuple):
    """All live draws at one moment, and whose code is whose. Never changed, only exchanged for a newer one."""

    draws: Mapping[str, _Known]
    by_code: Mapping[bytes, At]


class Seated:
    """Remembers live draws. One for each process; several threads may ask, and none waits for another."""

    def __init__(self, keys: VaultKeys) -> None:
        self._keys = keys
        self._secret = secrets.token_bytes(32)
        self._memory = _Memory({}, {})

    def find(self, session: Session, code: str) -> At | None:
        """Whose answer code this is, in any case; None where it is nobody's. Only a draw that is live has answers.

        What is known is not asked for again; whether it was known tells no more than the answer does.
        """
        hashed = self._hashed(code)
        return self._memory.by_code.get(hashed) or self._caught_up(session).by_code.get(hashed)

    def elsewhere(self, session: Session, draw: str) -> dict[At, Elsewhere]:
        """Who of a draw sits on another committee of the day, with the oldest earlier seat; nobody as a rule."""
        draws = self._caught_up(session).draws
        day, own = draws[draw].day, draws[draw].people
        others = {other: each.people for other, each in draws.items() if each.day == day and other != draw}
        oldest: dict[At, Elsewhere] = {}
        for there, people in _standing(session, others):
            expert, _, entry = people[there]
            for at, (someone, _, since) in own.items():
                if someone == expert and entry < since and (at not in oldest or entry < oldest[at].entry):
                    oldest[at] = Elsewhere(there, day, entry, since)
        return oldest

    def _caught_up(self, session: Session) -> _Memory:
        before, draws = self._memory, dict[str, _Known]()
        for draw, starts, count, callings in session.execute(_COPIES).all():
            known = before.draws.get(draw)
            is_known = known is not None and (len(known.people), known.callings) == (count, callings)
            people = known.people if known is not None and is_known else self._open(session, draw)
            draws[draw] = _Known(day_of(starts), callings, people)
        if draws == before.draws:
            return before
        by_code = {code: at for each in draws.values() for at, (_, code, _) in each.people.items()}
        self._memory = now = _Memory(draws, by_code)
        return now

    def _open(self, session: Session, draw: str) -> People:
        entries = entries_of(session, draw)
        seating = _seating(entries)
        called = max((entry.index for entry in entries if entry.kind == DrawResumed.kind), default=0)
        return {
            At(draw, seat, vacancy): (
                occupant.expert,
                self._hashed(occupant.answer_code),
                max(seating[vacancy], called),
            )
            for (seat, vacancy), occupant in occupants(session, self._keys, draw).items()
        }

    def _hashed(self, code: str) -> bytes:
        return hmac.digest(self._secret, code.strip().upper().encode(), "sha256")


def _seating(entries: Iterable[Entry]) -> dict[int, int]:
    """The entry that seated people: the result for vacancy 0, then each refilled vacancy's."""
    found = {}
    for entry in entries:
        if entry.kind == "draw.completed":
            found[0] = entry.index
        elif entry.kind == "draw.refilled":
            found[int(entry.body["vacancy"])] = entry.index
    return found


def _standing(session: Session, draws: Mapping[str, People]) -> list[tuple[At, People]]:
    """Who sits now on these draws' seats."""
    if not draws:
        return []
    seats = select(Seat).join(Draw, Draw.id == Seat.draw_id)
    seats = seats.where(Seat.draw_id.in_(sorted(draws)), Seat.state.in_(STANDING), Draw.state.in_(SITTING))
    found = ((At(seat.draw_id, seat.code, seat.vacancy), draws[seat.draw_id]) for seat in session.scalars(seats))
    return [(at, people) for at, people in found if at in people]
