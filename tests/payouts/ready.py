"""Payment orders that are confirmed and wait for the vault, without the draws and days that they come from.

One draw stands for all of them: its candidate table is the whole pool, and every seat has a payee out of it. So there
can be thousands, and what leaves is the real code.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.ids import new_id
from expertpool.core.transaction import Transaction
from expertpool.draws.candidates import Counted, Made
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.parts import VAULT
from expertpool.draws.stored_table import keep_table, sealed_parts
from expertpool.experts.models import Expert, PersonKey
from expertpool.experts.protection import PersonCipher, Protector
from expertpool.identity.roles import Role
from expertpool.invitations.parts import Desk
from expertpool.payouts import batching
from expertpool.payouts.accounts import Movement
from expertpool.payouts.advancing import BATCH, totals
from expertpool.payouts.events import OrderConfirmed, PaymentsLeft
from expertpool.payouts.lifecycle import OrderKind, OrderState, PayoutState, PayoutVerb
from expertpool.payouts.models import Difference, Instruction, PaymentOrder, Payout
from expertpool.payouts.paying import Paying
from expertpool.payouts.posting import balances, post
from expertpool.payouts.provider import BatchForm, Payment, ProviderFailed
from expertpool.payouts.queries import payable_of
from expertpool.payouts.sealed import Figures, Payed, keep_payee, payees, seal_figures
from expertpool.projects.facts import LotFacts
from expertpool.projects.models import EvaluationSession
from expertpool.protocol.table import Table
from expertpool.sessions.models import Key
from tests.draws.prepared import prepared
from tests.draws.world import DrawWorld
from tests.projects.world import FACTS, SITTING

EXPERTS = 60
AMOUNT = 100_000
"""分: what each is due, after tax."""


class Silence:
    """A provider that never answers."""

    def pay(self, payment: Payment) -> None:
        raise ProviderFailed


@dataclass
class Ready:
    """Orders that are confirmed; ``people`` are the experts of the pool, and are paid one after the other."""

    world: DrawWorld
    draw: Draw
    people: list[str]
    turns: Iterator[int] = field(default_factory=count)
    number: int = 1

    @property
    def desk(self) -> Desk:
        return self.world.desk()

    @property
    def transactions(self) -> Any:
        """Of the vault."""
        return self.world.parts().transactions

    def confirm(self, orders: int = 1, seats: int = 5, *, after_tax: bool = True) -> list[str]:
        """Have so many more orders confirmed, each with so many payouts, all in one act."""
        with self.transactions.begin(VAULT) as tx:
            return [self._confirmed(tx, seats, after_tax=after_tax) for _ in range(orders)]

    def draw_again(self) -> None:
        """Have the orders that are confirmed from now on come of another draw."""
        self.number += 1
        self.draw = drawn(self.world, self.people, self.number)

    def _confirmed(self, tx: Transaction, seats: int, *, after_tax: bool) -> str:
        sitting = tx.session.get_one(EvaluationSession, self.draw.session_id)
        order = PaymentOrder(
            kind=OrderKind.SESSION,
            subject=new_id("evs"),
            session_id=sitting.id,
            project_id=sitting.project_id,
            centre_id=self.draw.centre_id,
            state=OrderState.CONFIRMED,
            revision=1,
            day_revision=1,
            payer=secrets.token_hex(9).upper(),  # each pays on its own: no month has two of them
            by_centre=False,
            approvers=1,
            rulebook="0" * 64,
            article="湘",
            label="local",
            after_tax=after_tax,
            amount=seats * AMOUNT,
            expenses=0,
            tax=0,
            corrected=0,
            token=secrets.token_urlsafe(32),
            computed=tx.now,
            agree_until=tx.now,
            confirmed=tx.now,
        )
        tx.session.add(order)
        tx.session.flush()
        for _ in range(seats):
            self._payout(tx, order)
        tx.record(
            OrderConfirmed(
                order=order.id,
                session=order.session_id,
                centre=order.centre_id,
                revision=1,
                totals=totals(order),
            )
        )
        tx.enqueue(BATCH, {"order": order.id})
        return order.id

    def _payout(self, tx: Transaction, order: PaymentOrder) -> None:
        key, name = Key(self.draw.id, secrets.token_hex(4).upper(), 0), new_id("pay")
        expert = self.people[next(self.turns) % len(self.people)]
        keep_payee(tx, self.world.parts().keys, key, Payed(expert, "ABCD2345"))
        payout = Payout(
            id=name,
            order_id=order.id,
            centre_id=order.centre_id,
            draw_id=key.draw,
            seat=key.seat,
            vacancy=key.vacancy,
            state=PayoutState.CONFIRMED,
            minutes=420,
            lines="[]",
            amount=AMOUNT,
            expenses=0,
            alone=0,
            agree_until=tx.now,
            agreed=tx.now,
            attempt=0,
            changed=tx.now,
            sealed=seal_figures(self.world.parts().keys, name, Figures()),
        )
        tx.session.add(payout)
        tx.session.flush()
        post(tx, payout, Movement.CONFIRMED)

    def batch(self, order: str, form: BatchForm = BatchForm.FILE) -> str:
        """Make a batch, as the vault's job does; its id."""
        with self.transactions.begin(VAULT) as tx:
            made = batching.make(tx, self.desk, form, order)
            assert made is not None
            return made.id

    def left(self, order: str) -> None:
        """Have the payments of an order's batch leave, as far as our side goes."""
        while Paying(self.desk, Silence()).step():
            pass
        with self.transactions.begin(VAULT) as tx:
            for payout in payable_of(tx.session, order):
                payout.move(PayoutVerb.RELEASE, tx.now)
            tx.record(PaymentsLeft(order=order, session="x", centre="x", batch="x", payments=0))

    def payouts(self, order: str) -> list[Payout]:
        with self.world.session() as session:
            return list(session.scalars(select(Payout).where(Payout.order_id == order).order_by(Payout.seat)))

    def states(self, order: str) -> set[PayoutState]:
        return {each.state for each in self.payouts(order)}

    def order(self, order: str) -> PaymentOrder:
        with self.world.session() as session:
            return session.get_one(PaymentOrder, order)

    def instructions(self, order: str) -> list[Instruction]:
        with self.world.session() as session:
            found = select(Instruction).join(Payout).where(Payout.order_id == order)
            return list(session.scalars(found.order_by(Instruction.attempt, Instruction.id)))

    def differences(self, order: str | None = None) -> list[Difference]:
        """What does not fit about an order's payments, or about none of ours."""
        of_order = Difference.payout_id.in_(select(Payout.id).where(Payout.order_id == order))
        found = select(Difference).where(Difference.payout_id.is_(None) if order is None else of_order)
        with self.world.session() as session:
            return list(session.scalars(found.order_by(Difference.found, Difference.id)))

    def balances(self, order: str) -> dict[str, int]:
        with self.world.session() as session:
            return {account.value: amount for account, amount in balances(session, order).items() if amount}

    def finance(self) -> str:
        """The account of the payer's finance."""
        self.world.site.token(Role.FINANCE)
        return self.world.site.actors[Role.FINANCE].id

    def account_of(self, payout: Payout) -> str:
        """Where the pool has it that somebody is paid."""
        with self.world.session() as session:
            expert, cipher = self._person(session, payout)
            return cipher.open("account", expert.account_sealed) or ""

    def phone_of(self, payout: Payout) -> str:
        """How the pool reaches whoever is paid."""
        with self.world.session() as session:
            expert, cipher = self._person(session, payout)
            return cipher.open("phone", expert.phone_sealed) or ""

    def amend_account(self, payout: Payout, account: str) -> None:
        """Have somebody's account put right behind the pool's back: how it is amended is no matter here."""
        with self.world.session() as session, session.begin():
            expert, cipher = self._person(session, payout)
            expert.account_sealed = cipher.seal("account", account)

    def _person(self, session: Session, payout: Payout) -> tuple[Expert, PersonCipher]:
        whose = payees(session, self.world.parts().keys, {payout.draw_id})[payout.key].expert
        wrapped = session.get_one(PersonKey, whose).wrapped()
        return session.get_one(Expert, whose), Protector(self.world.site.service.keys).open_person(whose, wrapped)


@contextmanager
def ready(database_url: str, folder: Path, *, served: bool = False) -> Iterator[Ready]:
    """A centre whose vault can pay, and no order yet."""
    with prepared(database_url, folder, EXPERTS, served=served) as world:
        with world.session() as session:
            people = list(session.scalars(select(Expert.id).order_by(Expert.id)))
        yield Ready(world, drawn(world, people), people)


def drawn(world: DrawWorld, people: Sequence[str], number: int = 1) -> Draw:
    """A draw with a table of nothing but people, which the vault leaves alone; each is of a project of its own."""
    code = f"E43010000010{number:05d}"
    project = world.project(replace(FACTS, code=code, lots=(LotFacts(f"{code}001", "一标段", 1),)))
    draw = world.apply(world.sitting(project, replace(SITTING, lots=(f"{code}001",))))
    made = Made(Table(b""), list(people), [], [], {}, len(people), Counted())
    parts = sealed_parts(world.parts().keys, draw.id, made)
    with world.site.service.transactions.begin(VAULT) as tx:
        keep_table(tx, draw.id, parts)
        draw = tx.session.get_one(Draw, draw.id)
        draw.state = DrawState.SUSPENDED
        tx.record(PaymentsLeft(order="x", session="x", centre="x", batch="x", payments=0))
    return draw
