"""The result of an assessment: what the parties took off, weighed by the rulebook, exactly.

Points are whole on a sheet; deduction and score are in hundredths of a point, out of a hundred.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import Final, NamedTuple

from policies.conduct_items import ASSESSORS, Party, SubjectKind
from policies.rulebook import Rulebook

WEIGHTS: Final = "assessment.weights"
BASE: Final = 100
"""Everybody starts a project with so many points."""
HUNDREDTHS: Final = 100


class Scored(NamedTuple):
    """A result in hundredths of a point, and the parties whose sheet is missing."""

    deduction: int
    score: int
    missing: tuple[Party, ...]


def weights(book: Rulebook, regime: str, subject: SubjectKind) -> Mapping[Party, Fraction]:
    """Give the weight of each party that assesses this kind of subject; together they are one.

    Where a party does not assess its own side, the others' weights are scaled up. A book without the rule weighs
    all alike.
    """
    parties = ASSESSORS[subject]
    if not book.applies(WEIGHTS, regime):
        return {party: Fraction(1, len(parties)) for party in parties}
    values = book.values(WEIGHTS, regime)
    total = sum(values.ratio(party) for party in parties)
    return {party: values.ratio(party) / total for party in parties}


def scored(weight: Mapping[Party, Fraction], points: Mapping[Party, int]) -> Scored:
    """Weigh what each party took off; whoever is not in ``points`` gave no sheet.

    A missing sheet deducts nothing, and its weight goes to nobody. Nobody can take off more than there is.
    Half a hundredth is rounded up, so that no deduction is lost. Raises `ValueError` for a party without a weight, and
    for points below 0.
    """
    if not points.keys() <= weight.keys() or any(each < 0 for each in points.values()):
        raise ValueError("points of a party that does not assess, or below 0")
    taken = sum((weight[party] * min(each, BASE) for party, each in points.items()), Fraction(0))
    deduction = floor(taken * HUNDREDTHS + Fraction(1, 2))
    return Scored(deduction, BASE * HUNDREDTHS - deduction, tuple(each for each in weight if each not in points))
