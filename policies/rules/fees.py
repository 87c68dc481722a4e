"""Fees: what sitting, chairing, being turned away and a journey are paid, when, after whose consent, less which tax."""

from datetime import timedelta

from policies.dates import UnpublishedYear, working_days_after
from policies.decision import Effect, Reason, reason
from policies.fee_facts import (
    Approval,
    ChairPay,
    Consent,
    Part,
    RemotePay,
    SessionPay,
    Settlement,
    TravelPay,
    TurnedAwayPay,
    Withholding,
)
from policies.fees import Site, Standard, Travel, pay, travel
from policies.money import Money
from policies.rule import FactRule, UnknownFact, need
from policies.rulebook import Kind, Values
from policies.withholding import withhold


def session(due: SessionPay, p: Values) -> Reason | None:
    """Sitting is paid by the standard and by nothing else: neither less, nor more if somebody asks for it.

    A flat rate up to a time, then by the hour in rounded steps, another rate beyond a long day; over a night the
    sittings are added up, or each day is counted by itself. A figure of 0 means that there is none.
    """
    owed = sum(line.amount for line in pay(Standard.of(p), need(due.sittings, "sittings")))
    return _other(owed, need(due.amount, "amount"))


def chair(due: ChairPay, p: Values) -> Reason | None:
    """Whoever chairs the committee gets an allowance, and nobody else does."""
    owed = p.number("amount") if need(due.chaired, "chaired") else 0
    return _other(owed, need(due.amount, "amount"))


def turned_away(due: TurnedAwayPay, p: Values) -> Reason | None:
    """Whoever accepted and is not needed, or has to stand back on arriving, gets an allowance (误工补助)."""
    came = need(due.came, "came")
    owed = p.number("amount") if came or not p.flag("only_if_came") else 0
    return _other(owed, need(due.amount, "amount"))


def journey(due: TravelPay, p: Values) -> Reason | None:
    """A journey from another city is paid by receipts up to the limits, and by fixed allowances.

    A ticket is paid as it cost; without one there is a lump sum. What is not known of a journey is not paid.
    """
    owed = sum(line.amount for line in travel(Travel.of(p), need(due.journey, "journey")))
    return _other(owed, need(due.amount, "amount"))


def remote(due: RemotePay, p: Values) -> Reason | None:
    """A remote review is paid by the main site's standard; across provinces the higher of the two is encouraged.

    发改办法规〔2025〕807号; which of the two is the rulebook's word.
    """
    main, own = need(due.main, "main"), need(due.own, "own")
    owed = max(main, own) if Site(p.word("site")) is Site.HIGHER else main
    return _other(owed, need(due.amount, "amount"))


def forfeited(part: Part, _p: Values) -> Reason | None:
    """Nothing is paid for a review left unfinished, leaked, or joined in spite of a recusal, or missed.

    政府采购法实施条例 第七十五条.
    """
    if need(part.absent, "absent"):
        return reason("absent")
    if need(part.unfinished, "unfinished"):
        return reason("unfinished")
    if need(part.leaked, "leaked"):
        return reason("leaked")
    return reason("hid_recusal") if need(part.hid_recusal, "hid_recusal") else None


def due(settled: Settlement, p: Values) -> Reason | None:
    """Fees are paid within ten working days from the end of the review; before that, whoever pays is warned.

    Working days come from the published calendar; a year that is not published is unknown. The rulebook's days of
    warning are counted back from the last.
    """
    ended, paid = need(settled.ended_on, "ended_on"), need(settled.paid_on, "paid_on")
    calendar, days = need(settled.calendar, "calendar"), p.number("days")
    try:
        last = working_days_after(ended, days, calendar)
        soon = working_days_after(ended, max(0, days - p.number("warn")), calendar)
    except UnpublishedYear as missing:
        raise UnknownFact("calendar") from missing
    if paid > last:
        return reason("late", last=last)
    return reason("soon", last=last) if paid > soon else None


def agreement(consent: Consent, p: Values) -> Reason | None:
    """The expert is asked first; so many hours of silence are an agreement."""
    until = need(consent.shown_at, "shown_at") + timedelta(hours=p.number("hours"))
    if need(consent.answered, "answered") or need(consent.now, "now") >= until:
        return None
    return reason("waits", hours=p.number("hours"))


def approval(given: Approval, p: Values) -> Reason | None:
    """Whoever pays confirms once; where the centre itself disburses the money, two of its people do."""
    least = p.number("centre") if need(given.by_centre, "by_centre") else p.number("payer")
    return None if need(given.approvals, "approvals") >= least else reason("too_few", least=least)


def withheld(paid: Withholding, _p: Values) -> Reason | None:
    """Tax is withheld on what the same payer paid the same expert in the same month, taken together.

    公告2018年第61号 has the brackets (policies/withholding.py), 个人所得税法实施条例 第十四条 the month.
    """
    owed = withhold(
        need(paid.paid_before, "paid_before"),
        need(paid.withheld_before, "withheld_before"),
        need(paid.gross, "gross"),
    )
    return _other(owed, need(paid.withheld, "withheld"))


def _other(owed: int, amount: int) -> Reason | None:
    return None if amount == owed else reason("other", owed=str(Money(owed)), amount=str(Money(amount)))


RULES = (
    FactRule(
        id="fees.session",
        states=session,
        subject=SessionPay,
        reads=("sittings", "amount"),
        effects={"other": Effect.REFUSED},
        parameters={
            **dict.fromkeys(("base", "flat", "overnight", "step", "ignored", "hour"), Kind.NUMBER),
            **dict.fromkeys(("long_from", "long_hour", "long_flat"), Kind.NUMBER),
            "nights": Kind.CHOICE,
            "daily_most": Kind.NUMBER,
            "after_tax": Kind.FLAG,
        },
    ),
    FactRule(
        id="fees.chair",
        states=chair,
        subject=ChairPay,
        reads=("chaired", "amount"),
        effects={"other": Effect.REFUSED},
        parameters={"amount": Kind.NUMBER},
    ),
    FactRule(
        id="fees.turned_away",
        states=turned_away,
        subject=TurnedAwayPay,
        reads=("came", "amount"),
        effects={"other": Effect.REFUSED},
        parameters={"amount": Kind.NUMBER, "only_if_came": Kind.FLAG},
    ),
    FactRule(
        id="fees.travel",
        states=journey,
        subject=TravelPay,
        reads=("journey", "amount"),
        effects={"other": Effect.REFUSED},
        parameters=dict.fromkeys(
            (
                *("en_route", "near", "far", "hotel", "hotel_season", "season_from", "season_to"),
                *("transport", "meals"),
            ),
            Kind.NUMBER,
        ),
    ),
    FactRule(
        id="fees.remote",
        states=remote,
        subject=RemotePay,
        reads=("main", "own", "amount"),
        effects={"other": Effect.REFUSED},
        parameters={"site": Kind.CHOICE},
    ),
    FactRule(
        id="fees.forfeited",
        states=forfeited,
        subject=Part,
        reads=("absent", "unfinished", "leaked", "hid_recusal"),
        effects=dict.fromkeys(("absent", "unfinished", "leaked", "hid_recusal"), Effect.REFUSED),
    ),
    FactRule(
        id="fees.due",
        states=due,
        subject=Settlement,
        reads=("ended_on", "paid_on", "calendar"),
        effects={"late": Effect.WARNED, "soon": Effect.WARNED},
        parameters={"days": Kind.NUMBER, "warn": Kind.NUMBER},
    ),
    FactRule(
        id="fees.agreement",
        states=agreement,
        subject=Consent,
        reads=("shown_at", "now", "answered"),
        effects={"waits": Effect.REFUSED},
        parameters={"hours": Kind.NUMBER},
    ),
    FactRule(
        id="fees.approval",
        states=approval,
        subject=Approval,
        reads=("by_centre", "approvals"),
        effects={"too_few": Effect.REFUSED},
        parameters={"payer": Kind.NUMBER, "centre": Kind.NUMBER},
    ),
    FactRule(
        id="fees.withheld",
        states=withheld,
        subject=Withholding,
        reads=("paid_before", "withheld_before", "gross", "withheld"),
        effects={"other": Effect.REFUSED},
    ),
)
