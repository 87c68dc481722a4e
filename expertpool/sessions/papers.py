"""Late entries: what was kept on paper during an outage, entered by a clerk, signed by an account of another role.

A sheet has many lines and is signed once. Nothing of it counts before; then its lines become steps, marked late, at the
times that the paper says, and the whole record must still be a way that the day could have gone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from expertpool.core.transaction import Transaction
from expertpool.identity.models import Actor
from expertpool.sessions import acts, correcting, errors, following
from expertpool.sessions.events import PaperEntered, PaperRefused, PaperSigned
from expertpool.sessions.lifecycle import DayState, DayVerb
from expertpool.sessions.models import DayStep, EntryState, Key, PaperSheet, SessionDay
from expertpool.sessions.queries import standing_of
from expertpool.sessions.recording import Paper, take
from expertpool.sessions.service import MAIN, day_at_site, day_of_project, seated
from expertpool.sessions.steps import StepKind
from ledger.canonical import canonical
from ledger.entry import format_time


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a sheet: a step that happened at a time, or the true time of the step that it ``corrects``."""

    at: datetime
    kind: StepKind | None = None
    seat: str | None = None
    site: int | None = None
    votes_for: str | None = None
    meal: bool = False
    corrects: int | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "at": format_time(self.at),
            "kind": None if self.kind is None else self.kind.value,
            "seat": self.seat,
            "site": self.site,
            "votes_for": self.votes_for,
            "meal": self.meal,
            "corrects": self.corrects,
        }

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Line":
        """Undo `plain`."""
        kind = None if given["kind"] is None else StepKind(given["kind"])
        return cls(**{**given, "at": datetime.fromisoformat(given["at"]), "kind": kind})


Act = Callable[[Transaction, SessionDay, Line, Paper], DayStep | None]


def _by_seat(act: Callable[[Transaction, str, Key, Paper], DayStep | None]) -> Act:
    def entered(tx: Transaction, day: SessionDay, line: Line, paper: Paper) -> DayStep | None:
        return act(tx, day.session_id, seated(tx, day.session_id, line.seat or ""), paper)

    return entered


def _vote(tx: Transaction, day: SessionDay, line: Line, paper: Paper) -> DayStep:
    return acts.vote_chair(tx, day.session_id, seated(tx, day.session_id, line.seat or ""), line.votes_for or "", paper)


def _dissent(tx: Transaction, session_id: str, who: Key, paper: Paper) -> DayStep:
    return acts.dissent(tx, session_id, who, note=None, paper=paper)


def _refusal(tx: Transaction, session_id: str, who: Key, paper: Paper) -> DayStep:
    return acts.refuse_signature(tx, session_id, who, reason=None, by=paper.by, paper=paper)


def _answer(tx: Transaction, day: SessionDay, _line: Line, paper: Paper) -> DayStep:
    """To the question that has waited longest."""
    waiting = [each.number for each in standing_of(tx.session, day.session_id).questions if each.answered is None]
    return acts.answer(tx, day, min(waiting, default=0), paper=paper)


def _whole(verb: DayVerb, kind: StepKind) -> Act:
    """What the whole committee did."""

    def entered(tx: Transaction, day: SessionDay, line: Line, paper: Paper) -> DayStep:
        return take(tx, day, verb, kind, paper=paper, meal=line.meal if kind is StepKind.BREAK_BEGUN else None)

    return entered


BY_SEAT: Final[Mapping[StepKind, Act]] = {
    StepKind.DISCIPLINE_READ: _by_seat(acts.read_discipline),
    StepKind.BIDDERS_SHOWN: _by_seat(acts.show_bidders),
    StepKind.DECLARED: _by_seat(acts.declare),
    StepKind.CHAIR_VOTED: _vote,
    StepKind.DISSENT: _by_seat(_dissent),
    StepKind.TIME_VOTE: _by_seat(acts.vote_time),
    StepKind.REDONE: _by_seat(acts.redo),
    StepKind.REPORT_SIGNED_BY: _by_seat(acts.sign_report),
    StepKind.SIGN_REFUSED: _by_seat(_refusal),
}
BY_SITE: Final[Mapping[StepKind, Act]] = {
    StepKind.LINE_LOST: lambda tx, day, line, paper: acts.lose_line(tx, day, line.site or 0, paper=paper),
    StepKind.LINE_RESTORED: lambda tx, day, line, paper: acts.restore_line(tx, day, line.site or 0, paper=paper),
}
OF_ALL: Final[Mapping[StepKind, Act]] = {
    StepKind.BREAK_BEGUN: _whole(DayVerb.TAKE_BREAK, StepKind.BREAK_BEGUN),
    StepKind.BREAK_ENDED: _whole(DayVerb.END_BREAK, StepKind.BREAK_ENDED),
    StepKind.OVERNIGHT_BEGUN: _whole(DayVerb.STAY_OVERNIGHT, StepKind.OVERNIGHT_BEGUN),
    StepKind.OVERNIGHT_ENDED: _whole(DayVerb.END_OVERNIGHT, StepKind.OVERNIGHT_ENDED),
    StepKind.QUESTION_SENT: _whole(DayVerb.ASK, StepKind.QUESTION_SENT),
    StepKind.QUESTION_ANSWERED: _answer,
}
ON_PAPER: Final = {**BY_SEAT, **BY_SITE, **OF_ALL}
"""What can be kept on paper. Signing in cannot: the vault must match who it is, before or after."""


def enter_paper(
    tx: Transaction,
    session_id: str,
    *,
    lines: Sequence[Line],
    document: str,
    reason: str,
    site: int = MAIN,
    revision: int | None = None,
) -> PaperSheet:
    """Enter what was kept on paper; ``document`` is the SHA-256 of its scan. Nothing counts before it is signed.

    Raises `NotPermitted`, `DayMoved`, `WrongStep`, `LineIncomplete`, `TimeOutside`, `OnlyCorrections`.
    """
    day = day_at_site(tx, session_id, DayVerb.ENTER_PAPER, site, revision)
    day.move(DayVerb.ENTER_PAPER)
    for index, line in enumerate(lines):
        if not _whole_line(line):
            raise errors.LineIncomplete(field=f"lines.{index}")
        if line.at > tx.now:
            raise errors.TimeOutside(field=f"lines.{index}.at")
        _refuse_after_close(day, line, f"lines.{index}.kind")
    sheet = PaperSheet(
        session_id=session_id,
        centre_id=day.centre_id,
        lines=canonical([line.plain() for line in lines]).decode(),
        document=document,
        reason=reason,
        state=EntryState.ENTERED,
        entered_by=tx.actor,
        entered=tx.now,
    )
    tx.session.add(sheet)
    tx.session.flush()
    tx.record(
        PaperEntered(
            session=session_id,
            centre=day.centre_id,
            sheet=sheet.id,
            lines=[line.plain() for line in lines],
            document=document,
            reason=reason,
        )
    )
    return sheet


def sign_paper(tx: Transaction, session_id: str, sheet_id: str, *, document: str) -> PaperSheet:
    """Sign what another account entered; its lines become steps, in the order of their times.

    ``document`` is what the signer sees. Raises `NotPermitted`, `NoSuchEntry`, `EntryDecided`, `SameHand`,
    `DocumentDiffers`, and what a line's act refuses.
    """
    day, sheet = _waiting(tx, session_id, sheet_id, DayVerb.SIGN_PAPER)
    if document != sheet.document:
        raise errors.DocumentDiffers(field="document")
    for line in sorted(map(Line.read, json.loads(sheet.lines)), key=lambda line: line.at):
        _refuse_after_close(day, line, "document")
        _put(tx, day, line, Paper(line.at, sheet.entered_by, tx.actor), sheet.reason)
    correcting.check(tx, day)
    sheet.state, sheet.second, sheet.decided = EntryState.SIGNED, tx.actor, tx.now
    tx.record(PaperSigned(session=session_id, centre=day.centre_id, sheet=sheet.id))
    following.after(tx, day, tx.now)
    return sheet


def refuse_paper(tx: Transaction, session_id: str, sheet_id: str, *, reason: str) -> PaperSheet:
    """Refuse what another account entered: nothing of it counts. Raises as `sign_paper`."""
    day, sheet = _waiting(tx, session_id, sheet_id, DayVerb.REFUSE_PAPER)
    sheet.state, sheet.second, sheet.decided = EntryState.REFUSED, tx.actor, tx.now
    tx.record(PaperRefused(session=session_id, centre=day.centre_id, sheet=sheet.id, reason=reason))
    return sheet


def refuse_same_hand(tx: Transaction, entered_by: str) -> None:
    """Raise `SameHand` unless the actor is another account, of another role, than the one that entered."""
    roles = {tx.session.get_one(Actor, each).role for each in (entered_by, tx.actor)}
    if entered_by == tx.actor or len(roles) == 1:
        raise errors.SameHand


def _waiting(tx: Transaction, session_id: str, sheet_id: str, verb: DayVerb) -> tuple[SessionDay, PaperSheet]:
    day = day_of_project(tx, session_id, verb)
    day.move(verb)
    sheet = tx.session.get(PaperSheet, sheet_id, with_for_update=True)
    if sheet is None or sheet.session_id != session_id:
        raise errors.NoSuchEntry
    if sheet.state is not EntryState.ENTERED:
        raise errors.EntryDecided
    refuse_same_hand(tx, sheet.entered_by)
    return day, sheet


def _whole_line(line: Line) -> bool:
    """Whether a line says what its kind needs, and nothing else."""
    if line.corrects is not None:
        return (line.kind, line.seat, line.site, line.votes_for, line.meal) == (None, None, None, None, False)
    return (
        line.kind in ON_PAPER
        and (line.seat is not None) == (line.kind in BY_SEAT)
        and (line.site is not None) == (line.kind in BY_SITE)
        and (line.votes_for is not None) == (line.kind is StepKind.CHAIR_VOTED)
        and (not line.meal or line.kind is StepKind.BREAK_BEGUN)
    )


def _put(tx: Transaction, day: SessionDay, line: Line, paper: Paper, reason: str) -> None:
    if line.corrects is not None:
        correcting.correct(tx, day, line.corrects, line.at, by=paper.by, second=paper.second, reason=reason)
    elif line.kind is not None:
        ON_PAPER[line.kind](tx, day, line, paper)


def _refuse_after_close(day: SessionDay, line: Line, field: str) -> None:
    if day.state is DayState.CLOSED and line.corrects is None:
        raise errors.OnlyCorrections(field=field)
