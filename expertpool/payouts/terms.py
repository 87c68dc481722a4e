"""On which terms fees are paid: the standard, how long an expert may object, when it must be paid, who confirms."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from expertpool.draws.rules import published_years
from expertpool.sessions.rules import DayRules
from policies import dates, fees
from policies.apply import ground
from policies.decision import Ground
from policies.facts import CHINA
from policies.fees import Tariff
from policies.registry import RULES

SESSION: Final = "fees.session"
DUE: Final = "fees.due"
AGREEMENT: Final = "fees.agreement"
APPROVAL: Final = "fees.approval"
DAY_ENDS: Final = time(23, 59, 59)


class Deadline(NamedTuple):
    """From when on a payer is warned, and the last moment for paying; None while the calendar is not published."""

    warn: datetime | None
    due: datetime | None


NEVER: Final = Deadline(None, None)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms in the rulebook by which the committee was drawn."""

    rules: DayRules

    @property
    def tariff(self) -> Tariff | None:
        """The standard of fees; None where the book has none."""
        return fees.tariff(self.rules.book, self.rules.regime)

    @property
    def ground(self) -> Ground:
        """Whose standard it is: article, and whether that is law, local, or ours for want of a figure."""
        return ground(self.rules.book, RULES[SESSION], self.rules.regime)

    @property
    def silence(self) -> timedelta:
        """How long an expert may object; then silence is an agreement."""
        return timedelta(hours=self._number(AGREEMENT, "hours", 24))

    def approvers(self, *, by_centre: bool) -> int:
        """How many accounts of whoever pays must confirm."""
        return self._number(APPROVAL, "centre" if by_centre else "payer", 2 if by_centre else 1)

    def deadline(self, ended_on: date) -> Deadline:
        """By when fees are to be paid for a review that ended on a day."""
        if not self.rules.book.applies(DUE, self.rules.regime):
            return NEVER
        terms, calendar = self.rules.book.values(DUE, self.rules.regime), published_years()
        try:
            last = dates.working_days_after(ended_on, terms.number("days"), calendar)
            soon = dates.working_days_before(last, terms.number("warn"), calendar)
        except dates.UnpublishedYear:
            return NEVER
        return Deadline(datetime.combine(soon, time(), CHINA), datetime.combine(last, DAY_ENDS, CHINA))

    def _number(self, rule: str, name: str, otherwise: int) -> int:
        if not self.rules.book.applies(rule, self.rules.regime):
            return otherwise
        return self.rules.book.values(rule, self.rules.regime).number(name)
