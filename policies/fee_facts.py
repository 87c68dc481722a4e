"""What the rules are told of fees: how long somebody sat, what is to be paid, when, after whose consent.

As in ``policies.facts``, `None` means *unknown* and counts against. Money is in 分, time in minutes.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from policies.facts import YearCalendar


class SessionPay(NamedTuple):
    """Somebody sat so many minutes on each day, and is to get so much for it."""

    sittings: tuple[int, ...] | None = None
    amount: int | None = None


class ChairPay(NamedTuple):
    """Whether somebody chaired the committee, and is to get so much for it."""

    chaired: bool | None = None
    amount: int | None = None


class TurnedAwayPay(NamedTuple):
    """Somebody had accepted, was not needed, and is to get so much for it; ``came``: had arrived by then."""

    came: bool | None = None
    amount: int | None = None


class Journey(NamedTuple):
    """Somebody came from another city. ``tickets`` and ``hotel`` (each night's) are by receipts.

    ``tickets`` is 0 for one who has none to show; ``neighbouring``: from the next city.
    """

    neighbouring: bool | None = None
    tickets: int | None = None
    hotel: tuple["Night", ...] | None = None
    days: int | None = None


class Night(NamedTuple):
    """A night in a hotel, and what it cost."""

    on: date
    cost: int


class TravelPay(NamedTuple):
    """Somebody is to get so much for a journey; ``journey`` unknown: nothing shows that there was one."""

    journey: Journey | None = None
    amount: int | None = None


class RemotePay(NamedTuple):
    """What the standards of the main site and of the own site give for a remote review, and what is to be paid."""

    main: int | None = None
    own: int | None = None
    amount: int | None = None


class Part(NamedTuple):
    """How a member did the part that is to be paid."""

    absent: bool | None = None
    unfinished: bool | None = None
    leaked: bool | None = None
    hid_recusal: bool | None = None


class Settlement(NamedTuple):
    """The review ended and the fees were paid, or today they are not."""

    ended_on: date | None = None
    paid_on: date | None = None
    calendar: Mapping[int, YearCalendar] | None = None


class Consent(NamedTuple):
    """The expert was shown the fee; ``answered`` is whether there is an answer."""

    shown_at: datetime | None = None
    now: datetime | None = None
    answered: bool | None = None


class Approval(NamedTuple):
    """So many people of whoever pays have confirmed; ``by_centre``: the centre disburses the money itself."""

    by_centre: bool | None = None
    approvals: int | None = None


class Withholding(NamedTuple):
    """A payment of ``gross`` in a month in which so much was paid and withheld before; ``withheld`` from this one."""

    paid_before: int | None = None
    withheld_before: int | None = None
    gross: int | None = None
    withheld: int | None = None
