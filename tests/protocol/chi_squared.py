"""Pearson's test, small enough to read: how likely a fair draw gives counts as uneven as these."""

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

REGISTERED = 0.001
"""Fixed before the first draw: a fair sampler is above it in all but one of a thousand runs."""

Outcome = TypeVar("Outcome", bound=Hashable)


def p_value(counts: Counter[Outcome], chances: Mapping[Outcome, float]) -> float:
    """The chance that a draw with these chances gives counts as far from them as these, or farther.

    An outcome that has no chance makes it 0. Every outcome must be expected five times or more, as the test asks for.
    """
    draws = counts.total()
    expected = {outcome: chance * draws for outcome, chance in chances.items()}
    assert math.isclose(sum(chances.values()), 1)
    assert min(expected.values()) >= 5
    if not counts.keys() <= expected.keys():
        return 0.0
    return tail(sum((counts[each] - mean) ** 2 / mean for each, mean in expected.items()), len(expected) - 1)


def tail(statistic: float, freedom: int) -> float:
    """The chance that chi squared with so many degrees of freedom is at least as large.

    That is Q(a, x), the regularised upper incomplete gamma function, for a half `freedom` and x half the statistic. It
    is known for a = 1/2 and a = 1, and Q(a + 1, x) = Q(a, x) + x^a exp(-x) / Gamma(a + 1).
    """
    x = statistic / 2
    if x == 0:
        return 1.0
    a, q = (0.5, math.erfc(math.sqrt(x))) if freedom % 2 else (1.0, math.exp(-x))
    while a < freedom / 2:
        q += math.exp(a * math.log(x) - x - math.lgamma(a + 1))
        a += 1
    return q
