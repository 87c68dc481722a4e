"""What the rulebook says of an assessment: which sheet, which weights, until when. Nothing here reads a database.

An assessment keeps the rules as they were when it opened. A book without rules about assessments, as a roster's may be,
leaves them to the national one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Final

from expertpool.draws.errors import RulebookUnknown
from expertpool.draws.rules import published_years, rulebook
from expertpool.protocol.request import DrawRequest
from policies import conduct, scoring
from policies.assessment_facts import Deduction
from policies.conduct_items import Party, SubjectKind
from policies.dates import UnpublishedYear, working_days_after
from policies.facts import CHINA, day_of
from policies.problems import Problem
from policies.restored import restore
from policies.rulebook import Rulebook

NATIONAL: Final = "national"
GROUP: Final = "assessment."
DUE: Final = "assessment.due"


@dataclass(frozen=True, slots=True)
class AssessmentRules:
    """The rules of one session's assessment."""

    book: Rulebook
    regime: str

    @classmethod
    def in_force(cls, request: DrawRequest, regime: str, day: date) -> "AssessmentRules":
        """Those of a day, for a committee that was drawn on this request in a project of this regime.

        Raises `RulebookUnknown`.
        """
        book = rulebook(request.rulebook, day)
        if book.applies(conduct.SHEET, request.regime):
            return cls(book, request.regime)
        return cls(rulebook(NATIONAL, day), regime)

    @classmethod
    def kept(cls, form: str) -> "AssessmentRules":
        """Those that `written` wrote."""
        book = _restored(form)
        return cls(book, next(iter(book.regimes)))

    def written(self) -> str:
        """The rules about assessments in this regime, as canonical JSON."""
        settings = {
            key: found
            for key, found in self.book.settings.items()
            if key[0].startswith(GROUP) and key[1] == self.regime
        }
        return replace(self.book, settings=settings).canonical().decode()

    def offers(self, kind: SubjectKind) -> tuple[conduct.Offer, ...]:
        """The items that such a subject is assessed by, in the order of the sheet."""
        return conduct.sheet(self.book, self.regime, kind)

    def problems(self, deductions: Sequence[Deduction]) -> tuple[Problem, ...]:
        """What is wrong with the deductions that one party makes for one subject."""
        return conduct.problems(self.book, self.regime, deductions)

    def weights(self, kind: SubjectKind) -> Mapping[Party, Fraction]:
        """What the word of each party that assesses such a subject weighs."""
        return scoring.weights(self.book, self.regime, kind)

    def closes(self, opened: datetime) -> datetime | None:
        """From when no sheet is taken: so many working days after the day of the opening have passed, in China.

        None while the calendar of that year is not published.
        """
        days = self.book.values(DUE, self.regime).number("days")
        try:
            last = working_days_after(day_of(opened), days, published_years())
        except UnpublishedYear:
            return None
        return datetime.combine(last + timedelta(days=1), time(), CHINA)


@lru_cache(maxsize=64)
def _restored(form: str) -> Rulebook:
    """The rules that a form holds, with the texts of the book at hand, which their digest does not cover."""
    book = restore(form.encode())
    try:
        texts = rulebook(book.layers[-1].book, max(layer.effective_from for layer in book.layers))
    except RulebookUnknown:
        return book
    regimes = {regime: texts.regimes.get(regime, words) for regime, words in book.regimes.items()}
    rules = {rule: texts.rules.get(rule, table) for rule, table in book.rules.items()}
    return replace(book, regimes=regimes, rules=rules)
