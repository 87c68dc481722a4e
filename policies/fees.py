"""What a member of a committee is paid: a tariff from the rulebook, applied to the session's clock (RULES.md, "Fees").

A tariff is data: a flat rate up to a time, an hourly rate beyond it in rounded steps, another from a long day on, what
a night changes, a cap, allowances for the chair, for being turned away and for the journey. Money is in whole 分, time
in minutes. Whether amounts are before or after tax is the tariff's word too; ``policies.withholding`` does the rest.

    charged = fee(tariff(book, "tender"), clock, clock.seats[key], Extras(chair=True))

Public: `tariff`, `fee`, `turned_away`, `higher`, `Tariff`, `Fee`, `Line`, `What`, `Extras`, `Forfeit`, `WORDS`; for the
rules of the rulebook `Standard`, `pay`, `Travel`, `travel`.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from policies.fee_clock import WHOLE, Breaks, Clock, Presence, Rounding, rounded, sittings
from policies.fee_facts import Journey
from policies.names import Text
from policies.rulebook import Rulebook, Values
from policies.withholding import tax


class Nights(StrEnum):
    """What a night does: the sittings are added up, or each day is counted by itself."""

    SUM = "sum"
    DAILY = "daily"


class Site(StrEnum):
    """Whose standard a remote review is paid by."""

    MAIN = "main"
    HIGHER = "higher"


class What(StrEnum):
    """What a line of a fee is for."""

    FLAT = "flat"
    OVERNIGHT = "overnight"
    HOURS = "hours"
    LONG_HOURS = "long_hours"
    LONG_DAY = "long_day"
    NEXT_DAY = "next_day"
    CAP = "cap"
    CHAIR = "chair"
    TURNED_AWAY = "turned_away"
    TICKETS = "tickets"
    NO_TICKETS = "no_tickets"
    EN_ROUTE = "en_route"
    HOTEL = "hotel"
    TRANSPORT = "transport"
    MEALS = "meals"


WORDS: Final = MappingProxyType(
    {
        What.FLAT: Text("评审费（基准时间内）", "fee up to the flat time"),
        What.OVERNIGHT: Text("评审费（隔夜，基准时间内）", "fee up to the flat time, overnight"),
        What.HOURS: Text("超出基准时间", "hours beyond the flat time"),
        What.LONG_HOURS: Text("超长时间", "hours beyond a long day"),
        What.LONG_DAY: Text("满一日补足", "made up to a full day's rate"),
        What.NEXT_DAY: Text("次日起评审费", "hours of a following day"),
        What.CAP: Text("超过每日上限扣减", "reduced to the day's cap"),
        What.CHAIR: Text("组长补助", "chair's allowance"),
        What.TURNED_AWAY: Text("误工补助", "turned-away allowance"),
        What.TICKETS: Text("城市间交通费（凭票）", "tickets, by receipt"),
        What.NO_TICKETS: Text("城市间交通补助（无票）", "fare allowance without tickets"),
        What.EN_ROUTE: Text("在途补助", "allowance en route"),
        What.HOTEL: Text("住宿费（凭票，限额内）", "hotel, by receipt, up to the limit"),
        What.TRANSPORT: Text("市内交通补助", "local transport allowance"),
        What.MEALS: Text("伙食补助", "meals allowance"),
    }
)

EXPENSES: Final = frozenset({What.TICKETS, What.HOTEL})
"""What is paid back by receipt is no income (product default: the receipts name the payer)."""


class Line(NamedTuple):
    """One part of a fee, in 分; a reduction is below 0."""

    what: What
    amount: int


class Fee(NamedTuple):
    """What somebody is due, line by line; ``after_tax``: the pay is what must arrive, the tax comes on top."""

    lines: tuple[Line, ...]
    after_tax: bool

    @property
    def total(self) -> int:
        """Everything, expenses too."""
        return sum(line.amount for line in self.lines)

    @property
    def expenses(self) -> int:
        """What is paid back by receipt, and not taxed."""
        return sum(line.amount for line in self.lines if line.what in EXPENSES)

    @property
    def pay(self) -> int:
        """What is income."""
        return self.total - self.expenses


class Standard(NamedTuple):
    """What sitting is paid; a figure of 0 in ``long_from``, ``long_flat`` or ``daily_most`` means that there is none.

    The flat rate is for up to ``rounding.base`` minutes.
    """

    rounding: Rounding
    flat: int
    overnight: int
    hour: int
    long_from: int = 0
    long_hour: int = 0
    long_flat: int = 0
    nights: Nights = Nights.SUM
    daily_most: int = 0

    @classmethod
    def of(cls, p: Values) -> "Standard":
        """Read it from the parameters of ``fees.session``."""
        return cls(
            Rounding(p.number("base"), p.number("step"), p.number("ignored")),
            p.number("flat"),
            p.number("overnight"),
            p.number("hour"),
            p.number("long_from"),
            p.number("long_hour"),
            p.number("long_flat"),
            Nights(p.word("nights")),
            p.number("daily_most"),
        )


class Travel(NamedTuple):
    """What a journey is paid: 分 for each journey, day or night; ``season`` are the dear months, first and last."""

    en_route: int
    near: int
    far: int
    hotel: int
    hotel_season: int
    season: tuple[int, int]
    transport: int
    meals: int

    @classmethod
    def of(cls, p: Values) -> "Travel":
        """Read it from the parameters of ``fees.travel``."""
        return cls(
            p.number("en_route"),
            p.number("near"),
            p.number("far"),
            p.number("hotel"),
            p.number("hotel_season"),
            (p.number("season_from"), p.number("season_to")),
            p.number("transport"),
            p.number("meals"),
        )


class Tariff(NamedTuple):
    """All that a rulebook says of fees in one regime; allowances of 0 are none, without ``travel`` nothing is."""

    standard: Standard
    breaks: Breaks = Breaks()
    after_tax: bool = True
    chair: int = 0
    turned_away: int = 0
    only_if_came: bool = True
    travel: Travel | None = None
    remote: Site = Site.MAIN


class Forfeit(StrEnum):
    """Why nothing is paid."""

    ABSENT = "absent"
    UNFINISHED = "unfinished"
    LEAKED = "leaked"
    HID_RECUSAL = "hid_recusal"


class Extras(NamedTuple):
    """What a fee depends on beside the clock."""

    chair: bool = False
    journey: Journey | None = None
    forfeited: Forfeit | None = None


PLAIN: Final = Extras()


def tariff(book: Rulebook, regime: str) -> Tariff | None:
    """Give the tariff of a book; None where it has no standard of fees, as a roster's may."""
    if not book.applies("fees.session", regime):
        return None

    def amount(rule: str) -> int:
        return book.values(rule, regime).number("amount") if book.applies(rule, regime) else 0

    breaks, away, remote = (book.values(rule, regime) for rule in ("session.breaks", "fees.turned_away", "fees.remote"))
    return Tariff(
        Standard.of(book.values("fees.session", regime)),
        Breaks(breaks.number("minutes"), breaks.flag("meals")),
        book.values("fees.session", regime).flag("after_tax"),
        amount("fees.chair"),
        amount("fees.turned_away"),
        away.flag("only_if_came"),
        Travel.of(book.values("fees.travel", regime)) if book.applies("fees.travel", regime) else None,
        Site(remote.word("site")),
    )


def fee(tariff: Tariff, clock: Clock, presence: Presence = WHOLE, extras: Extras = PLAIN) -> Fee:
    """What a member is due for a session; nothing for what was forfeited, or for no minute of work."""
    if extras.forfeited is not None:
        return Fee((), tariff.after_tax)
    lines = pay(tariff.standard, sittings(clock, tariff.breaks, presence))
    if lines and extras.chair and tariff.chair:
        lines = (*lines, Line(What.CHAIR, tariff.chair))
    if extras.journey is not None and tariff.travel is not None:
        lines += travel(tariff.travel, extras.journey)
    return Fee(lines, tariff.after_tax)


def turned_away(tariff: Tariff, *, came: bool) -> Fee:
    """What somebody is due who had accepted and was not needed, or who had to stand back on arriving."""
    owed = tariff.turned_away and (came or not tariff.only_if_came)
    return Fee((Line(What.TURNED_AWAY, tariff.turned_away),) if owed else (), tariff.after_tax)


def higher(main: Fee, own: Fee) -> Fee:
    """The fee of a remote review where the higher standard counts (发改办法规〔2025〕807号): that which leaves more."""
    return own if _left(own) > _left(main) else main


def _left(fee: Fee) -> int:
    return fee.total if fee.after_tax else fee.total - tax(fee.pay)


def pay(standard: Standard, minutes: tuple[int, ...]) -> tuple[Line, ...]:
    """The lines for having sat so many minutes on each day; none for a day without a minute, and none in all."""
    days = tuple(each for each in minutes if each > 0)
    if not days:
        return ()
    if standard.nights is Nights.SUM:
        lines = _day(standard, sum(days), overnight=len(days) > 1)
        return _capped(standard, lines, len(days))
    first = _capped(standard, _day(standard, days[0], overnight=False), 1)
    return first + tuple(line for each in days[1:] for line in _capped(standard, _next_day(standard, each), 1))


def travel(rates: Travel, journey: Journey) -> tuple[Line, ...]:
    """The lines for a journey; what is not known of it is not paid."""
    lump = rates.near if journey.neighbouring else rates.far
    fare = Line(What.TICKETS, journey.tickets) if journey.tickets else Line(What.NO_TICKETS, lump)
    hotel = sum(min(night.cost, _hotel(rates, night.on.month)) for night in journey.hotel or ())
    days = journey.days or 0
    lines = (
        fare,
        Line(What.EN_ROUTE, rates.en_route),
        Line(What.HOTEL, hotel),
        Line(What.TRANSPORT, rates.transport * days),
        Line(What.MEALS, rates.meals * days),
    )
    return tuple(line for line in lines if line.amount)


def _hotel(rates: Travel, month: int) -> int:
    first, last = rates.season
    return rates.hotel_season if first <= month <= last else rates.hotel


def _day(standard: Standard, minutes: int, *, overnight: bool) -> tuple[Line, ...]:
    """A day, or the sum of several: the flat rate, and what goes beyond it."""
    base, time = standard.rounding.base, rounded(minutes, standard.rounding)
    ordinary, long = _split(standard, time)
    flat = Line(What.OVERNIGHT, standard.overnight) if overnight else Line(What.FLAT, standard.flat)
    hours = Line(What.HOURS, _by_hour(standard.hour, max(0, ordinary - base)))
    full = bool(standard.long_from) and time >= standard.long_from
    missing = max(0, standard.long_flat - flat.amount - hours.amount) if full else 0
    return _paid(flat, hours, Line(What.LONG_DAY, missing), Line(What.LONG_HOURS, _by_hour(standard.long_hour, long)))


def _next_day(standard: Standard, minutes: int) -> tuple[Line, ...]:
    """A following day where each is counted by itself: by the hour from the first minute (粤财采购〔2020〕17号)."""
    ordinary, long = _split(standard, rounded(minutes, standard.rounding._replace(base=0)))
    return _paid(
        Line(What.NEXT_DAY, _by_hour(standard.hour, ordinary)),
        Line(What.LONG_HOURS, _by_hour(standard.long_hour, long)),
    )


def _split(standard: Standard, time: int) -> tuple[int, int]:
    """The minutes at the ordinary rate, and those beyond a long day."""
    long = max(0, time - standard.long_from) if standard.long_from else 0
    return time - long, long


def _capped(standard: Standard, lines: tuple[Line, ...], days: int) -> tuple[Line, ...]:
    over = sum(line.amount for line in lines) - standard.daily_most * days
    return (*lines, Line(What.CAP, -over)) if standard.daily_most and over > 0 else lines


def _paid(*lines: Line) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.amount)


def _by_hour(rate: int, minutes: int) -> int:
    """So many 分 an hour for so many minutes, to the nearest 分."""
    return (2 * rate * minutes + 60) // 120
