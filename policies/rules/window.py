"""When a committee may be drawn."""

from datetime import timedelta

from policies.dates import UnpublishedYear, working_days_before
from policies.decision import Effect, Reason, reason
from policies.facts import Window, day_of
from policies.rule import FactRule, UnknownFact, need
from policies.rulebook import Kind, Values


def working_days(window: Window, p: Values) -> Reason | None:
    """Not earlier than two working days before the review (财库〔2016〕198号), and not after it has begun.

    Working days come from the published calendar; a year that is not published is unknown. Where the rulebook says
    so, some methods and remote reviews are excepted from the first part.
    """
    draw, review = need(window.draw_at, "draw_at"), need(window.review_at, "review_at")
    if draw >= review:
        return reason("too_late")
    methods = p.words("except_methods")
    if methods and need(window.method, "method") in methods:
        return None
    if p.flag("except_remote") and need(window.remote, "remote"):
        return None
    try:
        first = working_days_before(day_of(review), p.number("days"), need(window.calendar, "calendar"))
    except UnpublishedYear as missing:
        raise UnknownFact("calendar") from missing
    return reason("too_early", draw=day_of(draw), first=first) if day_of(draw) < first else None


def before_opening(window: Window, p: Values) -> Reason | None:
    """Not earlier than the centre's hours before the bid opening, and not after the review has begun.

    Some centres draw on the day of the opening only.
    """
    draw, opening = need(window.draw_at, "draw_at"), need(window.opens_at, "opens_at")
    if draw >= need(window.review_at, "review_at"):
        return reason("too_late")
    if draw < opening - timedelta(hours=p.number("hours")):
        return reason("too_early", hours=p.number("hours"))
    if p.flag("same_day") and day_of(draw) < day_of(opening):
        return reason("other_day", opening=day_of(opening))
    return None


def fixed(window: Window, _p: Values) -> Reason | None:
    """A committee is normally fixed before the bid opening (12号令 第八条); a first draw after it needs a person.

    Filling a vacancy later is no first draw.
    """
    if need(window.supplementary, "supplementary"):
        return None
    late = need(window.draw_at, "draw_at") >= need(window.opens_at, "opens_at")
    return reason("after_opening") if late else None


RULES = (
    FactRule(
        id="window.working_days",
        states=working_days,
        subject=Window,
        reads=("draw_at", "review_at", "method", "remote", "calendar"),
        effects={"too_early": Effect.REFUSED, "too_late": Effect.REFUSED},
        parameters={"days": Kind.NUMBER, "except_methods": Kind.SET, "except_remote": Kind.FLAG},
    ),
    FactRule(
        id="window.before_opening",
        states=before_opening,
        subject=Window,
        reads=("draw_at", "opens_at", "review_at"),
        effects={"too_early": Effect.REFUSED, "too_late": Effect.REFUSED, "other_day": Effect.REFUSED},
        parameters={"hours": Kind.NUMBER, "same_day": Kind.FLAG},
    ),
    FactRule(
        id="window.fixed",
        states=fixed,
        subject=Window,
        reads=("supplementary", "draw_at", "opens_at"),
        effects={"after_opening": Effect.REFERRED},
    ),
)
