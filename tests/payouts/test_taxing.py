"""Tax is withheld by payer, person and month, to the cent; and nobody outside the vault learns it before names open."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.transaction import Transaction
from expertpool.draws.events import DrawAssigned
from expertpool.draws.models import Assignment
from expertpool.identity.roles import Role
from expertpool.payouts import taxing
from expertpool.payouts.accounts import Account
from expertpool.payouts.lifecycle import OrderKind, OrderState, PayoutState
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.payouts.posting import balances
from expertpool.payouts.revealing import Revealing
from expertpool.payouts.sealed import NOWHERE, Elsewhere, Figures
from expertpool.payouts.taxing import Before, charged, month_of
from ledger.disclosure import parse_disclosure
from policies.withholding import gross_up, tax
from tests.payouts.payday import Payday
from tests.projects.world import UNIT
from tests.sessions.days import FIRST, SECOND
from tests.sessions.room import SEATS
from tests.sessions.test_two_clerks import at_once

NOVEMBER = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)  # the last second of November in China
MONEY = st.integers(0, 10_000_000)


def bill(amount: int, *, after_tax: bool, expenses: int = 0) -> tuple[PaymentOrder, Payout]:
    """An order of one payout, of which nothing is in a database."""
    order = PaymentOrder(kind=OrderKind.SESSION, state=OrderState.CONFIRMED, after_tax=after_tax)
    return order, Payout(state=PayoutState.CONFIRMED, amount=amount + expenses, expenses=expenses)


@given(st.lists(st.tuples(MONEY, st.booleans(), st.integers(0, 100_000)), min_size=1, max_size=6), MONEY)
def test_over_any_month_the_tax_withheld_is_that_on_its_sum(
    payments: list[tuple[int, bool, int]], elsewhere: int
) -> None:
    """Whatever standards are mixed; and what is after tax arrives to the cent."""
    stated = Elsewhere(elsewhere, tax(elsewhere), NOVEMBER.isoformat())
    so_far, arrived = Before(elsewhere=stated), []
    for amount, after_tax, expenses in payments:
        order, payout = bill(amount, after_tax=after_tax, expenses=expenses)
        taxed = charged(order, payout, "exp", so_far)
        assert taxed.net == taxed.gross - taxed.tax + expenses
        if after_tax:
            assert taxed.net == amount + expenses
        else:
            assert taxed.gross == amount
        so_far = so_far.and_(Figures(gross=taxed.gross, tax=taxed.tax), month_of(NOVEMBER))
        arrived.append(taxed)
    assert sum(each.tax for each in arrived) + tax(elsewhere) == tax(elsewhere + sum(each.gross for each in arrived))


@given(MONEY, MONEY, MONEY)
def test_never_more_is_withheld_than_is_paid(amount: int, paid: int, short: int) -> None:
    """Also where elsewhere too little was withheld: the rest is the tax office's to ask for."""
    stated = Elsewhere(paid, max(0, tax(paid) - short), NOVEMBER.isoformat())
    order, payout = bill(amount, after_tax=False)
    taxed = charged(order, payout, "exp", Before(elsewhere=stated))
    assert 0 <= taxed.tax <= taxed.gross
    assert taxed.net >= 0


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (NOVEMBER, "2026-11"),
        (NOVEMBER + timedelta(seconds=1), "2026-12"),
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), "2026-12"),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "2027-01"),
    ],
)
def test_a_month_begins_at_midnight_in_china(moment: datetime, month: str) -> None:
    assert month_of(moment) == month


def test_what_was_stated_in_another_month_does_not_count() -> None:
    stated = Figures(elsewhere=Elsewhere(100_000, 0, NOVEMBER.isoformat()))
    assert Before().and_(stated, "2026-11").elsewhere.gross == 100_000
    assert Before().and_(stated, "2026-12").elsewhere == NOWHERE


def test_of_two_statements_the_later_one_holds() -> None:
    first = Figures(elsewhere=Elsewhere(100_000, 0, (NOVEMBER - timedelta(days=2)).isoformat()))
    later = Figures(elsewhere=Elsewhere(300_000, 0, NOVEMBER.isoformat()))
    for one, other in ((first, later), (later, first)):
        assert Before().and_(one, "2026-11").and_(other, "2026-11").elsewhere.gross == 300_000


def test_a_second_session_of_the_month_withholds_the_difference(payday: Payday) -> None:
    """750 yuan after tax, twice: the second costs the payer more, and the same arrives."""
    payday.closed(2).compute()
    first = payday.withhold()
    assert {(each.gross, each.tax, each.net) for each in first.values()} == {(75_000, 0, 75_000)}
    strangers = [*payday.people[:1], *payday.others(3)]
    day = payday.another(strangers).closed(2)
    day.compute()
    day.agree(SECOND, gross=100_000, withheld=4_000)
    second = day.withhold()
    gross = gross_up(75_000, 75_000, 0)
    assert (second[FIRST].gross, second[FIRST].tax, second[FIRST].net) == (gross, gross - 75_000, 75_000)
    assert first[FIRST].tax + second[FIRST].tax == tax(first[FIRST].gross + second[FIRST].gross)
    assert second[SECOND].gross == gross_up(75_000, 100_000, 4_000)
    assert {second[seat].tax for seat in SEATS[2:]} == {0}
    assert day.withhold() == {}  # once


def test_two_orders_of_one_payer_at_once_are_taxed_one_after_the_other(either_payday: Payday) -> None:
    """Else both would take the month’s free 800 yuan."""
    one = either_payday.closed(2)
    other = one.another().closed(2)
    orders, keys = [each.compute().id for each in (one, other)], one.parts.keys
    turns = iter(orders)

    def tax_next(tx: Transaction) -> None:
        taxing.withhold(tx, keys, tx.session.get_one(PaymentOrder, next(turns)))

    assert at_once(one, Role.FINANCE, tax_next) == ["done", "done"]
    for seat in SEATS:
        both = [one.figures(seat), other.figures(seat)]
        assert sum(each.tax or 0 for each in both) == tax(sum(each.gross or 0 for each in both)) > 0


def test_another_month_or_another_payer_begins_anew(payday: Payday) -> None:
    payday.closed(2).compute()
    payday.withhold()
    next_month = payday.another(days=31).closed(2)
    next_month.compute()
    assert {each.tax for each in next_month.withhold().values()} == {0}
    other_payer = payday.another(owner=UNIT).closed(2)
    other_payer.compute()
    assert {each.tax for each in other_payer.withhold().values()} == {0}


def test_the_exact_tax_is_sealed_until_the_names_open(payday: Payday) -> None:
    payday.closed(2).compute()
    payday.withhold()
    day = payday.another([*payday.people[:1], *payday.others(3)]).closed(2)
    day.compute()
    day.agree(*SEATS)
    day.confirm()
    taxed = day.withhold()
    assert taxed[FIRST].tax != taxed[SECOND].tax
    sealed = [(each.amount, each.alone, each.gross, each.tax, each.month, len(each.sealed)) for each in day.payouts]
    assert len(set(sealed)) == 1
    looks = Revealing(day.parts)
    assert not looks.step()

    open_names(day)
    day.wait(seconds=2)
    assert looks.step()
    day.wait(seconds=2)
    assert not looks.step()
    assert {each.seat: (each.gross, each.tax) for each in day.payouts} == {
        seat: (each.gross, each.tax) for seat, each in taxed.items()
    }
    order = day.order
    with day.world.session() as session:
        books = balances(session, order.id)
    withheld = sum(each.tax for each in taxed.values())
    assert sum(books.values()) == 0
    assert books[Account.TAX] == -withheld
    assert books[Account.FEES] == order.amount + withheld


def test_names_that_are_open_already_have_their_tax_at_once(payday: Payday) -> None:
    payday.closed(4).compute()
    open_names(payday)
    taxed = payday.withhold()
    assert {each.seat: each.tax for each in payday.payouts} == {seat: each.tax for seat, each in taxed.items()}
    assert payday.payout(FIRST).gross == gross_up(payday.payout(FIRST).amount)


def test_the_ledger_commits_to_what_was_withheld_and_the_expert_can_show_it(payday: Payday) -> None:
    payday.closed(4).compute()
    taxed = payday.withhold()
    (body,) = payday.world.bodies("payout.withheld")
    assert body["month"] == "2026-12"
    for payout in payday.payouts:
        opened = [parse_disclosure(each) for each in payday.figures(payout.seat).opened]
        assert [each.name for each in opened] == ["due", "withheld"]
        assert opened[1].digest == body["digests"][payout.id]
        assert opened[1].value["tax"] == taxed[payout.seat].tax
    assert not any(person in str(body) for person in payday.people)


def open_names(day: Payday) -> None:
    """Write down whose the seats are, as the vault does when the rulebook opens names."""

    def do(tx: Transaction) -> None:
        for seat, expert in zip(SEATS, day.people, strict=True):
            tx.session.add(Assignment(draw_id=day.draw.id, seat=seat, vacancy=0, expert_id=expert, at=tx.now))
        tx.record(DrawAssigned(draw=day.draw.id, intent=0, members=[]))

    day.as_vault(do)
