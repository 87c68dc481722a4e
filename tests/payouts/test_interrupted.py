"""kill -9 while fees are computed, agreed to and taxed: nothing is half there, and whoever goes on does it once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from expertpool.core import faults
from expertpool.core.reconcile import reconcile
from expertpool.payouts.computing import Computing
from expertpool.payouts.lifecycle import OrderState
from tests.payouts.payday import Payday
from tests.sessions.days import FIRST
from tests.sessions.room import SEATS

WHILE_WRITING = ("tx.before-entry", "tx.after-entry", "tx.before-commit")


class Killed(BaseException):
    """The process ends here: nothing below catches it."""


@contextmanager
def killed_at(point: str) -> Iterator[None]:
    def kill(reached: str) -> None:
        if reached == point:
            raise Killed

    faults.arm(kill)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        faults.disarm()


def died(point: str, act: Callable[[], object]) -> None:
    with killed_at(point):
        act()


def test_each_act_is_done_once_wherever_it_was_killed(payday: Payday) -> None:
    payday.closed(4)
    for point in ("payout.computed", *WHILE_WRITING):
        died(point, lambda: Computing(payday.parts).step())
        assert payday.world.bodies("payout.computed") == []
    assert Computing(payday.parts).step()

    for point in ("payout.agreed", *WHILE_WRITING):
        died(point, lambda: payday.agree(FIRST))
        assert payday.world.bodies("payout.agreed") == []
    payday.agree(*SEATS)

    for point in WHILE_WRITING:
        died(point, payday.confirm)
        assert payday.stands() is OrderState.AGREED
    payday.confirm()

    for point in ("payout.taxed", *WHILE_WRITING):
        died(point, payday.withhold)
        assert {each.month for each in payday.payouts} == {None}
    assert len(payday.withhold()) == len(SEATS)

    for kind, times in (("computed", 1), ("agreed", 4), ("approved", 1), ("confirmed", 1), ("withheld", 1)):
        assert len(payday.world.bodies(f"payout.{kind}")) == times
    tables = ("payment_", "payouts")
    assert [each for each in reconcile(payday.world.site.service.engine) if each.table.startswith(tables)] == []
