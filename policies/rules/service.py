"""After the draw: leave, arrival, replacement, missed calls, and who learns a name when."""

from datetime import timedelta

from policies.dates import quiet_until, shift
from policies.decision import Effect, Reason, reason
from policies.facts import CHINA, Audience
from policies.rule import FactRule, need
from policies.rulebook import Kind, Values
from policies.service_facts import Answers, Arrival, Call, Leave, Replacement, Reveal


def calls(call: Call, p: Values) -> Reason | None:
    """Nobody is called in the quiet hours, unless the review begins before they are over.

    Whoever is called has a time to answer; without an answer by then the seat is drawn anew. Whoever accepted is
    reminded twice.
    """
    until = quiet_until(need(call.call_at, "call_at"), p.number("quiet_from"), p.number("quiet_until"))
    if until is None or need(call.review_at, "review_at") <= until:
        return None
    return reason("quiet", until=f"{until.astimezone(CHINA):%Y-%m-%d %H:%M}")


def notice(leave: Leave, p: Values) -> Reason | None:
    """Leave is granted automatically, but none within an hour of the review (深圳征求意见稿)."""
    latest = need(leave.review_at, "review_at") - timedelta(minutes=p.number("minutes"))
    late = need(leave.asked_at, "asked_at") > latest
    return reason("too_late", minutes=p.number("minutes")) if late else None


def arrival(arrived: Arrival, p: Values) -> Reason | None:
    """An expert arrives within 60 minutes of the notice (one centre's figure).

    Signing in is possible from a time before the assembly, and so many failed attempts for each seat are allowed.
    """
    latest = need(arrived.notified_at, "notified_at") + timedelta(minutes=p.number("minutes"))
    late = need(arrived.arrived_at, "arrived_at") > latest
    return reason("too_late", minutes=p.number("minutes")) if late else None


def redo(replacement: Replacement, _p: Values) -> Reason | None:
    """What a replaced member concluded is void, and the new member does it again (条例 第四十八条)."""
    cause = need(replacement.cause, "cause")
    if need(replacement.begun, "begun") and not need(replacement.redone, "redone"):
        return reason("not_redone", cause=cause)
    return None


def missed(answers: Answers, p: Values) -> Reason | None:
    """Several refused or unanswered calls in a period are a finding for the assessment."""
    since = shift(need(answers.today, "today"), months=-p.number("months"))
    times = sum(day > since for day in need(answers.missed, "missed"))
    return reason("too_often", times=times, since=since) if times >= p.number("times") else None


def release(reveal: Reveal, p: Values) -> Reason | None:
    """Names are secret until the award is fixed, or until the result notice (招标投标法 第三十七条；198号).

    Each audience has the event from which it may learn them; an event that is not proven has not happened.
    """
    audience, now = need(reveal.audience, "audience"), need(reveal.now, "now")
    event = p.word(audience)
    happened = need(reveal.events, "events").get(event)
    if happened is None or now < happened:
        return reason("not_yet", audience=audience, event=event)
    return None


RULES = (
    FactRule(
        id="service.calls",
        states=calls,
        subject=Call,
        reads=("call_at", "review_at"),
        effects={"quiet": Effect.REFUSED},
        parameters=dict.fromkeys(
            ("no_answer", "quiet_from", "quiet_until", "first_reminder", "last_reminder"), Kind.NUMBER
        ),
    ),
    FactRule(
        id="service.leave",
        states=notice,
        subject=Leave,
        reads=("review_at", "asked_at"),
        effects={"too_late": Effect.REFUSED},
        parameters={"minutes": Kind.NUMBER},
    ),
    FactRule(
        id="service.arrival",
        states=arrival,
        subject=Arrival,
        reads=("notified_at", "arrived_at"),
        effects={"too_late": Effect.REFUSED},
        parameters=dict.fromkeys(("minutes", "opens", "failures"), Kind.NUMBER),
    ),
    FactRule(
        id="service.replacement",
        states=redo,
        subject=Replacement,
        reads=("cause", "begun", "redone"),
        effects={"not_redone": Effect.REFUSED},
    ),
    FactRule(
        id="service.missed",
        states=missed,
        subject=Answers,
        reads=("today", "missed"),
        effects={"too_often": Effect.WARNED},
        parameters={"times": Kind.NUMBER, "months": Kind.NUMBER},
    ),
    FactRule(
        id="service.release",
        states=release,
        subject=Reveal,
        reads=("audience", "now", "events"),
        effects={"not_yet": Effect.REFUSED},
        parameters=dict.fromkeys((audience.value for audience in Audience), Kind.CHOICE),
    ),
)
