"""The supervisor orders single seats opened during the session, with a reason and a signature of their own.

The key holders' agents check the signature themselves: the centre can order nothing in a supervisor's name.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from expertpool.core.transaction import Transaction
from expertpool.draws import errors
from expertpool.draws.events import ReleaseOrdered
from expertpool.draws.models import Draw, Release, Way
from expertpool.draws.queries import Intended
from expertpool.draws.releasing import filed, to_release
from expertpool.protocol.release import ORDERS
from expertpool.protocol.statements import condensed, order_key
from expertpool.sealing.models import RecipientKey, SupervisorKey
from ledger.canonical import canonical
from ledger.entry import format_time


def order(
    tx: Transaction,
    draw: Draw,
    key: RecipientKey,
    *,
    seats: Sequence[str],
    signed: Mapping[str, str],
    settling: timedelta,
) -> Release:
    """Have single seats opened to the supervisor's key, whatever the session has reached.

    Raises `NothingToRelease`, `NotForThisWay`, `SeatNotTaken`, `BeforeTheMoment`, `OrderUnsigned`.
    """
    fixed, taken = to_release(tx.session, draw)
    is_for(key, ORDERS)
    for seat in seats:
        if seat not in taken:
            raise errors.SeatNotTaken(seat, field="seats")
    its_moment_has_come(tx, fixed)
    wanted, recipient = sorted(set(seats)), key.public.hex()
    shown = condensed(signed)
    by = order_key(shown, draw=draw.id, intent=fixed.entry.index, recipient=recipient, seats=wanted)
    if by is None or not _is_own(tx, by, settling):
        raise errors.OrderUnsigned(field="signed")
    release = filed(tx, draw, key, Way.ORDERED, reason=signed["reason"], signed=canonical(shown).decode())
    tx.record(
        ReleaseOrdered(
            draw=draw.id,
            intent=fixed.entry.index,
            audience=key.audience,
            recipient=recipient,
            seats=wanted,
            order=dict(signed),
        )
    )
    return release


def is_for(key: RecipientKey, audience: str) -> None:
    """Raises `NotForThisWay`."""
    if key.audience != audience:
        raise errors.NotForThisWay(key.audience, field="recipient")


def its_moment_has_come(tx: Transaction, fixed: Intended) -> None:
    """No way opens a record before the moment to which it is sealed. Raises `BeforeTheMoment`."""
    if tx.now < fixed.intent.not_before:
        raise errors.BeforeTheMoment(format_time(fixed.intent.not_before))


def _is_own(tx: Transaction, public: bytes, settling: timedelta) -> bool:
    """The account's own key, in force for long enough."""
    key = tx.session.scalars(select(SupervisorKey).where(SupervisorKey.public == public)).one_or_none()
    if key is None or key.actor_id != tx.actor or key.revoked is not None or key.approved is None:
        return False
    return key.approved + settling <= tx.now
