"""The seats of a day by their codes: who sits there, who sat there before, and how far each has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.queries import request_of, seats_of
from expertpool.projects.terms import Words
from expertpool.sessions import desk_picture as drawing
from expertpool.sessions import desk_words as words
from expertpool.sessions.models import DayStep, Key
from expertpool.sessions.picture import Axis, Bar, Pin
from expertpool.sessions.queries import members_of
from expertpool.sessions.standing import Sitter, Standing, effective
from expertpool.sessions.steps import CAUSE_WORDS, StepKind

STATIONS: Final = 5
"""Accepted, signed in, discipline read, declared, report signed. Who voted is nobody's business."""


class Station(NamedTuple):
    """How many of all stations a seat has reached."""

    reached: int
    all: int = STATIONS


@dataclass(frozen=True, slots=True)
class SeatShown:
    """A seat by its code: who sits or sat there counts anew with each vacancy. ``place`` is the seat in the room."""

    key: Key
    place: int | None
    site: int
    words: Words
    tone: str
    station: Station
    at: datetime | None
    gone: bool
    bars: Sequence[Bar]
    pins: Sequence[Pin]

    @property
    def code(self) -> str:
        return self.key.seat


@dataclass(frozen=True, slots=True)
class Seats:
    """What seats are shown from; ``until``: until when the picture goes."""

    draws: Sequence[Draw]
    steps: Sequence[DayStep]
    standing: Standing
    axis: Axis
    until: datetime

    def shown(self, session: Session) -> list[SeatShown]:
        """By site and code: whoever sat there before, then how the seat stands."""
        if not self.draws:
            return []
        places = {each.key: each.place for each in members_of(session, self.draws[0].session_id)}
        sites: dict[tuple[str, str], int] = {}
        seats: dict[Key, Seat] = {}
        for draw in self.draws:
            lines = request_of(draw).lines
            for seat in seats_of(session, draw.id):
                sites[draw.id, seat.code] = lines[seat.line].site
                seats[Key(draw.id, seat.code, seat.vacancy)] = seat
        lost = {step.key: (step, at) for step, at in effective(self.steps) if step.kind is StepKind.MEMBER_LOST}
        known = {key for key in {*self.standing.sitters, *lost, *seats} if key is not None}
        ordered = sorted(known, key=lambda key: (sites[key.draw, key.seat], key.seat, key.vacancy))
        return [self._one(key, places.get(key), sites[key.draw, key.seat], lost.get(key), seats) for key in ordered]

    def _one(
        self,
        key: Key,
        place: int | None,
        site: int,
        lost: tuple[DayStep, datetime] | None,
        seats: Mapping[Key, Seat],
    ) -> SeatShown:
        sitter = self.standing.sitters.get(key)
        if lost is not None:
            step, at = lost
            said = CAUSE_WORDS[step.cause] if step.cause else words.GONE
            bars, pins = self._drawn(sitter) if sitter else ((), (Pin(self.axis.at(at), "lost"),))
            return SeatShown(key, place, site, said, "red", _station(sitter), at, gone=True, bars=bars, pins=pins)
        if sitter is not None:
            said, at = _reached(sitter)
            tone = "amber" if said is words.OWES or sitter.declared is None else "green"
            bars, pins = self._drawn(sitter)
            return SeatShown(key, place, site, said, tone, _station(sitter), at, gone=False, bars=bars, pins=pins)
        state = seats[key].state
        said, tone = words.SEATS[state]
        reached = Station(int(state is SeatState.ACCEPTED))
        return SeatShown(key, None, site, said, tone, reached, None, gone=False, bars=(), pins=())

    def _drawn(self, sitter: Sitter) -> tuple[Sequence[Bar], Sequence[Pin]]:
        return drawing.seat_bars(self.axis, sitter, self.until), drawing.seat_pins(self.axis, sitter)


def _reached(sitter: Sitter) -> tuple[Words, datetime]:
    """The last thing that a member did, and when."""
    if sitter.owes and sitter.redone is None:
        return words.OWES, sitter.signed_in
    done = (
        (sitter.signed, words.SIGNED),
        (sitter.refused, words.REFUSED),
        (sitter.declared, words.DECLARED),
        (sitter.shown, words.SHOWN),
        (sitter.read, words.READ),
    )
    return next(((said, at) for at, said in done if at), (words.SIGNED_IN, sitter.signed_in))


def _station(sitter: Sitter | None) -> Station:
    if sitter is None:
        return Station(0)
    reached = (sitter.read, sitter.declared, sitter.signed or sitter.refused)
    return Station(2 + sum(each is not None for each in reached))
