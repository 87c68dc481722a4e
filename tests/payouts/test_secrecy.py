"""Nothing that payouts write tells whose seat it is before the names may be known: the canary, over a whole dump."""

from collections import Counter

from sqlalchemy import select

from expertpool.core.database import Base
from expertpool.experts.models import Expert
from expertpool.payouts.models import PaymentOrder, Payout, Posting
from tests.payouts.payday import Payday
from tests.payouts.test_taxing import open_names
from tests.sessions.days import FIRST, SECOND, THIRD
from tests.sessions.room import SEATS


def test_a_dump_mentions_whoever_was_paid_as_often_as_anybody_else(payday: Payday) -> None:
    """Of two sessions with one person in both; one objects, one was paid elsewhere, all are taxed."""
    before = mentions(payday)
    payday.closed(2).compute()
    payday.agree(*SEATS)
    payday.confirm()
    payday.withhold()
    day = payday.another([*payday.people[:1], *payday.others(3)]).closed(2)
    day.compute()
    day.object(SECOND, "少算一小时")
    day.agree(SECOND, THIRD, gross=300_000, withheld=44_000)
    day.wait(hours=25)
    day.work()
    day.confirm()
    taxed = day.withhold()
    assert len({each.gross for each in taxed.values()}) == 3  # somebody was paid before, and somebody elsewhere
    assert mentions(day) == before
    assert figures(day).isdisjoint({each.gross for each in taxed.values()} - {75_000})

    open_names(day)
    assert mentions(day) != before


def test_seats_that_worked_alike_have_rows_alike(payday: Payday) -> None:
    """Also where one of them was paid before in the month, and another elsewhere."""
    payday.closed(2).compute()
    payday.withhold()
    day = payday.another([*payday.people[:1], *payday.others(3)]).closed(2)
    day.compute()
    day.agree(FIRST, gross=300_000, withheld=44_000)
    day.agree(*SEATS[1:])
    day.confirm()
    day.withhold()
    own = {"id", "seat", "sealed", "agreed", "changed"}
    rows = [{name: getattr(each, name) for name in columns(Payout) - own} for each in day.payouts]
    assert rows == rows[:1] * len(SEATS)
    assert len({len(each.sealed) for each in day.payouts}) == 1
    order = day.order.id
    with day.world.session() as session:
        posted = session.scalars(select(Posting).where(Posting.order_id == order)).all()
    assert Counter((each.movement, each.debit, each.credit, each.amount) for each in posted).most_common(1)[0][1] == 4


def columns(model: type[Base]) -> set[str]:
    return {column.key for column in model.__table__.columns}


def figures(day: Payday) -> set[int]:
    """Every number in the rows of payouts."""
    found: set[int] = set()
    with day.world.session() as session:
        for model in (PaymentOrder, Payout, Posting):
            for row in session.execute(select(model.__table__)):
                found |= {value for value in row if isinstance(value, int)}
    return found


def dump(day: Payday) -> str:
    """Every row of every table, as text; what is sealed as its bytes."""
    rows = []
    with day.world.session() as session:
        for table in Base.metadata.sorted_tables:
            rows += [f"{table.name} {tuple(row)}" for row in session.execute(select(table))]
    return "\n".join(rows)


def mentions(day: Payday) -> dict[str, int]:
    """How often each expert of the pool is mentioned in a dump."""
    with day.world.session() as session:
        everybody = session.scalars(select(Expert.id)).all()
    text = dump(day)
    return {expert: text.count(expert) for expert in everybody}
