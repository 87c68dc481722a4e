"""The reveal: all sheets are opened together, when all are in or the time is up. Only the vault can.

Anybody can seal something to the vault's public key, so the sheets of a session count only if they are those whose
digests stand in the entries by which they were given: else nothing of it is revealed until that is put right.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments.errors import SheetAltered
from expertpool.assessments.events import AssessmentRevealed, SheetsGiven
from expertpool.assessments.lifecycle import AssessmentState, AssessmentVerb
from expertpool.assessments.models import Assessment, Mark, Result, Sheet, Subject
from expertpool.assessments.queries import sheets_of, subjects_of
from expertpool.assessments.rules import AssessmentRules
from expertpool.assessments.sheets import Opener, Place, Taken, digest, open_sheet
from expertpool.core.database import READ_ONLY
from expertpool.core.faults import crash_point
from expertpool.core.keystore import SealBroken
from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.core.rows import row_key
from expertpool.core.transaction import Transaction
from expertpool.draws.parts import VAULT, Parts
from expertpool.projects.models import EvaluationSession, Project
from ledger.entry import Entry, parse_entry
from policies.conduct_items import Party
from policies.scoring import scored

REVEALED: Final = "assessments.revealed"
"""The job of the vault that follows: results are served, and cases proposed by rule."""
PAUSE: Final = timedelta(seconds=1)
_OPEN: Final = (
    select(Assessment.session_id, Assessment.due, Project.initiator_id)
    .join(EvaluationSession, EvaluationSession.id == Assessment.session_id)
    .join(Project, Project.id == EvaluationSession.project_id)
    .where(Assessment.state == AssessmentState.OPEN)
    .order_by(Assessment.session_id)
)
_GIVEN: Final = (
    select(Sheet.session_id, Sheet.party)
    .join(Assessment, Assessment.session_id == Sheet.session_id)
    .where(Assessment.state == AssessmentState.OPEN)
    .distinct()
)


class Reveals:
    """Reveals what is to be revealed. Looked for at most once a second."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None

    def step(self) -> bool:
        """Reveal what waits; returns whether there was anything. Raises `SheetAltered`, after all others."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            waiting = list(_waiting(session, now))
        altered: SheetAltered | None = None
        for session_id in waiting:
            try:
                with self._parts.transactions.begin(VAULT) as tx:
                    reveal(tx, self._parts.keys, session_id)
            except SheetAltered as found:
                altered = found
        if altered is not None:
            raise altered
        return bool(waiting)


def reveal(tx: Transaction, keys: Opener, session_id: str) -> None:
    """Open all sheets of a session, once, into marks and results. Raises `SheetAltered`: then nothing is revealed."""
    assessment = tx.session.get_one(Assessment, session_id, with_for_update=True)
    if assessment.state is not AssessmentState.OPEN:
        return
    taken = {
        Place(session_id, each.subject, each.party): _opened(keys, each) for each in _as_given(tx.session, assessment)
    }
    subjects = subjects_of(tx.session, session_id)
    marks = [_mark(place, each) for place, found in taken.items() for each in found]
    results = list(_results(AssessmentRules.kept(assessment.form), subjects, taken))
    missing = sorted(set(Party) - {place.party for place in taken})
    assessment.move(AssessmentVerb.REVEAL)
    assessment.revealed = tx.now
    tx.session.add_all((*marks, *results))
    tx.session.flush()
    tx.enqueue(REVEALED, {"session": session_id})
    crash_point("assessment.revealed")
    tx.record(
        AssessmentRevealed(
            session=session_id,
            centre=assessment.centre_id,
            missing=[party.value for party in missing],
            marks=[_told(each) for each in marks],
            results=[{"subject": each.subject, "deduction": each.deduction, "score": each.score} for each in results],
        )
    )


def _waiting(session: Session, now: datetime) -> Iterator[str]:
    """The open assessments whose time is up, or for which whoever can give a sheet has."""
    given: dict[str, set[Party]] = defaultdict(set)
    for session_id, party in session.execute(_GIVEN):
        given[session_id].add(party)
    for session_id, due, initiator in session.execute(_OPEN):
        awaited = set(Party) - (set() if initiator else {Party.PROJECT_UNIT})
        if (due is not None and due <= now) or awaited <= given[session_id]:
            yield session_id


def _as_given(session: Session, assessment: Assessment) -> Sequence[Sheet]:
    """The sheets, if they are those that the ledger says were given: none exchanged, added or taken away.

    Raises `SheetAltered`.
    """
    found = sheets_of(session, assessment.session_id)
    digests: dict[str, list[str]] = defaultdict(list)
    for sheet in found:
        digests[sheet.party].append(digest(sheet.sealed))
    acts = _acts_of(session, assessment)
    logged = {act.body["party"]: act.body["sheets"] for act in acts if act.kind == SheetsGiven.kind}
    if len(acts) != assessment.revision or logged != digests:
        raise SheetAltered
    return found


def _acts_of(session: Session, assessment: Assessment) -> list[Entry]:
    """The entries of an assessment: each act leaves an image of its row."""
    found = (
        select(LedgerEntry.data)
        .join(LedgerImage, LedgerImage.entry == LedgerEntry.index)
        .where(LedgerImage.row_table == Assessment.__tablename__, LedgerImage.row_key == row_key(assessment))
        .order_by(LedgerEntry.index)
    )
    return [parse_entry(data) for data in session.scalars(found)]


def _opened(keys: Opener, sheet: Sheet) -> tuple[Taken, ...]:
    try:
        return open_sheet(keys, Place(sheet.session_id, sheet.subject, sheet.party), sheet.sealed)
    except SealBroken:
        raise SheetAltered from None


def _results(
    rules: AssessmentRules, subjects: Sequence[Subject], taken: Mapping[Place, Sequence[Taken]]
) -> Iterator[Result]:
    for subject in subjects:
        points = {
            place.party: sum(each.points for each in found)
            for place, found in taken.items()
            if place.subject == subject.number
        }
        result = scored(rules.weights(subject.kind), points)
        yield Result(
            session_id=subject.session_id,
            subject=subject.number,
            deduction=result.deduction,
            score=result.score,
            missing=",".join(result.missing),
        )


def _mark(place: Place, taken: Taken) -> Mark:
    return Mark(session_id=place.session, subject=place.subject, party=place.party, **taken._asdict())


def _told(mark: Mark) -> dict[str, Any]:
    """A mark as the entry holds it, hidden: the row's image has the rest."""
    return {"subject": mark.subject, "party": mark.party.value, "item": mark.item, "points": mark.points}
