"""A session whose day and draw are closed: the committee of four has evaluated, and is to be assessed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from expertpool.assessments import queries, service
from expertpool.assessments.models import Assessment, Mark, Result, Subject
from expertpool.assessments.opening import Openings
from expertpool.assessments.revealing import Reveals
from expertpool.assessments.service import Given
from expertpool.assessments.sheets import Taken
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role
from expertpool.sessions import service as days
from policies.conduct_items import Evidence, Party
from tests.sessions.days import Day, opened_day

EXPERTS = 60
PARTIES = {
    Party.CENTRE: Role.CENTRE_STAFF,
    Party.SUPERVISOR: Role.SUPERVISOR,
    Party.PROJECT_UNIT: Role.INITIATOR,
}
SEATS, AGENCY, PERSON = (1, 2, 3, 4), 5, 6
"""The subjects of an ordinary session, by number."""


@dataclass
class Evaluated(Day):
    """The evaluation is over; what follows is by the vault's looks, or a party's act."""

    def close(self) -> "Evaluated":
        """Confirm the timeline; the draw closes, as the vault sees to."""
        self.as_(Role.CENTRE_STAFF, lambda tx: days.close(tx, self.session_id))
        self.close_draw()
        return self

    def close_draw(self) -> None:
        with self.world.session() as session, session.begin():
            session.get_one(Draw, self.draw.id).state = DrawState.CLOSED

    def open(self) -> "Evaluated":
        """Have the vault open the assessment."""
        assert Openings(self.world.parts()).step()
        return self

    def reveal(self) -> bool:
        """Have the vault look whether there is something to reveal."""
        return Reveals(self.world.parts()).step()

    def give(self, by: Party, *deductions: Given, **changed: Any) -> Assessment:
        """Have an account of a party give its sheets."""
        given: dict[str, Any] = {"party": by, "rulebook": self.assessment.rulebook, "deductions": deductions}
        return self.as_(PARTIES[by], lambda tx: service.give(tx, self.session_id, **{**given, **changed}))

    def all_give(self) -> "Evaluated":
        """Every party finds everybody clean."""
        for party in PARTIES:
            self.give(party)
        return self

    def until(self, left: timedelta) -> None:
        """Go on until so much is left for the sheets."""
        assert self.assessment.due is not None
        self.wait(seconds=(self.assessment.due - left - self.now).total_seconds())

    @property
    def assessment(self) -> Assessment:
        with self.world.session() as session:
            return session.get_one(Assessment, self.session_id)

    @property
    def subjects(self) -> Sequence[Subject]:
        with self.world.session() as session:
            return queries.subjects_of(session, self.session_id)

    @property
    def marks(self) -> Sequence[Mark]:
        with self.world.session() as session:
            return queries.marks_of(session, self.session_id)

    @property
    def results(self) -> Sequence[Result]:
        with self.world.session() as session:
            return queries.results_of(session, self.session_id)

    def proposals(self) -> list[tuple[int, str, int]]:
        with self.world.session() as session:
            return [(each.subject, each.item, each.step) for each in queries.proposals_of(session, self.session_id)]

    def subject(self, seat: str) -> int:
        """The number of whoever sat on a seat at first."""
        return next(each.number for each in self.subjects if each.key == self.key(seat))


def taken(subject: int, item: str = "phone", points: int = 10, **changed: Any) -> Given:
    """A deduction, with what shows it."""
    shown: dict[str, Any] = {"evidence": Evidence.STATEMENT, "grounds": "见证人员当场发现"}
    return Given(subject, Taken(item, points, **{**shown, **changed}))


@contextmanager
def evaluated(database_url: str, folder: Path, *, served: bool = False) -> Iterator[Evaluated]:
    """The evening of a session: the report is signed, the day not closed yet."""
    with opened_day(database_url, folder, served=served, experts=EXPERTS) as day:
        made = Evaluated(day.world, day.draw)
        made.begin().report()
        yield made
