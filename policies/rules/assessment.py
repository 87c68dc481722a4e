"""One project, one assessment: the sheet and its evidence, weights, times, consequences, return, appeal, alerts."""

from collections.abc import Mapping
from datetime import date

from policies.assessment_facts import (
    Appeal,
    AppealDecided,
    Deducted,
    Deduction,
    Given,
    Measure,
    ReturnAsked,
    SheetGiven,
    Sheets,
    Standing,
    Statistic,
)
from policies.conduct_items import ITEMS, SCORED, Party
from policies.dates import UnpublishedYear, shift, working_days_after
from policies.decision import Effect, Reason, reason
from policies.facts import YearCalendar
from policies.rule import FactRule, UnknownFact, need
from policies.rulebook import Kind, Values

POINT = 100
"""Hundredths in a point."""


def sheet(deduction: Deduction, p: Values) -> Reason | None:
    """Points are taken off for an item of the sheet, that is for whoever is assessed, up to what the item is worth.

    An item worth nothing is not on the sheet. Disclosure, bribes and collusion are no matter of points: they take none
    off, and lead to a case for removal and to the supervisor.
    """
    code, subject, points = (
        need(deduction.item, "item"),
        need(deduction.subject, "subject"),
        need(deduction.points, "points"),
    )
    item = ITEMS.get(code)
    if item is None or not (item.removal or p.number(code)):
        return reason("no_item", item=code)
    if subject not in item.subjects:
        return reason("not_for", subject=subject)
    if item.removal:
        return reason("no_points") if points else reason("removal", item=code)
    most = p.number(code)
    return None if 1 <= points <= most else reason("beyond", points=points, most=most)


def evidence(deduction: Deduction, p: Values) -> Reason | None:
    """A deduction is a fact with evidence: of a kind that counts for the item, and said what happened."""
    code, kind = need(deduction.item, "item"), need(deduction.evidence, "evidence")
    if not need(deduction.grounds, "grounds").strip():
        return reason("no_grounds")
    if code in ITEMS and kind not in p.words(code):
        return reason("wrong_kind", evidence=kind)
    return None


def weights(sheets: Sheets, _p: Values) -> Reason | None:
    """What the parties take off is weighed. A missing sheet takes off nothing and its weight goes to nobody.

    That it is missing is said.
    """
    missing = need(sheets.expected, "expected") - need(sheets.given, "given")
    return reason("not_given", sheets=missing) if missing else None


def due(given: SheetGiven, p: Values) -> Reason | None:
    """Sheets are due within some working days after the day on which the evaluation ended; that day does not count."""
    last = _last(need(given.closed_on, "closed_on"), p.number("days"), given.calendar)
    return reason("late", due=last) if need(given.given_on, "given_on") > last else None


def consequence(deducted: Deducted, p: Values) -> Reason | None:
    """So many points in one project, or in a year, make a case for a suspension of some months.

    The centre proposes, the competent department decides. `policies.conduct_year` adds up the year.
    """
    project, year = need(deducted.in_project, "in_project"), need(deducted.in_year, "in_year")
    months = p.number("months")
    if project >= p.number("at_once") * POINT:
        return reason("at_once", points=p.number("at_once"), months=months)
    if year >= p.number("year") * POINT:
        return reason("year", points=p.number("year"), months=months)
    return None


def comes_back(asked: ReturnAsked, p: Values) -> Reason | None:
    """The last day of a suspension is still one. The three terms have three ways back.

    After the short one the return is automatic, from the middle one on it takes a written application and a pledge,
    from the long one on also a test of the law.
    """
    last, months = need(asked.last_day, "last_day"), need(asked.months, "months")
    if need(asked.today, "today") <= last:
        return reason("too_early", last=last)
    if months < p.number("application"):
        return None
    if not need(asked.applied, "applied"):
        return reason("not_applied")
    if not need(asked.pledged, "pledged"):
        return reason("not_pledged")
    if months >= p.number("test") and not need(asked.tested, "tested"):
        return reason("not_tested")
    return None


def senior(standing: Standing, p: Values) -> Reason | None:
    """Whoever was assessed often enough in the months up to today, always above a score, may be made senior."""
    scores = _scores(standing, p)
    if len(scores) < p.number("reviews") or min(scores, default=0) <= p.number("above") * POINT:
        return None
    return reason("senior", reviews=len(scores), above=p.number("above"))


def dismissal(standing: Standing, p: Values) -> Reason | None:
    """Whoever was assessed often enough in the months up to today, on average below a score, may be dismissed."""
    scores = _scores(standing, p)
    if len(scores) < max(1, p.number("reviews")) or sum(scores) >= p.number("below") * POINT * len(scores):
        return None
    return reason("dismissal", reviews=len(scores), below=p.number("below"))


def appeal(appealed: Appeal, p: Values) -> Reason | None:
    """An appeal is made within some working days after the day of service."""
    last = _last(need(appealed.served_on, "served_on"), p.number("days"), appealed.calendar)
    return reason("late", due=last) if need(appealed.appealed_on, "appealed_on") > last else None


def appeal_decision(decided: AppealDecided, p: Values) -> Reason | None:
    """An appeal is decided within some working days after the day on which it was made."""
    last = _last(need(decided.appealed_on, "appealed_on"), p.number("days"), decided.calendar)
    return reason("late", due=last) if need(decided.decided_on, "decided_on") > last else None


def alert(statistic: Statistic, p: Values) -> Reason | None:
    """A figure of somebody's scoring beyond its threshold is an alert: a question to be explained, never a mark.

    Without enough panels in the history the pooled deviation says nothing, nor does an accumulation over few projects.
    Above and below count alike: to press a rival down is to favour somebody.
    """
    measure, value = need(statistic.measure, "measure"), need(statistic.value, "value")
    projects, history = need(statistic.projects, "projects"), need(statistic.history, "history")
    few = measure is Measure.ACCUMULATED and projects < p.number("projects")
    if few or history < p.number("history") or abs(value) <= p.number(measure):
        return None
    return reason(measure, value=value, threshold=p.number(measure))


def deviation(given: Given, p: Values) -> Reason | None:
    """A score that differs from the panel's mean by more than a share of it asks for a written explanation."""
    score, mean = need(given.score, "score"), need(given.mean, "mean")
    share = p.ratio("share")
    return reason("far", share=str(share)) if abs(score - mean) > share * mean else None


def _last(day: date, count: int, calendar: Mapping[int, YearCalendar] | None) -> date:
    try:
        return working_days_after(day, count, need(calendar, "calendar"))
    except UnpublishedYear as missing:
        raise UnknownFact("calendar") from missing


def _scores(standing: Standing, p: Values) -> list[int]:
    today = need(standing.today, "today")
    since = shift(today, months=-p.number("months"))
    return [each.score for each in need(standing.reviews, "reviews") if since < each.day <= today]


RULES = (
    FactRule(
        id="assessment.sheet",
        states=sheet,
        subject=Deduction,
        reads=("item", "subject", "points"),
        effects={
            "no_item": Effect.REFUSED,
            "not_for": Effect.REFUSED,
            "no_points": Effect.REFUSED,
            "beyond": Effect.REFUSED,
            "removal": Effect.REFERRED,
        },
        parameters=dict.fromkeys(SCORED, Kind.NUMBER),
    ),
    FactRule(
        id="assessment.evidence",
        states=evidence,
        subject=Deduction,
        reads=("item", "evidence", "grounds"),
        effects={"no_grounds": Effect.REFUSED, "wrong_kind": Effect.REFUSED},
        parameters=dict.fromkeys(ITEMS, Kind.SET),
    ),
    FactRule(
        id="assessment.weights",
        states=weights,
        subject=Sheets,
        reads=("expected", "given"),
        effects={"not_given": Effect.WARNED},
        parameters=dict.fromkeys(Party, Kind.RATIO),
    ),
    FactRule(
        id="assessment.due",
        states=due,
        subject=SheetGiven,
        reads=("closed_on", "given_on", "calendar"),
        effects={"late": Effect.REFUSED},
        parameters={"days": Kind.NUMBER},
    ),
    FactRule(
        id="assessment.consequence",
        states=consequence,
        subject=Deducted,
        reads=("in_project", "in_year"),
        effects={"at_once": Effect.REFERRED, "year": Effect.REFERRED},
        parameters={"at_once": Kind.NUMBER, "year": Kind.NUMBER, "months": Kind.NUMBER, "span": Kind.CHOICE},
    ),
    FactRule(
        id="assessment.return",
        states=comes_back,
        subject=ReturnAsked,
        reads=("months", "last_day", "today", "applied", "pledged", "tested"),
        effects=dict.fromkeys(("too_early", "not_applied", "not_pledged", "not_tested"), Effect.REFUSED),
        parameters=dict.fromkeys(("automatic", "application", "test"), Kind.NUMBER),
    ),
    FactRule(
        id="assessment.senior",
        states=senior,
        subject=Standing,
        reads=("today", "reviews"),
        effects={"senior": Effect.REFERRED},
        parameters=dict.fromkeys(("months", "reviews", "above"), Kind.NUMBER),
    ),
    FactRule(
        id="assessment.dismissal",
        states=dismissal,
        subject=Standing,
        reads=("today", "reviews"),
        effects={"dismissal": Effect.REFERRED},
        parameters=dict.fromkeys(("months", "reviews", "below"), Kind.NUMBER),
    ),
    FactRule(
        id="assessment.appeal",
        states=appeal,
        subject=Appeal,
        reads=("served_on", "appealed_on", "calendar"),
        effects={"late": Effect.REFUSED},
        parameters={"days": Kind.NUMBER},
    ),
    FactRule(
        id="assessment.appeal_decision",
        states=appeal_decision,
        subject=AppealDecided,
        reads=("appealed_on", "decided_on", "calendar"),
        effects={"late": Effect.WARNED},
        parameters={"days": Kind.NUMBER},
    ),
    FactRule(
        id="assessment.alert",
        states=alert,
        subject=Statistic,
        reads=("measure", "value", "projects", "history"),
        effects=dict.fromkeys(Measure, Effect.WARNED),
        parameters=dict.fromkeys((*Measure, "projects", "history"), Kind.NUMBER),
    ),
    FactRule(
        id="assessment.deviation",
        states=deviation,
        subject=Given,
        reads=("score", "mean"),
        effects={"far": Effect.WARNED},
        parameters={"share": Kind.RATIO},
    ),
)
