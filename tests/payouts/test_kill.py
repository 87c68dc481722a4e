"""Dying at every step of a payment: nobody is paid twice, nobody is forgotten, what is unknown waits for a person.

The provider keeps the sandbox's books; it loses answers, refuses, fails, has money come back and repeats its reports,
which come in any order. Whoever dies starts anew, as a supervisor would have it. At the end rows, books and ledger are
compared with what the provider paid.
"""

import random
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from expertpool.core import faults
from expertpool.core.faults import CRASH_POINTS
from expertpool.core.jobs import Outbox, stuck
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.reconcile import reconcile
from expertpool.draws.parts import VAULT
from expertpool.invitations.signing import Claim
from expertpool.payouts import batching, reports, resolving, settling
from expertpool.payouts.advancing import BATCH
from expertpool.payouts.http_provider import REPORTING
from expertpool.payouts.lifecycle import PayoutState
from expertpool.payouts.models import Instruction, Payout, Posting
from expertpool.payouts.paying import Paying
from expertpool.payouts.provider import BatchForm, Outcome, Payment, ProviderFailed, ProviderRefused, Reason, Report
from expertpool.payouts.sandbox import Behaviour, Books
from ledger.canonical import canonical, parse
from tests.payouts.ready import AMOUNT, Ready, ready
from tests.payouts.sandbox import REPORTS_SECRET

LEASE = timedelta(minutes=1)
AT_ONCE = 3
"""Jobs leased together: each counts an attempt when their vault dies, and after twelve a job is left to a person."""
POINTS = frozenset(point for point in CRASH_POINTS if point.partition(".")[0] == "payout") - {
    "payout.computed",
    "payout.agreed",
    "payout.handed-over",
}
"""From the confirmation to the last report; what comes before, and files, have tests of their own."""
AROUND = frozenset({"tx.before-entry", "tx.before-commit", "tx.after-commit", "outbox.leased", "outbox.before-done"})
BEHAVIOUR = Behaviour(refuse_every=11, fail_every=7, return_every=13, lose_every=5, twice_every=3)


class Died(BaseException):
    """As SIGKILL: nothing catches it, and what was not committed is gone."""


@dataclass
class Deaths:
    """Dies whenever so many have passed a point; ``died`` says how often at which."""

    every: int
    passed: Counter[str] = field(default_factory=Counter)
    died: Counter[str] = field(default_factory=Counter)

    def __call__(self, point: str) -> None:
        self.passed[point] += 1
        if point in POINTS | AROUND and self.passed[point] % self.every == 0:
            self.died[point] += 1
            raise Died(point)


@dataclass
class Clumsy:
    """The sandbox without its network. What it was asked, by payment: a provider that forgets would pay each."""

    books: Books
    asked: Counter[str] = field(default_factory=Counter)

    def pay(self, payment: Payment) -> None:
        self.asked[payment.id] += 1
        body = canonical(
            {
                "account": payment.account,
                "amount": payment.amount,
                "id": payment.id,
                "name": payment.name,
                "remark": payment.remark,
            }
        )
        answer = self.books.take(payment.id, body)
        if answer.lost:
            raise ProviderFailed
        if answer.status != 202:
            raise ProviderRefused


@dataclass
class Payday:
    """A vault, a web process and a provider that work off what was confirmed, and die now and then."""

    world: Ready
    provider: Clumsy
    deaths: Deaths
    shuffler: random.Random

    def until_quiet(self) -> None:
        """Have each do its work, starting anew after each death, until there is nothing left to do."""
        faults.arm(self.deaths)
        try:
            while self._work():
                pass
        finally:
            faults.disarm()

    def _work(self) -> bool:
        try:
            vault = Outbox(
                self.world.transactions,
                {
                    BATCH: batching.batcher(self.world.desk, BatchForm.PROVIDER),
                    reports.REPORTED: settling.reported(self.world.desk),
                },
                LEASE,
                VAULT,
            )
            paying = Paying(self.world.desk, self.provider)
            return any([vault.run(AT_ONCE), paying.step(), self._report()])
        except Died:
            self.world.world.clock.advance(LEASE)
            return True

    def _report(self) -> bool:
        """The provider reports in any order; a report that is not taken comes again."""
        due = self.provider.books.due(50)
        self.shuffler.shuffle(due)
        for event, body in due:
            said = parse(body)
            report = Report(
                event=event,
                payment=said["payment"],
                outcome=Outcome(said["outcome"]),
                amount=said["amount"],
                at=datetime.fromtimestamp(said["at"], UTC),
                reference=said["reference"],
                reason=said["reason"] and Reason(said["reason"]),
            )
            with self.world.world.site.service.transactions.begin("provider:payments") as tx:
                reports.take(tx, report, Claim(said["at"], secrets.token_hex(16), ""))
            self.provider.books.reported(event)
        return bool(due)

    def states(self) -> dict[str, PayoutState]:
        with self.world.world.session() as session:
            return {payout.id: payout.state for payout in session.scalars(select(Payout))}

    def unknown(self) -> list[str]:
        return [name for name, state in self.states().items() if state is PayoutState.UNKNOWN]

    def decide(self) -> None:
        """Finance asks the provider about each that is unknown, and has it sent again."""
        for name in self.unknown():
            with self.world.world.site.service.transactions.begin(self.world.finance()) as tx:
                resolving.send_again(tx, name, note="支付机构查无此笔")


def payday(world: Ready, folder: Path, orders: int, every: int, seats: int = 5) -> Payday:
    """Have so many orders confirmed, a hundred of each draw."""
    for number in range(1, 1 + orders // 10):
        world.confirm(10, seats)
        if number % 10 == 0:
            world.draw_again()
    clock = world.world.clock
    books = Books(folder / "sandbox.db", BEHAVIOUR, lambda: clock.now().timestamp())
    return Payday(world, Clumsy(books), Deaths(every), random.Random(0))


def check(day: Payday) -> None:
    """Nobody is paid twice, nobody is forgotten, and ledger and books agree with the provider's."""
    with day.world.world.session() as session:
        assert stuck(session) == []
    paid, states = day.provider.books.paid(), day.states()
    arrived = {name for name, state in states.items() if state is PayoutState.PAID}
    assert arrived == set(paid), "what the provider paid, and nothing else"
    assert set(states.values()) <= {PayoutState.PAID, PayoutState.FAILED, PayoutState.UNKNOWN}, "somebody is forgotten"
    with day.world.world.session() as session:
        assert session.scalar(select(func.count()).where(OutboxJob.done_at.is_(None), OutboxJob.kind == BATCH)) == 0
        assert session.scalar(select(func.count()).select_from(Instruction)) == len(states)
        moved: Counter[str] = Counter()
        for posting in session.scalars(select(Posting)):
            moved[posting.debit.value] += posting.amount
            moved[posting.credit.value] -= posting.amount
    unknown = sum(state is PayoutState.UNKNOWN for state in states.values())
    failed = len(states) - len(paid) - unknown
    assert sum(moved.values()) == 0
    assert {name: amount // AMOUNT for name, amount in moved.items() if amount} == {
        name: number
        for name, number in (
            ("fees", len(states)),
            ("bank", -len(paid)),
            ("payable", -failed),
            ("transit", -unknown),
        )
        if number
    }
    assert reconcile(day.world.world.site.service.engine) == []


def worked_off(day: Payday) -> None:
    """Everything is paid that can be; in between a person decides."""
    day.until_quiet()
    check(day)
    books, unknown = day.provider.books, set(day.unknown())
    assert set(day.provider.asked.values()) == {1}, "something was sent again by itself"
    assert unknown, "no death left anything unknown"
    assert unknown.isdisjoint(books.paid()), "of what was paid the provider's report has told"
    while day.unknown():
        day.decide()
        day.until_quiet()
    check(day)
    books.close()


@pytest.fixture
def secret_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REPORTING, REPORTS_SECRET.decode())


@pytest.mark.usefixtures("secret_is_known")
def test_500_payouts_survive_a_death_at_every_step(sqlite_url: str, tmp_path: Path) -> None:
    with ready(sqlite_url, tmp_path) as world:
        day = payday(world, tmp_path, orders=50, every=23, seats=10)
        worked_off(day)
    assert day.deaths.died.keys() >= POINTS, "a step was not died at"


@pytest.mark.faults
@pytest.mark.usefixtures("secret_is_known")
def test_10000_payouts_survive_a_death_at_every_step(database_url: str, tmp_path: Path) -> None:
    with ready(database_url, tmp_path) as world:
        day = payday(world, tmp_path, orders=2000, every=101)
        worked_off(day)
    assert day.deaths.died.keys() >= POINTS
