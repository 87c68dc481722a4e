"""A credit portrait: five sides of somebody's conduct, each beside the pool's.

Each side is a hundred less what was taken off for it in the mean of all assessments, in hundredths of a point. So the
five deductions of an assessment are together its deduction, and a clean record is a hundred on every side.
"""

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from statistics import median_low
from typing import Final, NamedTuple

from policies.conduct_items import ITEMS, Dimension, Party

FULL: Final = 10_000
"""A side from which nothing was taken off, in hundredths of a point."""

Sides = Mapping[Dimension, int]
"""Hundredths of a point by dimension."""


class Side(NamedTuple):
    """One side: somebody's value and the pool's middle one, in hundredths; and of a hundred in the pool, how many have
    less (of those who have as much, half).
    """

    dimension: Dimension
    value: int
    common: int
    percentile: int


def taken(weight: Mapping[Party, Fraction], marks: Iterable[tuple[Party, str, int]], deduction: int) -> Sides:
    """Share an assessment's deduction, in hundredths, among the five sides by its marks (party, item, points).

    An amended or a capped deduction is less than the marks come to and is shared in their proportion; what rounding
    leaves goes to the largest share. Raises `KeyError` for an item or a party that there is not.
    """
    exact = dict.fromkeys(Dimension, Fraction(0))
    for party, item, points in marks:
        exact[ITEMS[item].dimension] += weight[party] * points
    total = sum(exact.values())
    if not total:
        return dict.fromkeys(Dimension, 0)
    shares = {dimension: int(deduction * each / total) for dimension, each in exact.items()}
    largest = max(Dimension, key=lambda dimension: exact[dimension])
    shares[largest] += deduction - sum(shares.values())
    return shares


def sides(totals: Sides, assessments: int) -> Sides:
    """Give the five sides after some assessments, of which ``totals`` is what was taken off in all.

    Half a hundredth is rounded towards the deduction. Raises `ValueError` without any assessment.
    """
    if assessments < 1:
        raise ValueError("nobody has a portrait without an assessment")
    return {each: FULL - (2 * totals.get(each, 0) + assessments) // (2 * assessments) for each in Dimension}


def portrait(own: Sides, pool: Collection[Sides]) -> tuple[Side, ...]:
    """Put somebody's sides beside those of a pool that has the same person in it."""
    made = []
    for dimension in Dimension:
        values = [each[dimension] for each in pool]
        value = own[dimension]
        made.append(Side(dimension, value, median_low(values), percentile(value, values)))
    return tuple(made)


def percentile(value: int, values: Collection[int]) -> int:
    """Give how many of a hundred have less than a value, counting half of those who have as much; rounded down.

    Raises `ValueError` for an empty pool.
    """
    if not values:
        raise ValueError("nobody to compare with")
    less, same = sum(each < value for each in values), sum(each == value for each in values)
    return 100 * (2 * less + same) // (2 * len(values))
