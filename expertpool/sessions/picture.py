"""A day as a picture: moments to places on one line, in per cent of its width; the nights between sittings are folded.

Pure, so that planned and actual, every site and every seat stand on the same line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

NIGHT: Final = 5.0
"""What a folded night takes, in per cent."""
HOUR: Final = timedelta(hours=1)
APART: Final = 8.0
APART_ON_PHONE: Final = 20.0
"""How far, in per cent, the figures of two hours stand apart."""


class Piece(NamedTuple):
    """A part of the line that is as long as its time, from ``left`` to ``right`` per cent."""

    start: datetime
    until: datetime
    left: float
    right: float

    def at(self, moment: datetime) -> float:
        """Where a moment within it stands."""
        return self.left + (self.right - self.left) * ((moment - self.start) / (self.until - self.start))


class Hour(NamedTuple):
    """A full hour on the line; ``written``: its figures stand there too; ``wide``: on a phone as well."""

    at: datetime
    left: float
    written: bool
    wide: bool


class Bar(NamedTuple):
    """Something that lasts: where it begins, how wide it is, and as what it is shown."""

    left: float
    width: float
    tone: str


class Pin(NamedTuple):
    """Something that happened at a moment, and the shape by which it is shown."""

    left: float
    shape: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The line of a day, or of several whose nights are folded."""

    pieces: tuple[Piece, ...]

    @classmethod
    def over(cls, start: datetime, until: datetime, nights: Sequence[tuple[datetime, datetime]] = ()) -> "Axis":
        """From the hour before to the hour after; ``nights`` are in their order and do not meet."""
        ends = [_floor(start), *(moment for night in nights for moment in night), _ceiling(until)]
        days = [(begin, max(end, begin + HOUR)) for begin, end in zip(ends[::2], ends[1::2], strict=True)]
        scale = (100 - NIGHT * len(nights)) / sum((end - begin) / HOUR for begin, end in days)
        pieces, left = [], 0.0
        for begin, end in days:
            right = left + (end - begin) / HOUR * scale
            pieces.append(Piece(begin, end, left, right))
            left = right + NIGHT
        return cls(tuple(pieces))

    def at(self, moment: datetime) -> float:
        """Where a moment stands; what lies outside stands at the end, what lies in a night at its beginning."""
        here = next((each for each in reversed(self.pieces) if each.start <= moment), self.pieces[0])
        return round(here.at(min(max(moment, here.start), here.until)), 2)

    def bar(self, start: datetime, until: datetime, tone: str) -> Bar:
        """What lasts from one moment to another."""
        left = self.at(start)
        return Bar(left, round(max(self.at(until) - left, 0.0), 2), tone)

    def hours(self) -> list[Hour]:
        """The full hours, by time."""
        found: list[Hour] = []
        last, last_wide = -100.0, -100.0
        for at in self._full_hours():
            left = self.at(at)
            written = left - last >= APART
            last = left if written else last
            wide = written and left - last_wide >= APART_ON_PHONE
            last_wide = left if wide else last_wide
            found.append(Hour(at, left, written, wide))
        return found

    def nights(self) -> list[Bar]:
        """Where a night is folded."""
        return [Bar(round(each.right, 2), NIGHT, "night") for each in self.pieces[:-1]]

    def _full_hours(self) -> Iterator[datetime]:
        for piece in self.pieces:
            at = _ceiling(piece.start)
            while at <= piece.until:
                yield at
                at += HOUR


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _ceiling(moment: datetime) -> datetime:
    floor = _floor(moment)
    return floor if floor == moment else floor + HOUR
