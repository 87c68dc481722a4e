"""A credit portrait as a picture: a web of five axes, what somebody has and what is common in the pool.

Pure: shares of an axis to places in a square; a template draws them, a style sheet colours them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final, NamedTuple

FULL: Final = 100
SIZE: Final = 400
MIDDLE: Final = SIZE / 2
REACH: Final = 130.0
"""How far an axis goes from the middle; the rest of the square is for words."""
RINGS: Final = (20, 40, 60, 80, 100)
WORDS: Final = 22.0
"""How far beyond the end of an axis its words stand."""
ASIDE: Final = 12.0
"""Words further than this from the middle line stand beside their axis, the others above or below it."""


class Axis(NamedTuple):
    """One dimension: what somebody has and what the middle one of the pool has, each from 0 to 100; None if unknown."""

    name: str
    value: int | None
    common: int | None = None


class Label(NamedTuple):
    """The words at an axis: where they stand and which end of them stands there."""

    x: float
    y: float
    anchor: str
    name: str
    value: int | None


@dataclass(frozen=True, slots=True)
class Radar:
    """What a template draws. Shapes are lists of points as SVG takes them."""

    rings: Sequence[str]
    spokes: Sequence[tuple[float, float]]
    shape: str
    common: str
    dots: Sequence[tuple[float, float]]
    labels: Sequence[Label]
    middle: float = MIDDLE


def radar(axes: Sequence[Axis]) -> Radar:
    """The picture of some axes, the first upward, the others clockwise; what is unknown lies in the middle."""
    count = len(axes)
    known = [(number, axis.value) for number, axis in enumerate(axes) if axis.value is not None]
    return Radar(
        rings=[_shape([ring] * count) for ring in RINGS],
        spokes=[_point(number, count, FULL) for number in range(count)],
        shape=_shape([axis.value or 0 for axis in axes]),
        common=_shape([axis.common or 0 for axis in axes]) if any(axis.common for axis in axes) else "",
        dots=[_point(number, count, value) for number, value in known],
        labels=[_label(number, count, axis) for number, axis in enumerate(axes)],
    )


def _point(number: int, count: int, value: float, beyond: float = 0) -> tuple[float, float]:
    angle = 2 * pi * number / count
    far = REACH * min(max(value, 0), FULL) / FULL + beyond
    return round(MIDDLE + far * sin(angle), 1), round(MIDDLE - far * cos(angle), 1)


def _shape(values: Sequence[int]) -> str:
    return " ".join(f"{x},{y}" for x, y in (_point(number, len(values), each) for number, each in enumerate(values)))


def _label(number: int, count: int, axis: Axis) -> Label:
    x, y = _point(number, count, FULL, WORDS)
    anchor = "middle" if abs(x - MIDDLE) < ASIDE else "start" if x > MIDDLE else "end"
    return Label(x, y, anchor, axis.name, axis.value)
