"""What fees came to, by month, project or payer: orders that were confirmed, added up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from expertpool.payouts.desk import OrderShown
from expertpool.payouts.taxing import month_of
from expertpool.payouts.workbooks import Table, workbook
from policies.money import Money


class By(StrEnum):
    """What is added up by."""

    MONTH = "month"
    PROJECT = "project"
    PAYER = "payer"


@dataclass(frozen=True, slots=True)
class Sum:
    """So many orders, for so many seats, come to this."""

    name: str
    orders: int
    people: int
    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        return Money(self.net.fen + self.tax.fen)


def sums(orders: Sequence[OrderShown], by: By) -> list[Sum]:
    """Of the orders that are confirmed; months in time, the rest by what they come to, the most first."""
    groups: dict[str, list[OrderShown]] = {}
    for each in orders:
        if not each.open:
            groups.setdefault(_NAMED[by](each), []).append(each)
    found = [added(name, group) for name, group in sorted(groups.items())]
    return found if by is By.MONTH else sorted(found, key=lambda each: each.total, reverse=True)


def added(name: str, orders: Sequence[OrderShown]) -> Sum:
    """These orders together."""
    return Sum(
        name,
        len(orders),
        sum(line.payout.amount > 0 for each in orders for line in each.lines),
        Money(sum(each.net.fen for each in orders)),
        Money(sum(each.tax.fen for each in orders)),
    )


def as_sheet(found: Sequence[Sum], title: str, heads: tuple[str, ...]) -> bytes:
    """The sums as a workbook."""
    rows = [(each.name, each.orders, each.people, each.net, each.tax, each.total) for each in found]
    return workbook(Table(title, heads, (40, 10, 10, 18, 18, 18), rows))


_NAMED: Final[dict[By, Callable[[OrderShown], str]]] = {
    By.MONTH: lambda each: month_of(each.order.confirmed or each.order.computed),
    By.PROJECT: lambda each: f"{each.project.title} {each.project.code}",
    By.PAYER: lambda each: each.payer,
}
