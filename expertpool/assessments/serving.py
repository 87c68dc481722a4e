"""Service of notices (送达): a result or a decision counts as received on the day on which somebody signed for it.

Experts sign for it over the line to the vault; on paper it is possible once names are open. When everything of a
session was received and no appeal is possible any more, its assessment is final.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments import case_errors as errors
from expertpool.assessments.case_lifecycle import AppealState
from expertpool.assessments.events import AssessmentFinished, NoticeServed
from expertpool.assessments.lifecycle import AssessmentState, AssessmentVerb
from expertpool.assessments.models import RESULT, Appeal, Assessment, Notice, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.transaction import Transaction
from expertpool.draws.models import Assignment
from expertpool.draws.rules import published_years
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from policies.dates import UnpublishedYear, working_days_after
from policies.facts import day_of

ENDS_IN: Final = (AssessmentState.REVEALED, AssessmentState.DECIDED)


def receive(tx: Transaction, session_id: str, subject: int, about: str = RESULT) -> Notice:
    """Note that whoever had the seat signed for a notice; again is the first time. Raises `NoSuchResult`."""
    notice = tx.session.get(Notice, (session_id, subject, about), with_for_update=True)
    if notice is None:
        raise errors.NoSuchResult
    if notice.served is None:
        _served(tx, notice, None)
    return notice


def serve_on_paper(tx: Transaction, session_id: str, subject: int, *, document: str, about: str = RESULT) -> Notice:
    """Note that a notice was served on paper (``document``: SHA-256 of the signed receipt), once names are open.

    Raises `NotPermitted`, `NotServable`.
    """
    of_it = tx.session.get(Subject, (session_id, subject))
    target = Target() if of_it is None else target_of(tx.session, tx.session.get_one(Centre, of_it.centre_id))
    require(tx, "notice.serve", target)
    notice = tx.session.get(Notice, (session_id, subject, about), with_for_update=True)
    known = of_it is not None and of_it.key is not None and tx.session.get(Assignment, tuple(of_it.key)) is not None
    if notice is None or notice.served is not None or not known:
        raise errors.NotServable
    _served(tx, notice, document)
    return notice


def appeal_until(rules: AssessmentRules, notice: Notice | None) -> date | None:
    """The last day for an appeal; None before the result was received, or while the year's calendar is unknown."""
    if notice is None or notice.served is None:
        return None
    days = rules.book.values("assessment.appeal", rules.regime).number("days")
    try:
        return working_days_after(notice.served, days, published_years())
    except UnpublishedYear:
        return None


def to_finish(session: Session, today: date) -> Sequence[str]:
    """The assessments that are final now: all results received, the times for appeals over, no appeal open."""
    found = select(Assessment).where(Assessment.state.in_(ENDS_IN)).order_by(Assessment.session_id)
    return [each.session_id for each in session.scalars(found) if _is_over(session, each, today)]


def finish(tx: Transaction, session_id: str) -> None:
    """Make an assessment final, once."""
    assessment = tx.session.get_one(Assessment, session_id, with_for_update=True)
    if assessment.state in ENDS_IN and _is_over(tx.session, assessment, day_of(tx.now)):
        assessment.move(AssessmentVerb.FINISH)
        tx.record(AssessmentFinished(session=session_id, centre=assessment.centre_id))


def _is_over(session: Session, assessment: Assessment, today: date) -> bool:
    of_it = assessment.session_id
    open_ = select(Appeal.id).where(Appeal.session_id == of_it, Appeal.state == AppealState.FILED).limit(1)
    notices = session.scalars(select(Notice).where(Notice.session_id == of_it, Notice.about == RESULT)).all()
    rules = AssessmentRules.kept(assessment.form)
    return bool(notices) and session.scalar(open_) is None and _all_past(rules, notices, today)


def _all_past(rules: AssessmentRules, notices: Iterable[Notice], today: date) -> bool:
    ends = [appeal_until(rules, each) for each in notices]
    return all(end is not None and end < today for end in ends)


def _served(tx: Transaction, notice: Notice, document: str | None) -> None:
    notice.served, notice.document = day_of(tx.now), document
    centre = tx.session.get_one(Subject, (notice.session_id, notice.subject)).centre_id
    tx.record(
        NoticeServed(
            session=notice.session_id,
            centre=centre,
            subject=notice.subject,
            about=notice.about,
            served=notice.served.isoformat(),
            document=document,
        )
    )
