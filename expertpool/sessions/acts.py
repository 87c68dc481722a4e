"""What happens in a day once it is clear that it may: by a clerk's verb, a member at the terminal, the vault, by rule.

Each act takes the transaction, locks the day, and adds one step; what follows from it by rule (the chair, the review,
more time, the report) follows in the same transaction. ``who`` is a member by seat, ``by`` the account that enters it.
"""

from datetime import datetime
from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.sessions import errors, following
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import DayStep, Key, SessionDay
from expertpool.sessions.queries import standing_of
from expertpool.sessions.recording import Paper, locked, take
from expertpool.sessions.standing import Sitter, Standing
from expertpool.sessions.steps import Cause, StepKind


def read_discipline(tx: Transaction, session_id: str, who: Key, paper: Paper | None = None) -> DayStep:
    """A member has read the discipline (评审纪律). Raises as `_member`, and `AlreadyDone`."""
    day, sitter, _ = _member(tx, session_id, who)
    _once(sitter.read)
    return take(tx, day, DayVerb.READ, StepKind.DISCIPLINE_READ, who=who, site=sitter.site, paper=paper)


def show_bidders(tx: Transaction, session_id: str, who: Key, paper: Paper | None = None) -> DayStep | None:
    """A member has seen the bidders: on record the first time. Raises as `_member`, and `NotYet`."""
    day, sitter, _ = _member(tx, session_id, who)
    if sitter.shown is not None:
        return None
    _after(sitter.read)
    return take(tx, day, DayVerb.SHOW_BIDDERS, StepKind.BIDDERS_SHOWN, who=who, site=sitter.site, paper=paper)


def declare(tx: Transaction, session_id: str, who: Key, paper: Paper | None = None) -> DayStep:
    """A member signs the recusal declaration (回避声明与承诺书). Raises as `_member`, `NotYet`, `AlreadyDone`."""
    day, sitter, _ = _member(tx, session_id, who)
    _once(sitter.declared)
    _after(sitter.shown)
    step = take(tx, day, DayVerb.DECLARE, StepKind.DECLARED, who=who, site=sitter.site, paper=paper)
    following.after(tx, day, step.at)
    return step


def vote_chair(tx: Transaction, session_id: str, who: Key, seat: str, paper: Paper | None = None) -> DayStep:
    """A member votes for a seat to chair; until there is a chair a later vote replaces it.

    Raises as `_member`, `NotYet`, `NotElectable`, and `AlreadyDone` once there is a chair.
    """
    day, sitter, now = _member(tx, session_id, who)
    _after(sitter.declared)
    _once(now.elected if now.chair else None)
    if seat not in {each.key.seat for each in now.present if each.declared}:
        raise errors.NotElectable(field="seat")
    verb, kind = DayVerb.VOTE_CHAIR, StepKind.CHAIR_VOTED
    step = take(tx, day, verb, kind, who=who, site=sitter.site, votes_for=seat, paper=paper)
    following.after(tx, day, step.at)
    return step


def take_break(
    tx: Transaction,
    session_id: str,
    who: Key | None = None,
    *,
    meal: bool = False,
    by: str | None = None,
    paper: Paper | None = None,
) -> DayStep:
    """The committee pauses, by its chair or by a clerk's entry. Raises `NotTheChair`."""
    day = _chairs(tx, session_id, who)
    return take(tx, day, DayVerb.TAKE_BREAK, StepKind.BREAK_BEGUN, who=who, meal=meal, by=by, paper=paper)


def end_break(
    tx: Transaction, session_id: str, who: Key | None = None, *, by: str | None = None, paper: Paper | None = None
) -> DayStep:
    """The committee goes on after a break. Raises `NotTheChair`."""
    day = _chairs(tx, session_id, who)
    step = take(tx, day, DayVerb.END_BREAK, StepKind.BREAK_ENDED, who=who, by=by, paper=paper)
    following.after(tx, day, step.at)
    return step


def ask_bidder(
    tx: Transaction,
    session_id: str,
    who: Key | None = None,
    *,
    note: bytes | None = None,
    by: str | None = None,
    paper: Paper | None = None,
) -> DayStep:
    """A question to a bidder (澄清) goes out, in writing; ``note`` is its text, sealed. Raises as `_member`."""
    if who is not None:
        _member(tx, session_id, who)
    day = locked(tx, session_id)
    return take(tx, day, DayVerb.ASK, StepKind.QUESTION_SENT, who=who, note=note, by=by, paper=paper)


def answer(
    tx: Transaction, day: SessionDay, question: int, *, by: str | None = None, paper: Paper | None = None
) -> DayStep:
    """A bidder's answer came; ``question`` is the number of its step. Raises `NothingAsked`."""
    waiting = {each.number for each in standing_of(tx.session, day.session_id).questions if each.answered is None}
    if question not in waiting:
        raise errors.NothingAsked(field="question")
    return take(tx, day, DayVerb.ANSWER, StepKind.QUESTION_ANSWERED, about=question, by=by, paper=paper)


def lose_line(
    tx: Transaction,
    day: SessionDay,
    site: int,
    *,
    reason: str | None = None,
    by: str | None = None,
    paper: Paper | None = None,
) -> DayStep:
    """A site's line is lost: the report does not count before it is back. Raises `LineIsDown` when it is already."""
    if site in standing_of(tx.session, day.session_id).lines_down:
        raise errors.LineIsDown(field="site")
    return take(tx, day, DayVerb.LOSE_LINE, StepKind.LINE_LOST, site=site, reason=reason, by=by, paper=paper)


def restore_line(
    tx: Transaction, day: SessionDay, site: int, *, by: str | None = None, paper: Paper | None = None
) -> DayStep:
    """A site's line is back. Raises `LineIsUp` when it was not lost."""
    if site not in standing_of(tx.session, day.session_id).lines_down:
        raise errors.LineIsUp(field="site")
    step = take(tx, day, DayVerb.RESTORE_LINE, StepKind.LINE_RESTORED, site=site, by=by, paper=paper)
    following.after(tx, day, step.at)
    return step


def dissent(tx: Transaction, session_id: str, who: Key, *, note: bytes | None, paper: Paper | None = None) -> DayStep:
    """A member dissents in writing (条例 第五十三条); ``note`` is the text, sealed. Raises as `_reviewer`."""
    day, sitter, _ = _reviewer(tx, session_id, who)
    return take(tx, day, DayVerb.DISSENT, StepKind.DISSENT, who=who, site=sitter.site, note=note, paper=paper)


def vote_time(tx: Transaction, session_id: str, who: Key, paper: Paper | None = None) -> DayStep:
    """A member finds that the time is too short (条例 第四十八条). Raises as `_reviewer`, and `AlreadyDone`."""
    day, sitter, _ = _reviewer(tx, session_id, who)
    if sitter.asks_time:
        raise errors.AlreadyDone
    step = take(tx, day, DayVerb.VOTE_TIME, StepKind.TIME_VOTE, who=who, site=sitter.site, paper=paper)
    following.after(tx, day, step.at)
    return step


def redo(tx: Transaction, session_id: str, who: Key, paper: Paper | None = None) -> DayStep:
    """Whoever replaced a member has done that member's work again. Raises as `_reviewer`, and `AlreadyDone`."""
    day, sitter, now = _reviewer(tx, session_id, who)
    if sitter not in now.owing:
        raise errors.AlreadyDone
    step = take(tx, day, DayVerb.REDO, StepKind.REDONE, who=who, site=sitter.site, paper=paper)
    following.after(tx, day, step.at)
    return step


def sign_report(tx: Transaction, session_id: str, who: Key, paper: Paper | None = None) -> DayStep:
    """A member signs the report. Raises as `_reviewer`, `AlreadyDone`, and `NotRedone` while anybody owes a redo."""
    day, sitter, now = _reviewer(tx, session_id, who)
    return _finish(tx, day, sitter, now, verb=DayVerb.SIGN, kind=StepKind.REPORT_SIGNED_BY, paper=paper)


def refuse_signature(
    tx: Transaction, session_id: str, who: Key, *, reason: str | None, by: str | None, paper: Paper | None = None
) -> DayStep:
    """A member refuses to sign and states no dissent: taken as agreement (条例 第五十三条). Raises as `sign_report`."""
    day, sitter, now = _reviewer(tx, session_id, who)
    verb, kind = DayVerb.REFUSE_SIGNATURE, StepKind.SIGN_REFUSED
    return _finish(tx, day, sitter, now, verb=verb, kind=kind, paper=paper, reason=reason, by=by)


def lose(
    tx: Transaction, day: SessionDay, who: Key, cause: Cause | None, *, reason: str | None, by: str | None
) -> DayStep:
    """A member, or whoever was to come for a seat, is lost."""
    return take(tx, day, DayVerb.REPLACE, StepKind.MEMBER_LOST, who=who, cause=cause, reason=reason, by=by)


def end_void(tx: Transaction, day: SessionDay, *, reason: str, by: str | None = None) -> DayStep:
    """The day is void: by the supervisor's order, or by rule. Raises `WrongStep`."""
    return take(tx, day, DayVerb.VOID, StepKind.VOIDED, reason=reason, by=by)


def _finish(
    tx: Transaction,
    day: SessionDay,
    sitter: Sitter,
    now: Standing,
    *,
    verb: DayVerb,
    kind: StepKind,
    paper: Paper | None,
    **said: Any,
) -> DayStep:
    _once(sitter.signed or sitter.refused)
    if now.owing:
        raise errors.NotRedone(now.owing[0].key.seat)
    step = take(tx, day, verb, kind, who=sitter.key, site=sitter.site, paper=paper, **said)
    following.after(tx, day, step.at)
    return step


def _member(tx: Transaction, session_id: str, who: Key) -> tuple[SessionDay, Sitter, Standing]:
    """A member who is present. Raises as `locked`, `NotPresent`, and `LineIsDown` for one at a site that is cut off."""
    day = locked(tx, session_id)
    now = standing_of(tx.session, session_id)
    sitter = now.sitters.get(who)
    if sitter is None or sitter.left is not None:
        raise errors.NotPresent
    return day, sitter, now


def _reviewer(tx: Transaction, session_id: str, who: Key) -> tuple[SessionDay, Sitter, Standing]:
    """A member who has declared. Raises as `_member`, and `NotYet`."""
    day, sitter, now = _member(tx, session_id, who)
    _after(sitter.declared)
    return day, sitter, now


def _chairs(tx: Transaction, session_id: str, who: Key | None) -> SessionDay:
    day = locked(tx, session_id)
    if who is not None and standing_of(tx.session, session_id).chair != who:
        raise errors.NotTheChair
    return day


def _once(done: datetime | None) -> None:
    if done is not None:
        raise errors.AlreadyDone


def _after(done: datetime | None) -> None:
    if done is None:
        raise errors.NotYet
