"""Honest panels: a model of them, and real ones whose judges nobody bribed to mind our thresholds.

The model's figures are those of 151 real panels of nine judges (``real-panels.csv``, figure skating, out of 100
points), made a little worse for us: differences between judges deviate by 3.1 points, and in some panels by more than
in others; their tails are heavier than a bell curve's; a judge is strict by 2.2 points; scores are half points. A judge
may honestly like what one bidder does, project after project: real panels do not say how much, 0.3 of a deviation is
assumed. ``tests/evidence/test_alerts.py`` compares model and panels.
"""

import csv
from dataclasses import dataclass
from functools import cache
from math import exp, sqrt
from pathlib import Path
from random import Random
from typing import Final

from policies.panel_statistics import Panel, panel

REAL: Final = Path(__file__).parent / "real-panels.csv"
POINT: Final = 100
"""Hundredths."""
NOISE: Final = 3.1
STRICT: Final = 2.2
BETTER: Final = 8.0
TASTE: Final = 0.3
UNEVEN: Final = 0.25
FREEDOM: Final = 9
"""Of the t distribution: how heavy the tails are."""


@dataclass(frozen=True)
class Judges:
    """Makes panels of so many honest members who score so many bidders. ``noise`` and ``STRICT`` are in points."""

    random: Random
    members: int
    bidders: int = 5

    def panel(self, name: str, *, who: str = "m0", likes: tuple[float, ...] = (), favour: float = 0.0) -> Panel:
        """One panel of strangers. ``who`` likes the bidders so much, and gives the first so many deviations more."""
        draw = self.random.gauss
        spread = NOISE * exp(draw(0, UNEVEN))
        worth = [75 + draw(0, BETTER) for _ in range(self.bidders)]
        given = {}
        for number in range(self.members):
            strict, member = draw(0, STRICT), who if number == 0 else f"{name}-{number}"
            for bidder, good in enumerate(worth):
                liked = likes[bidder] if number == 0 and likes else draw(0, TASTE)
                odd = spread * (sqrt(1 - TASTE**2) * self._heavy() + liked)
                gift = favour * NOISE if (number, bidder) == (0, 0) else 0
                score = min(100.0, max(0.0, good + strict + odd + gift))
                given[member, f"b{bidder}"] = round(2 * score) * POINT // 2
        made = panel(name, name, given)
        assert made is not None
        return made

    def likes(self) -> tuple[float, ...]:
        """What one judge honestly thinks of each bidder, always."""
        return tuple(self.random.gauss(0, TASTE) for _ in range(self.bidders))

    def _heavy(self) -> float:
        """From a t distribution, with a deviation of one."""
        bell = self.random.gauss
        scale = sqrt(sum(bell(0, 1) ** 2 for _ in range(FREEDOM)) / FREEDOM)
        return bell(0, 1) / scale * sqrt((FREEDOM - 2) / FREEDOM)


@cache
def real() -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The real panels: for each its best performances, and the nine judges' marks in hundredths of 100 points."""
    with REAL.open(encoding="utf-8") as file:
        rows = [[int(cell) for cell in row] for row in csv.reader(line for line in file if line[0].isdigit())]
    panels: dict[int, list[tuple[int, ...]]] = {}
    for number, _, *quarters in rows:
        panels.setdefault(number, []).append(tuple(50 * each for each in quarters))
    return tuple(tuple(each) for each in panels.values())


def real_panels(random: Random, members: int, *, bidders: int = 5, times: int = 4) -> list[Panel]:
    """Some of each real panel's nine judges, as often as said, with its best performances for bidders."""
    made = []
    for number, performances in enumerate(real()):
        for again in range(times):
            judges = random.sample(range(9), members)
            best = performances[:bidders]
            given = {(f"j{j}", f"b{b}"): marks[j] for b, marks in enumerate(best) for j in judges}
            each = panel(f"{number}-{again}", f"{number}-{again}", given)
            assert each is not None
            made.append(each)
    return made
