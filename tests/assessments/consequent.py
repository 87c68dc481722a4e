"""A session whose seats are known to the vault: who sat on each is an expert whom another draw would take."""

from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from expertpool.assessments import cases
from expertpool.assessments.case_lifecycle import Measure
from expertpool.assessments.consequences import Consequences, follow, on_assigned, on_revealed
from expertpool.assessments.models import Case
from expertpool.assessments.revealing import REVEALED
from expertpool.core.jobs import Outbox
from expertpool.draws import candidates
from expertpool.draws.assigning import ASSIGNED
from expertpool.draws.evaluating import evaluate
from expertpool.draws.keeping import Occupant, keep_occupant
from expertpool.draws.models import Assignment, Draw
from expertpool.draws.parts import VAULT
from expertpool.experts.lifecycle import Status
from expertpool.experts.models import Expert
from expertpool.experts.queries import record_of
from expertpool.identity.roles import Role
from policies.conduct_items import Party
from policies.facts import Suspension, day_of
from tests.assessments.evaluated import Evaluated, taken
from tests.draws.dying_vault import LEASE
from tests.draws.scenes import another_project
from tests.draws.world import STARTS, TODAY

STAFF, DEPARTMENT = Role.CENTRE_STAFF, Role.COMPETENT_DEPARTMENT
NUMBERS = iter(range(20, 1_000))


class Consequent:
    """A session of which the vault knows who sat; one of them is to lose points."""

    def __init__(self, session: Evaluated) -> None:
        self.session = session
        self.world = session.world
        self.experts = self.holders()
        with session.transactions.begin("svc:vault") as tx:
            for number, each in enumerate(session.subjects[:4]):
                assert each.key is not None
                keep_occupant(tx, self.world.parts().keys, each.key, _occupant(self.experts[number]))

    def holders(self) -> list[str]:
        """Experts who could be drawn for another project of the same specialty."""
        draw = self.project(day_of(self.now) + timedelta(days=1))
        with candidates.snapshot(self.world.site.service.engine) as session:
            made = evaluate(session, self.world.parts(), draw, self.world.clock.now(), table_key=b"k" * 32).made
        assert made is not None
        return [expert for expert, lines in zip(made.experts, made.table.lines, strict=True) if lines][:4]

    def project(self, day: date) -> Draw:
        """A draw for a review on a day, asked for in its morning at the latest."""
        morning = TODAY + timedelta(days=(day - day_of(TODAY)).days)
        self.world.clock.advance(max(morning - self.now, timedelta(0)))
        self.world.days = (day - day_of(STARTS)).days
        return another_project(self.world, next(NUMBERS))

    def reveal(self, *, points: int = 20, item: str = "stalling") -> "Consequent":
        """Every party takes points off the first seat, and the vault follows."""
        for party in Party:
            self.session.give(party, taken(1, item, points))
        assert self.session.reveal()
        assert self.follow()
        return self

    def follow(self) -> bool:
        """One round of the vault, as far as assessments go."""
        parts = self.world.parts()
        jobs = Outbox(parts.transactions, {REVEALED: on_revealed(), ASSIGNED: on_assigned()}, LEASE, VAULT)
        return bool(jobs.run(20)) | Consequences(parts).step()

    def follow_session(self) -> None:
        """What the vault does after the reveal."""
        with self.session.transactions.begin(VAULT) as tx:
            follow(tx, self.session.session_id)

    def assign(self) -> None:
        """The names are open: as the vault writes it."""
        with self.world.session() as session, session.begin():
            for number, each in enumerate(self.session.subjects[:4]):
                draw, seat, vacancy = each.key or ("", "", 0)
                row = Assignment(draw_id=draw, seat=seat, vacancy=vacancy, expert_id=self.experts[number], at=self.now)
                session.add(row)

    @property
    def path(self) -> Path:
        return Path(self.world.site.service.settings.database.url.removeprefix("sqlite:///"))

    @property
    def now(self) -> datetime:
        return self.session.now

    @property
    def cases(self) -> list[Case]:
        with self.world.session() as session:
            return list(session.scalars(select(Case).order_by(Case.proposed, Case.id)))

    def decided(self, measure: Measure = Measure.SUSPENSION, months: int | None = 6) -> Case:
        """The first case, handed over and decided."""
        case = self.cases[0]
        self.session.as_(STAFF, lambda tx: cases.hand_over(tx, case.id))
        return self.session.as_(
            DEPARTMENT, lambda tx: cases.decide(tx, case.id, measure=measure, months=months, reason="查实")
        )

    def is_eligible(self, expert: str, day: date) -> bool:
        """Whether somebody could be drawn now, for a review on a day."""
        draw = self.project(day)
        with candidates.snapshot(self.world.site.service.engine) as session:
            found = evaluate(session, self.world.parts(), draw, self.now, table_key=b"k" * 32)
        assert found.made is not None
        return bool(found.made.table.lines[found.made.experts.index(expert)])

    def standing(self, expert: str) -> tuple[Status, tuple[Suspension, ...]]:
        with self.world.session() as session:
            return session.get_one(Expert, expert).status, record_of(session, expert).expert.suspensions or ()


def _occupant(expert: str) -> Occupant:
    nothing = "0" * 64
    return Occupant(0, expert, "13900000000", nothing, nothing, "0" * 32, "ABCD-EFGH")
