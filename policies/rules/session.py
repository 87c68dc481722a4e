"""The session's day: its plan, who is late or absent, check-in by phone, chair, breaks, meals, more time, length."""

from datetime import datetime, time, timedelta

from policies.decision import Effect, Reason, reason
from policies.facts import CHINA
from policies.fee_clock import Breaks, Pause, counts
from policies.rule import FactRule, need
from policies.rulebook import Kind, Values
from policies.session_facts import (
    Attendance,
    Ballot,
    Break,
    CheckIn,
    Expected,
    Hungry,
    LongDay,
    Progress,
    TimeVote,
)


def plan(progress: Progress, p: Values) -> Reason | None:
    """After the assembly: discipline, bidders, declaration, chair, and then the review, which should not begin late.

    The figures are minutes after the assembly: what is proposed for a step that nobody recorded in time.
    """
    planned = need(progress.assembled_at, "assembled_at") + timedelta(minutes=p.number("review"))
    reviewing = need(progress.reviewing, "reviewing")
    if need(progress.now, "now") <= planned or reviewing:
        return None
    return reason("behind", minutes=p.number("review"))


def late(attendance: Attendance, p: Values) -> Reason | None:
    """Whoever signs in more than so many minutes after the assembly is late: a fact for the assessment.

    Whoever was called so late that the time to arrive ends after the assembly is due when that time is over.
    """
    latest = need(attendance.due_at, "due_at") + timedelta(minutes=p.number("minutes"))
    if need(attendance.arrived_at, "arrived_at") <= latest:
        return None
    return reason("late", minutes=p.number("minutes"))


def absent(expected: Expected, p: Values) -> Reason | None:
    """Whoever accepted, did not come, has no leave and did not check in is absent, and the seat is drawn anew.

    Checking in by phone rules it out.
    """
    latest = need(expected.due_at, "due_at") + timedelta(minutes=p.number("minutes"))
    excused = {
        need(expected.signed_in, "signed_in"),
        need(expected.checked_in, "checked_in"),
        need(expected.on_leave, "on_leave"),
    }
    if need(expected.now, "now") <= latest or True in excused:
        return None
    return reason("absent", minutes=p.number("minutes"))


def check_in(arriving: CheckIn, p: Values) -> Reason | None:
    """An expert may check in by phone from a time before being due, so that an early yes does not stand for coming."""
    opens = need(arriving.due_at, "due_at") - timedelta(minutes=p.number("minutes"))
    return reason("too_early", minutes=p.number("minutes")) if need(arriving.now, "now") < opens else None


def chair(ballot: Ballot, p: Values) -> Reason | None:
    """The members choose their chair by more than half of their number."""
    share = p.ratio("share")
    if need(ballot.votes, "votes") > share * need(ballot.members, "members"):
        return None
    return reason("too_few", share=str(share))


def extension(vote: TimeVote, p: Values) -> Reason | None:
    """When more than a third of the members find the time too short, it is extended (条例 第四十八条)."""
    share = p.ratio("share")
    if need(vote.votes, "votes") > share * need(vote.members, "members"):
        return None
    return reason("too_few", share=str(share))


def breaks(pause: Break, p: Values) -> Reason | None:
    """A break of up to half an hour is time worked; a longer one, a night and a suspension are not.

    Where a province counts the time of meals, they are time worked whatever they last.
    """
    taken = Pause(need(pause.why, "why"), need(pause.begins_at, "begins_at"), need(pause.ends_at, "ends_at"))
    if counts(taken, Breaks(p.number("minutes"), p.flag("meals"))):
        return None
    return reason("not_counted", minutes=p.number("minutes"))


def meals(hungry: Hungry, p: Values) -> Reason | None:
    """A break for lunch or supper is proposed when its hour has come and nobody has eaten since before it."""
    since, now = need(hungry.sat_since, "sat_since"), need(hungry.now, "now")
    for hour in (p.number("lunch"), p.number("supper")):
        if since < _today_at(now, hour) <= now:
            return reason("due", hour=hour)
    return None


def _today_at(now: datetime, hour: int) -> datetime:
    """A full hour of the day on which ``now`` lies, on the country's clock."""
    return datetime.combine(now.astimezone(CHINA).date(), time(), CHINA) + timedelta(hours=hour)


def long_day(day: LongDay, p: Values) -> Reason | None:
    """A day of evaluation is at most eight hours, in principle: a longer one is warned of."""
    if need(day.minutes_sat, "minutes_sat") <= p.number("minutes"):
        return None
    return reason("too_long", minutes=p.number("minutes"))


RULES = (
    FactRule(
        id="session.plan",
        states=plan,
        subject=Progress,
        reads=("assembled_at", "now", "reviewing"),
        effects={"behind": Effect.WARNED},
        parameters=dict.fromkeys(("discipline", "bidders", "declared", "chair", "review"), Kind.NUMBER),
    ),
    FactRule(
        id="session.late",
        states=late,
        subject=Attendance,
        reads=("due_at", "arrived_at"),
        effects={"late": Effect.WARNED},
        parameters={"minutes": Kind.NUMBER},
    ),
    FactRule(
        id="session.absent",
        states=absent,
        subject=Expected,
        reads=("due_at", "now", "signed_in", "checked_in", "on_leave"),
        effects={"absent": Effect.REFUSED},
        parameters={"minutes": Kind.NUMBER},
    ),
    FactRule(
        id="session.check_in",
        states=check_in,
        subject=CheckIn,
        reads=("due_at", "now"),
        effects={"too_early": Effect.REFUSED},
        parameters={"minutes": Kind.NUMBER},
    ),
    FactRule(
        id="session.chair",
        states=chair,
        subject=Ballot,
        reads=("members", "votes"),
        effects={"too_few": Effect.REFUSED},
        parameters={"share": Kind.RATIO},
    ),
    FactRule(
        id="session.extension",
        states=extension,
        subject=TimeVote,
        reads=("members", "votes"),
        effects={"too_few": Effect.REFUSED},
        parameters={"share": Kind.RATIO},
    ),
    FactRule(
        id="session.breaks",
        states=breaks,
        subject=Break,
        reads=("why", "begins_at", "ends_at"),
        effects={"not_counted": Effect.WARNED},
        parameters={"minutes": Kind.NUMBER, "meals": Kind.FLAG},
    ),
    FactRule(
        id="session.meals",
        states=meals,
        subject=Hungry,
        reads=("sat_since", "now"),
        effects={"due": Effect.WARNED},
        parameters=dict.fromkeys(("lunch", "supper", "minutes"), Kind.NUMBER),
    ),
    FactRule(
        id="session.long_day",
        states=long_day,
        subject=LongDay,
        reads=("minutes_sat",),
        effects={"too_long": Effect.WARNED},
        parameters={"minutes": Kind.NUMBER},
    ),
)
