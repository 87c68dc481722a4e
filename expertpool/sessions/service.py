"""The verbs of the day for accounts. Each takes the transaction, asks the permission table, and adds a step.

``revision`` is that of the day which the caller has seen: of two who act on the same at once, the second is told.
"""

from collections.abc import Mapping
from datetime import datetime

from expertpool.core.transaction import Transaction
from expertpool.draws import service as draws
from expertpool.draws.lifecycle import DrawState
from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Target, may
from expertpool.identity.service import caller_of, require
from expertpool.projects import acts as planning
from expertpool.projects.models import EvaluationSession
from expertpool.projects.queries import target_of_project
from expertpool.sessions import acts, correcting, errors, following, timeline
from expertpool.sessions.events import TimelineConfirmed
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import DayStep, Key, SessionDay
from expertpool.sessions.notes import NoteKeys, sealed
from expertpool.sessions.queries import draws_seating, proposal, standing_of, target_of_site
from expertpool.sessions.recording import locked, take
from expertpool.sessions.steps import StepKind

MAIN = 0
"""The main site's position: what concerns the whole committee is entered there."""


def take_break(tx: Transaction, session_id: str, *, meal: bool = False, revision: int | None = None) -> DayStep:
    """Enter that the committee pauses. Raises `NotPermitted`, `WrongStep`, `DayMoved`, as all of these verbs do."""
    day_at_site(tx, session_id, DayVerb.TAKE_BREAK, MAIN, revision)
    return acts.take_break(tx, session_id, meal=meal, by=tx.actor)


def end_break(tx: Transaction, session_id: str, *, revision: int | None = None) -> DayStep:
    """Enter that the committee goes on."""
    day_at_site(tx, session_id, DayVerb.END_BREAK, MAIN, revision)
    return acts.end_break(tx, session_id, by=tx.actor)


def stay_overnight(tx: Transaction, session_id: str, *, revision: int | None = None) -> DayStep:
    """Enter that the committee adjourns until the next day."""
    day = day_at_site(tx, session_id, DayVerb.STAY_OVERNIGHT, MAIN, revision)
    return take(tx, day, DayVerb.STAY_OVERNIGHT, StepKind.OVERNIGHT_BEGUN, by=tx.actor)


def end_overnight(tx: Transaction, session_id: str, *, revision: int | None = None) -> DayStep:
    """Enter that the committee goes on after the night."""
    day = day_at_site(tx, session_id, DayVerb.END_OVERNIGHT, MAIN, revision)
    step = take(tx, day, DayVerb.END_OVERNIGHT, StepKind.OVERNIGHT_ENDED, by=tx.actor)
    following.after(tx, day, step.at)
    return step


def ask(tx: Transaction, keys: NoteKeys, session_id: str, *, text: str, revision: int | None = None) -> DayStep:
    """Enter that a question to a bidder (澄清) went out in writing."""
    day_at_site(tx, session_id, DayVerb.ASK, MAIN, revision)
    return acts.ask_bidder(tx, session_id, note=sealed(keys, session_id, text), by=tx.actor)


def answer(tx: Transaction, session_id: str, *, question: int, revision: int | None = None) -> DayStep:
    """Enter that the answer to a question came; ``question`` is the number of its step. Raises `NothingAsked`."""
    day = day_at_site(tx, session_id, DayVerb.ANSWER, MAIN, revision)
    return acts.answer(tx, day, question, by=tx.actor)


def refuse_signature(
    tx: Transaction, session_id: str, *, seat: str, reason: str, revision: int | None = None
) -> DayStep:
    """Enter that a member refused to sign the report and stated no dissent (条例 第五十三条). Raises `NotPresent`."""
    day_at_site(tx, session_id, DayVerb.REFUSE_SIGNATURE, MAIN, revision)
    return acts.refuse_signature(tx, session_id, seated(tx, session_id, seat), reason=reason, by=tx.actor)


def lose_line(
    tx: Transaction, session_id: str, *, site: int, reason: str | None = None, revision: int | None = None
) -> DayStep:
    """Enter that a site's line is lost, there or at the main site. Raises `SiteUnknown`, `LineIsDown`."""
    day = _at_line(tx, session_id, DayVerb.LOSE_LINE, site, revision)
    return acts.lose_line(tx, day, site, reason=reason, by=tx.actor)


def restore_line(tx: Transaction, session_id: str, *, site: int, revision: int | None = None) -> DayStep:
    """Enter that a site's line is back. Raises `SiteUnknown`, `LineIsUp`."""
    day = _at_line(tx, session_id, DayVerb.RESTORE_LINE, site, revision)
    return acts.restore_line(tx, day, site, by=tx.actor)


def suspend(tx: Transaction, session_id: str, *, reason: str, revision: int | None = None) -> DayStep:
    """Suspend the evaluation (中止), with the draw that seats it: the committee keeps its seats."""
    day = day_of_project(tx, session_id, DayVerb.SUSPEND, revision)
    step = take(tx, day, DayVerb.SUSPEND, StepKind.SUSPENDED, reason=reason, by=tx.actor)
    for draw in draws_seating(tx.session, session_id):
        if draw.state is DrawState.FILLED:
            draws.suspend(tx, draw.id, reason=reason)
    return step


def resume(tx: Transaction, session_id: str, *, reason: str, revision: int | None = None) -> DayStep:
    """Let a suspended evaluation go on with the same committee, where it was."""
    begun = standing_of(tx.session, session_id).begun is not None
    verb = DayVerb.RESUME if begun else DayVerb.REASSEMBLE
    day = day_of_project(tx, session_id, verb, revision)
    step = take(tx, day, verb, StepKind.RESUMED, reason=reason, by=tx.actor)
    following.after(tx, day, step.at)
    for draw in draws_seating(tx.session, session_id):
        if draw.state is DrawState.SUSPENDED:
            draws.reconvene(tx, draw.id, reason=reason)
    return step


def void(tx: Transaction, session_id: str, *, reason: str, revision: int | None = None) -> DayStep:
    """Declare the day void, for good: its plan and its committee end with it.

    Who evaluates the lots anew is drawn for another session, and is none of those who have met here.
    """
    day = day_of_project(tx, session_id, DayVerb.VOID, revision)
    step = acts.end_void(tx, day, reason=reason, by=tx.actor)
    planning.cancel(tx, tx.session.get_one(EvaluationSession, session_id), reason)
    return step


def close(
    tx: Transaction,
    session_id: str,
    *,
    revision: int | None = None,
    corrections: Mapping[int, datetime] | None = None,
    reason: str | None = None,
) -> SessionDay:
    """Confirm the timeline that the system proposes, once; the day is closed.

    ``corrections`` are true times by the number of the step; each becomes a step of its own. Raises `ReasonNeeded`,
    `StepUnknown`, `SecondNeeded`, `TimeOutside`.
    """
    day = day_at_site(tx, session_id, DayVerb.CLOSE, MAIN, revision)
    if corrections and not reason:
        raise errors.ReasonNeeded(field="reason")
    for number, at in sorted((corrections or {}).items()):
        require(tx, DayVerb.CORRECT.permission, _target(tx, session_id, MAIN))
        correcting.correct(tx, day, number, at, by=tx.actor, reason=reason)
    correcting.check(tx, day)
    confirmed = proposal(tx.session, day)
    day.confirmed, day.confirmed_by, day.confirmed_at = timeline.written(confirmed), tx.actor, tx.now
    take(tx, day, DayVerb.CLOSE, StepKind.CLOSED, by=tx.actor)
    tx.record(
        TimelineConfirmed(session=session_id, centre=day.centre_id, timeline=[each.plain() for each in confirmed])
    )
    return day


def seated(tx: Transaction, session_id: str, seat: str) -> Key:
    """Whoever is present on a seat. Raises `NotPresent`."""
    for each in standing_of(tx.session, session_id).present:
        if each.key.seat == seat:
            return each.key
    raise errors.NotPresent(field="seat")


def day_at_site(tx: Transaction, session_id: str, verb: DayVerb, site: int, revision: int | None) -> SessionDay:
    """The day, if the actor may do this at the site; locked. Raises `NotPermitted`, `DayMoved`."""
    require(tx, verb.permission, _target(tx, session_id, site))
    return _unmoved(tx, session_id, revision)


def _at_line(tx: Transaction, session_id: str, verb: DayVerb, site: int, revision: int | None) -> SessionDay:
    """The same for a site's line, of which its own clerk and the main site's may speak."""
    caller = caller_of(tx)
    if caller is None or not any(may(caller, verb.permission, _target(tx, session_id, at)) for at in {site, MAIN}):
        raise NotPermitted(verb.permission)
    sitting = tx.session.get_one(EvaluationSession, session_id)
    if site not in {each.position for each in sitting.sites}:
        raise errors.SiteUnknown(field="site")
    return _unmoved(tx, session_id, revision)


def day_of_project(tx: Transaction, session_id: str, verb: DayVerb, revision: int | None = None) -> SessionDay:
    """The same for what the project's supervisor or initiator does."""
    sitting = tx.session.get(EvaluationSession, session_id)
    target = Target() if sitting is None else target_of_project(tx.session, sitting.project)
    require(tx, verb.permission, target)
    return _unmoved(tx, session_id, revision)


def _unmoved(tx: Transaction, session_id: str, revision: int | None) -> SessionDay:
    day = locked(tx, session_id)
    if revision is not None and day.revision != revision:
        raise errors.DayMoved(field="revision")
    return day


def _target(tx: Transaction, session_id: str, site: int) -> Target:
    sitting = tx.session.get(EvaluationSession, session_id)
    found = None if sitting is None else target_of_site(tx.session, sitting, site)
    return found or Target()
