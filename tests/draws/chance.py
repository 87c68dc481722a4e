"""Between how many hits all strategies of a player who knows nothing lie."""

from math import exp, lgamma, log, sqrt
from statistics import NormalDist

TOLD = 0.95
"""The confidence of the interval that is printed."""
GATE = 0.999
"""The confidence of the interval that a test asks for: of a thousand runs of a build that leaks nothing one fails."""


def interval(chance: float, seats: int, strategies_: int, confidence: float) -> tuple[int, int]:
    """The hits between which all strategies of a player who knows nothing lie, with this confidence."""
    tail = (1 - confidence) / 2 / strategies_
    middle, spread = chance * seats, sqrt(seats * chance * (1 - chance))
    reach = NormalDist().inv_cdf(1 - tail / 100) * spread + 10
    from_, to = max(0, int(middle - reach)), min(seats, int(middle + reach) + 1)
    mass = {hits: _binomial(hits, seats, chance) for hits in range(from_, to + 1)}
    low = high = 0.0
    least, most = from_, to
    while least < to and low + mass[least] < tail:
        low += mass[least]
        least += 1
    while most > from_ and high + mass[most] < tail:
        high += mass[most]
        most -= 1
    return least, most


def _binomial(hits: int, seats: int, chance: float) -> float:
    if chance in (0, 1):
        return float(hits == seats * chance)
    ways = lgamma(seats + 1) - lgamma(hits + 1) - lgamma(seats - hits + 1)
    return exp(ways + hits * log(chance) + (seats - hits) * log(1 - chance))
