"""Who of a roster gets a row in the candidate table: docs/spec/draw.md, section 3. Pure.

Specialty and area alone decide it; whether the facts are settled, and everything else that may exclude, is decided of
the row. A rulebook that does not ask for one of the two takes everyone in that respect.
"""

from policies import areas
from policies.eligibility import MATCH
from policies.facts import Expert, Request
from policies.rulebook import Rulebook
from policies.rules.specialty import accepted

AREA = "specialty.area"


class Matching:
    """The question for one request on its rung, asked for each expert of a roster."""

    def __init__(self, book: Rulebook, regime: str, request: Request) -> None:
        """Raises `BadInput` for an unknown specialty."""
        self._by_claim = book.applies(MATCH, regime)
        self._by_area = book.applies(AREA, regime)
        self._claims = frozenset().union(*(accepted(line) for line in request.lines or ()))
        self._areas = tuple(areas.prefix(areas.current(code)) for code in request.areas or ())

    def __call__(self, expert: Expert) -> bool:
        """Say whether the expert holds a claim for one of the lines and lives in one of the areas."""
        return (not self._by_claim or self._holds(expert)) and (not self._by_area or self._lives(expert))

    def _holds(self, expert: Expert) -> bool:
        return any((claim.scheme, claim.version, claim.code) in self._claims for claim in expert.claims or ())

    def _lives(self, expert: Expert) -> bool:
        return expert.area is not None and areas.current(expert.area).startswith(self._areas)
