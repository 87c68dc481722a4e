"""How key holders are: when an agent last asked, whether its clock agrees with ours, and how its keys stand.

What is kept of a contact is rounded (``sealing.contacts``); so are the judgements here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.identity.queries import centres_below
from expertpool.sealing.contacts import STEP
from expertpool.sealing.models import AgentContact, KeyHolder

CLOCK_SECONDS: Final = 60
"""By how much an agent's clock may be off; at 300 s its requests are refused."""


class Trouble(StrEnum):
    """What may be the matter with a key holder."""

    SILENT = "silent"
    CLOCK_OFF = "clock-off"
    PENDING = "pending"
    SETTLING = "settling"


@dataclass(frozen=True, slots=True)
class HolderHealth:
    """An institution's set of keys that is not retired; ``contact`` is None while its agent has never asked."""

    holder: KeyHolder
    contact: AgentContact | None
    settles: datetime | None
    troubles: Sequence[Trouble]


def is_silent(contact: AgentContact | None, now: datetime, silent_after: timedelta) -> bool:
    """Whether an agent has not asked for so long; what is kept is rounded down by up to a step."""
    return contact is None or now - contact.seen > silent_after + STEP


def is_clock_off(contact: AgentContact) -> bool:
    """Whether an agent's clock differs from ours by more than it may."""
    return abs(contact.ahead) > CLOCK_SECONDS


def health_below(
    session: Session, centre_id: str, now: datetime, *, silent_after: timedelta, settling: timedelta
) -> list[HolderHealth]:
    """The holders of a centre and those below it whose keys are not retired, in the order of their registration."""
    found = (
        select(KeyHolder, AgentContact)
        .outerjoin(AgentContact, AgentContact.holder_id == KeyHolder.id)
        .where(KeyHolder.centre_id.in_(centres_below(session, centre_id)), KeyHolder.retired.is_(None))
        .order_by(KeyHolder.registered, KeyHolder.id)
    )
    shown = []
    for holder, contact in session.execute(found):
        settles = None if holder.approved is None else holder.approved + settling
        troubles = list(_troubles(contact, settles, now, silent_after))
        shown.append(HolderHealth(holder, contact, settles, troubles))
    return shown


def _troubles(
    contact: AgentContact | None, settles: datetime | None, now: datetime, silent_after: timedelta
) -> Iterator[Trouble]:
    if settles is None:
        yield Trouble.PENDING
    elif now < settles:
        yield Trouble.SETTLING
    if is_silent(contact, now, silent_after):
        yield Trouble.SILENT
    elif contact is not None and is_clock_off(contact):
        yield Trouble.CLOCK_OFF
