"""A day that was closed with known people on its seats, so that their fees are computed, agreed to and taxed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from expertpool.core.jobs import Outbox
from expertpool.core.transaction import Transaction
from expertpool.draws.events import DrawClosed
from expertpool.draws.keeping import Occupant, keep_occupant
from expertpool.draws.lifecycle import DrawVerb
from expertpool.draws.models import Draw
from expertpool.draws.parts import VAULT, Parts
from expertpool.experts.models import Expert
from expertpool.identity.roles import Role
from expertpool.identity.service import register_actor
from expertpool.payouts import agreeing, computing, sealed, taxing
from expertpool.payouts import service as payments
from expertpool.payouts.jobs import HANDLERS
from expertpool.payouts.lifecycle import OrderState
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.payouts.queries import order_of, payouts_of
from expertpool.payouts.sealed import Figures, Payed, figures_of
from expertpool.payouts.taxing import Taxed
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import service
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key
from tests.draws.prepared import prepared
from tests.projects.world import FACTS, OWNER, SITTING
from tests.sessions.days import Day, T
from tests.sessions.room import SEATS, seat_everybody

EXPERTS = 60


@dataclass
class Payday(Day):
    """A day with what is done about its money. ``people`` are the experts on `SEATS`, in that order."""

    people: Sequence[str] = field(default_factory=tuple)

    @property
    def parts(self) -> Parts:
        return self.world.parts()

    def seat(self, people: Sequence[str]) -> "Payday":
        """Put these experts on the seats, as the vault knows them."""
        self.people = people
        empty = dict.fromkeys(("phone", "leaf", "roster_leaf", "answer_salt"), "")
        with self.parts.transactions.begin(VAULT) as tx:
            for seat, expert in zip(SEATS, people, strict=True):
                who = Occupant(row=0, expert=expert, answer_code=self.code(seat), **empty)
                keep_occupant(tx, self.parts.keys, (self.draw.id, seat, 0), who)
        return self

    def code(self, seat: str) -> str:
        """The answer code of whoever was drawn for a seat."""
        return f"{seat}{self.draw.id[-12:]}".upper()

    def as_vault(self, verb: Any) -> Any:
        with self.parts.transactions.begin(VAULT) as tx:
            return verb(tx)

    def begin(self) -> "Payday":
        """Have everybody come and choose the first seat to chair."""
        super().begin()
        return self

    def closed(self, hours: float = 0) -> "Payday":
        """Play the day to its end; the review takes three hours, and more."""
        self.begin().wait(hours=hours)
        return self.report().ended()

    def report(self) -> "Payday":
        """Bring the day to its signed report."""
        super().report()
        return self

    def ended(self) -> "Payday":
        """Have a clerk close the day."""
        if self.state() is DayState.REVIEWING:
            self.state_report()
            self.sign()
        self.as_(Role.CENTRE_STAFF, lambda tx: service.close(tx, self.session_id))
        self.as_vault(self._close_draw)
        return self

    def _close_draw(self, tx: Transaction) -> None:
        """Close the draw, as the vault does once the report is signed."""
        tx.session.get_one(Draw, self.draw.id).move(DrawVerb.CLOSE)
        tx.record(DrawClosed(draw=self.draw.id, intent=0))

    def compute(self, **given: Any) -> PaymentOrder:
        parts = self.parts
        order = self.as_vault(lambda tx: computing.compute(tx, parts, self.session_id, **given))
        assert isinstance(order, PaymentOrder)
        return order

    @property
    def order(self) -> PaymentOrder:
        with self.world.session() as session:
            order = order_of(session, self.session_id)
            assert order is not None
            return order

    def stands(self) -> OrderState:
        """Where the order stands now."""
        return self.order.state

    @property
    def payouts(self) -> Sequence[Payout]:
        with self.world.session() as session:
            return payouts_of(session, self.order.id)

    def payout(self, seat: str) -> Payout:
        return next(each for each in self.payouts if each.seat == seat)

    def figures(self, seat: str) -> Figures:
        return figures_of(self.parts.keys, self.payout(seat))

    def withhold(self) -> dict[str, Taxed]:
        """Tax the order, as the vault does when it makes the batch; by seat."""
        order, keys = self.order.id, self.parts.keys

        def do(tx: Transaction) -> Any:
            return taxing.withhold(tx, keys, tx.session.get_one(PaymentOrder, order))

        seats = {each.id: each.seat for each in self.payouts}
        return {seats[payout]: taxed for payout, taxed in self.as_vault(do).items()}

    def payees(self) -> dict[Key, Payed]:
        with self.world.session() as session:
            return sealed.payees(session, self.parts.keys, {self.draw.id})

    def agree(self, *seats: str, gross: int = 0, withheld: int = 0) -> None:
        """Have the experts on these seats agree."""
        keys, ids = self.parts.keys, {each.seat: each.id for each in self.payouts}
        for seat in seats:
            self.as_vault(lambda tx, seat=seat: agreeing.agree(tx, keys, ids[seat], gross=gross, withheld=withheld))

    def object(self, seat: str, reason: str) -> None:
        """Have the expert on a seat object."""
        payout = self.payout(seat).id
        self.as_vault(lambda tx: agreeing.object_to(tx, self.keys, payout, reason=reason))

    def second_finance(self, verb: Callable[[Transaction], T]) -> T:
        """Have another account of the centre's finance do something."""
        centre, security = self.world.site.centre.id, self.world.site.actors[Role.SECURITY_ADMINISTRATOR].id
        with self.transactions.begin(security) as tx:
            actor = register_actor(tx, code="another-finance", role=Role.FINANCE, centre_id=centre)
        with self.transactions.begin(actor.id) as tx:
            return verb(tx)

    def confirm(self, role: Role = Role.INITIATOR, revision: int | None = None) -> PaymentOrder:
        """Have the payer's account confirm the order as it stands."""
        order = self.order
        seen = order.revision if revision is None else revision
        return self.as_(role, lambda tx: payments.confirm(tx, order.id, revision=seen))

    def work(self) -> None:
        """Let the worker do what is due."""
        outbox = Outbox(self.transactions, HANDLERS, timedelta(minutes=1))
        while outbox.run_one():
            pass

    def others(self, count: int) -> list[str]:
        """So many people of the pool who do not sit here."""
        with self.world.session() as session:
            strangers = select(Expert.id).where(Expert.id.not_in(self.people)).order_by(Expert.id)
            return list(session.scalars(strangers.limit(count)))

    def another(self, people: Sequence[str] = (), *, days: int = 1, owner: str = OWNER) -> "Payday":
        """Another project, of the same payer unless told, so many days later; the same people sit unless told."""
        self.world.days += days
        self.wait(days=days - 1)
        code = f"{FACTS.code[:-2]}{self.world.days + 10}"
        lots = tuple(replace(lot, code=lot.code.replace(FACTS.code, code)) for lot in FACTS.lots)
        parties = tuple(replace(each, code=owner) if each.code == OWNER else each for each in FACTS.parties)
        project = self.world.project(replace(FACTS, code=code, lots=lots, parties=parties))
        sitting = self.world.sitting(project, replace(SITTING, lots=(lots[0].code,)))
        return morning(Payday(self.world, self.world.apply(sitting)), people or self.people)


@contextmanager
def opened_payday(database_url: str, folder: Path, *, served: bool = False) -> Iterator[Payday]:
    """The morning of a session whose seats known people have accepted."""
    with prepared(database_url, folder, experts=EXPERTS, served=served) as world:
        with world.session() as session:
            known = session.scalars(select(Expert.id).order_by(Expert.id).limit(len(SEATS))).all()
        yield morning(Payday(world, world.applied()), known)


def morning(day: Payday, people: Sequence[str]) -> Payday:
    """Seat people, and let the morning of the day come."""
    with day.transactions.begin(VAULT) as tx:
        seat_everybody(tx, day.draw.id)
    with day.world.session() as session:
        starts = session.get_one(EvaluationSession, day.session_id).starts
    day.wait(seconds=(starts - day.now).total_seconds() - 1800)
    return day.seat(people)
