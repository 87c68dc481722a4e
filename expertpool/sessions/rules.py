"""What the rulebook says of a day: facts in, yes or no out. Nothing here reads a database.

A book without these rules, as a roster's may be, leaves them to the law: more than half choose the chair, more than a
third may ask for time, what a lost member concluded is done again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from expertpool.draws.rules import rulebook
from expertpool.invitations.rules import ARRIVAL
from expertpool.protocol.request import DrawRequest
from expertpool.sessions.steps import Cause
from policies import facts, service_facts, session_facts
from policies.apply import decide
from policies.decision import Effect, Outcome
from policies.fee_clock import Breaks
from policies.rulebook import Rulebook

HALF: Final = Fraction(1, 2)
THIRD: Final = Fraction(1, 3)
MEALS: Final = "session.meals"
BREAKS: Final = "session.breaks"
PLAN: Final = "session.plan"
PLANNED: Final = {"discipline": 5, "bidders": 10, "declared": 15, "chair": 20, "review": 30}
"""The plan of a book that has none, in minutes after the assembly."""


@dataclass(frozen=True, slots=True)
class DayRules:
    """The rules of one session's day."""

    book: Rulebook
    regime: str

    @classmethod
    def of(cls, request: DrawRequest) -> "DayRules":
        """Those by which the session's committee was drawn. Raises `RulebookUnknown`."""
        return cls(rulebook(request.rulebook, facts.day_of(request.decided_at or request.draw_at)), request.regime)

    def chosen(self, members: int, votes: int) -> bool:
        """Whether so many votes choose a chair."""
        if not self.book.applies("session.chair", self.regime):
            return votes > HALF * members
        return self._allows(session_facts.Ballot(members, votes))

    def extends(self, members: int, votes: int) -> bool:
        """Whether so many members get more time (条例 第四十八条)."""
        if not self.book.applies("session.extension", self.regime):
            return votes > THIRD * members
        return self._allows(session_facts.TimeVote(members, votes))

    def must_redo(self, cause: Cause, *, begun: bool) -> bool:
        """Whether what a lost member concluded is to be done again (条例 第四十八条)."""
        if cause is Cause.ABSENT:  # concluded nothing
            return False
        if not self.book.applies("service.replacement", self.regime):
            return begun
        return not self._allows(service_facts.Replacement(facts.Cause(cause.value), begun, redone=False))

    def meal_minutes(self) -> int:
        """How long a meal is planned to last."""
        if not self.book.applies(MEALS, self.regime):
            return 60
        return self.book.values(MEALS, self.regime).number("minutes")

    def lunch_hour(self) -> int:
        """At which hour, on the country's clock, lunch is planned."""
        if not self.book.applies(MEALS, self.regime):
            return 12
        return self.book.values(MEALS, self.regime).number("lunch")

    def planned(self, step: str) -> timedelta:
        """How long after the assembly one of the steps before the review is planned."""
        if not self.book.applies(PLAN, self.regime):
            return timedelta(minutes=PLANNED[step])
        return timedelta(minutes=self.book.values(PLAN, self.regime).number(step))

    def arrival(self) -> timedelta:
        """How long whoever is called has until arriving."""
        if not self.book.applies(ARRIVAL, self.regime):
            return timedelta(minutes=60)
        return timedelta(minutes=self.book.values(ARRIVAL, self.regime).number("minutes"))

    def late(self, due: datetime, arrived: datetime) -> bool:
        """Whether somebody who was due then came late; only warned of, a fact for the assessment."""
        return self._warns(session_facts.Attendance(due, arrived))

    def behind(self, assembled: datetime, now: datetime) -> bool:
        """Whether a committee that assembled then should have begun its review by now; only warned of."""
        return self._warns(session_facts.Progress(assembled, now, reviewing=False))

    def breaks(self) -> Breaks:
        """Which breaks are time worked."""
        if not self.book.applies(BREAKS, self.regime):
            return Breaks()
        values = self.book.values(BREAKS, self.regime)
        return Breaks(values.number("minutes"), values.flag("meals"))

    def too_long(self, minutes: int) -> bool:
        """Whether a sitting of so many minutes is longer than a day should have; only warned of."""
        return self._warns(session_facts.LongDay(minutes))

    def _warns(self, fact: object) -> bool:
        return any(each.effect is Effect.WARNED for each in decide(self.book, self.regime, fact).findings)

    def _allows(self, fact: object) -> bool:
        return decide(self.book, self.regime, fact).outcome is not Outcome.REFUSED
