"""What each seat of a committee is due, from the day's record and the rulebook alone: no person is asked for.

So whoever has the record computes the same, and no figure here tells who sat there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.draws.models import Draw, TurnedAway
from expertpool.draws.queries import request_of
from expertpool.payouts.terms import Terms
from expertpool.sessions.following import rules_of
from expertpool.sessions.models import Key
from expertpool.sessions.queries import clock_of, standing_of
from expertpool.sessions.rules import DayRules
from expertpool.sessions.standing import Sitter
from expertpool.sessions.steps import Cause
from ledger.canonical import canonical
from policies import fees, withholding
from policies.fee_clock import Clock, worked
from policies.fees import Extras, Fee, Forfeit, Tariff

FORFEITED: Final = {Cause.DESERTION: Forfeit.UNFINISHED, Cause.ABSENT: Forfeit.ABSENT}
"""For which loss of a member nothing is paid (政府采购法实施条例 第七十五条)."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a seat is due, and the minutes that were worked on it."""

    key: Key
    minutes: int
    fee: Fee
    forfeited: Forfeit | None = None

    @property
    def alone(self) -> int:
        """The tax on it as if the month had no other payment, in 分."""
        pay = self.fee.pay
        return withholding.gross_up(pay) - pay if self.fee.after_tax else withholding.tax(pay)

    @property
    def lines(self) -> str:
        """How the amount came about, as canonical JSON."""
        return canonical([[line.what.value, line.amount] for line in self.fee.lines]).decode()


def session_terms(session: Session, session_id: str) -> Terms:
    """The terms on which a session's members are paid."""
    return Terms(rules_of(session, session_id))


def session_charges(session: Session, session_id: str, now: datetime) -> tuple[Charge, ...]:
    """What each member of a session is due, by seat; nothing where the rulebook has no standard of fees."""
    tariff = session_terms(session, session_id).tariff
    if tariff is None:
        return ()
    clock, seen = clock_of(session, session_id, now), standing_of(session, session_id)
    return tuple(
        _charge(tariff, clock, sitter, chair=seen.chair == key) for key, sitter in sorted(seen.sitters.items())
    )


def cancelled_terms(session: Session, draw_id: str) -> Terms:
    """The terms on which those are paid who had accepted for a cancelled draw."""
    return Terms(DayRules.of(request_of(session.get_one(Draw, draw_id))))


def cancelled_charges(session: Session, draw_id: str) -> tuple[Charge, ...]:
    """The allowances (误工补助) of a cancelled draw, by seat; only of those to whom one is due."""
    tariff = cancelled_terms(session, draw_id).tariff
    if tariff is None:
        return ()
    rows = session.scalars(select(TurnedAway).where(TurnedAway.draw_id == draw_id).order_by(TurnedAway.seat))
    owed = [Charge(Key(draw_id, row.seat, row.vacancy), 0, fees.turned_away(tariff, came=row.came)) for row in rows]
    return tuple(each for each in owed if each.fee.total)


def _charge(tariff: Tariff, clock: Clock, sitter: Sitter, *, chair: bool) -> Charge:
    """A member's. Who stands back on arriving is paid like somebody who was not needed; health is nobody's fault."""
    presence = clock.seats[sitter.key]
    minutes = worked(clock, tariff.breaks, presence)
    if sitter.cause is Cause.RECUSAL:
        return Charge(sitter.key, minutes, fees.turned_away(tariff, came=True))
    forfeited = None if sitter.cause is None else FORFEITED.get(sitter.cause)
    charged = fees.fee(tariff, clock, presence, Extras(chair=chair, forfeited=forfeited))
    return Charge(sitter.key, minutes, charged, forfeited)
