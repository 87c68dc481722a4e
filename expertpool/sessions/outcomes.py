"""Report signed, award fixed, notice published, where no trading system states them: the agency enters, the supervisor
confirms.

Two accounts of two roles, who both state the document's digest. What comes of it is the same `Milestone`, with the same
event, as through the door, under the same rules of order and time.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Target
from expertpool.identity.service import require
from expertpool.projects.errors import LotUnknown, SessionUnknown
from expertpool.projects.handover import outcome_of, reach, report_of
from expertpool.projects.models import EvaluationSession, Milestone, Project
from expertpool.projects.queries import target_of_project
from expertpool.projects.terms import MilestoneKind
from expertpool.sessions import errors, following
from expertpool.sessions.events import OutcomeEntered, OutcomeRefused
from expertpool.sessions.following import committee_of
from expertpool.sessions.models import EntryState, OutcomeEntry, SessionDay
from expertpool.sessions.papers import refuse_same_hand
from expertpool.sessions.queries import standing_of
from ledger.entry import format_time

ENTER: Final = "outcome.enter"
CONFIRM: Final = "outcome.confirm"
REFUSE: Final = "outcome.refuse"


def enter_outcome(
    tx: Transaction, project_id: str, *, kind: MilestoneKind, subject: str, at: datetime, document: str
) -> OutcomeEntry:
    """Enter a milestone: of a session its report, of a lot its award or notice. It counts when it is confirmed.

    ``subject`` is the session or lot, ``document`` the SHA-256 of the paper. Refused already here is what could not be
    confirmed: raises `NotPermitted`, `EntryWaits`, as `projects.handover`, and as `_refuse_unfinished` for a report.
    """
    project = _project(tx, project_id, ENTER)
    waiting = select(OutcomeEntry.id).where(
        OutcomeEntry.kind == kind, OutcomeEntry.subject == subject, OutcomeEntry.state == EntryState.ENTERED
    )
    if tx.session.scalar(waiting.limit(1)):
        raise errors.EntryWaits
    entry = OutcomeEntry(
        project_id=project.id,
        centre_id=project.centre_id,
        kind=kind,
        subject=subject,
        at=at,
        document=document,
        state=EntryState.ENTERED,
        entered_by=tx.actor,
        entered=tx.now,
    )
    _try(tx, project, entry)
    tx.session.add(entry)
    tx.session.flush()
    tx.record(OutcomeEntered(**_shown(entry), at=format_time(at), document=document))
    return entry


def confirm_outcome(tx: Transaction, project_id: str, entry_id: str, *, document: str) -> OutcomeEntry:
    """Confirm what the agency entered; ``document`` is the digest of the paper that the supervisor sees.

    Raises `NotPermitted`, `NoSuchEntry`, `EntryDecided`, `SameHand`, `DocumentDiffers`, and as `enter_outcome`.
    """
    project, entry = _waiting(tx, project_id, entry_id, CONFIRM)
    refuse_same_hand(tx, entry.entered_by)
    if document != entry.document:
        raise errors.DocumentDiffers(field="document")
    reached = _try(tx, project, entry)
    entry.state, entry.second, entry.decided = EntryState.SIGNED, tx.actor, tx.now
    reach(tx, reached)
    if entry.kind is MilestoneKind.REPORT_SIGNED:
        following.report_stated(tx, entry.subject)
    return entry


def refuse_outcome(tx: Transaction, project_id: str, entry_id: str, *, reason: str) -> OutcomeEntry:
    """Refuse what the agency entered, or withdraw what one entered oneself.

    Raises `NotPermitted`, `NoSuchEntry`, `EntryDecided`.
    """
    _, entry = _waiting(tx, project_id, entry_id, REFUSE)
    entry.state, entry.second, entry.decided, entry.reason = EntryState.REFUSED, tx.actor, tx.now, reason
    tx.record(OutcomeRefused(**_shown(entry), reason=reason))
    return entry


def _project(tx: Transaction, project_id: str, verb: str) -> Project:
    """A project that the actor may do this to, locked: of two entries at once the second sees the first."""
    project = tx.session.get(Project, project_id, with_for_update=True)
    require(tx, verb, Target() if project is None else target_of_project(tx.session, project))
    if project is None:
        raise NotPermitted(verb)
    return project


def _waiting(tx: Transaction, project_id: str, entry_id: str, verb: str) -> tuple[Project, OutcomeEntry]:
    project = _project(tx, project_id, verb)
    entry = tx.session.get(OutcomeEntry, entry_id, with_for_update=True)
    if entry is None or entry.project_id != project.id:
        raise errors.NoSuchEntry
    if entry.state is not EntryState.ENTERED:
        raise errors.EntryDecided
    return project, entry


def _try(tx: Transaction, project: Project, entry: OutcomeEntry) -> Milestone:
    """The milestone that the entry would be. Raises as `enter_outcome`."""
    if entry.kind is MilestoneKind.REPORT_SIGNED:
        sitting = tx.session.get(EvaluationSession, entry.subject)
        if sitting is None or sitting.project_id != project.id:
            raise SessionUnknown(field="subject")
        _refuse_unfinished(tx, sitting.id)
        return report_of(tx, sitting, at=entry.at, said=tx.now, document=entry.document)
    lot = next((each for each in project.lots if each.id == entry.subject), None)
    if lot is None:
        raise LotUnknown(field="subject")
    return outcome_of(tx, project, lot, entry.kind, at=entry.at, said=tx.now, document=entry.document)


def _refuse_unfinished(tx: Transaction, session_id: str) -> None:
    """Refuse the report of a day on which a seat is empty, or a replacement owes a redo.

    Raises `NotRedone`, `CommitteeIncomplete`.
    """
    if tx.session.get(SessionDay, session_id, with_for_update=True) is None:
        return
    now = standing_of(tx.session, session_id)
    if now.owing:
        raise errors.NotRedone(now.owing[0].key.seat)
    if not following.all_declared(now, committee_of(tx.session, session_id)):
        raise errors.CommitteeIncomplete


def _shown(entry: OutcomeEntry) -> dict[str, str]:
    return {
        "entry": entry.id,
        "milestone": entry.kind.value,
        "project": entry.project_id,
        "subject": entry.subject,
        "centre": entry.centre_id,
    }
