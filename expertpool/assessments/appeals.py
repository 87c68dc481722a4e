"""Appeals (申诉): filed by whoever had the seat, decided by the competent department; the first result stays.

An appeal goes by seat. The vault alone knows that it is the expert who files it (``vault.own_assessments``).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments import attachments
from expertpool.assessments import case_errors as errors
from expertpool.assessments.case_lifecycle import AppealState
from expertpool.assessments.events import AppealDecided, AppealFiled
from expertpool.assessments.lifecycle import AssessmentVerb
from expertpool.assessments.models import RESULT, Amendment, Appeal, Assessment, Mark, Notice, Result, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.faults import crash_point
from expertpool.core.keyrings import SESSIONS_KEY
from expertpool.core.transaction import Transaction
from expertpool.draws.rules import published_years, standing_against
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import centres_below, target_of
from expertpool.identity.service import require
from expertpool.sessions.notes import NoteKeys
from policies.apply import decide as judge
from policies.assessment_facts import Appeal as Appealed
from policies.conduct_items import Party
from policies.dates import UnpublishedYear, working_days_after
from policies.facts import day_of
from policies.scoring import scored

APPEAL: Final = "assessment.appeal"
DECISION: Final = "assessment.appeal_decision"
MOST: Final = 1000
"""Characters of an appeal's text."""
MOST_LISTED: Final = 200
_SIZE: Final = 4 * MOST


class Correction(NamedTuple):
    """A deduction of a party for an item that is fewer points now, in whole points; 0 takes it away."""

    party: Party
    item: str
    points: int


def file(
    tx: Transaction, keys: NoteKeys, session_id: str, subject: int, *, text: str, files: Sequence[str] = ()
) -> Appeal:
    """File an appeal against a result that was received, once, within the rulebook's working days.

    Raises `AppealEmpty`, `NotReceived`, `AppealThere`, `AppealTooLate`, `NoSuchFile`.
    """
    if not text.strip():
        raise errors.AppealEmpty(field="text")
    assessment = tx.session.get_one(Assessment, session_id, with_for_update=True)
    notice = tx.session.get(Notice, (session_id, subject, RESULT))
    if notice is None or notice.served is None:
        raise errors.NotReceived
    if of_result(tx.session, session_id, subject) is not None:
        raise errors.AppealThere
    rules, today = AssessmentRules.kept(assessment.form), day_of(tx.now)
    if standing_against(judge(rules.book, rules.regime, Appealed(notice.served, today, published_years()))):
        raise errors.AppealTooLate(rules.book.values(APPEAL, rules.regime).number("days"))
    appeal = Appeal(
        centre_id=assessment.centre_id,
        session_id=session_id,
        subject=subject,
        state=AppealState.FILED,
        text=_sealed(keys, session_id, subject, text),
        filed=today,
        due=_due(rules, today),
    )
    tx.session.add(appeal)
    tx.session.flush()
    digests = attachments.take(tx, appeal.id, files)
    assessment.move(AssessmentVerb.APPEAL)
    crash_point("assessment.appealed")
    tx.record(
        AppealFiled(session=session_id, centre=assessment.centre_id, appeal=appeal.id, subject=subject, files=digests)
    )
    return appeal


def decide(
    tx: Transaction, appeal_id: str, *, upheld: bool, reason: str, corrections: Sequence[Correction] = ()
) -> Appeal:
    """Decide an appeal. Where it is upheld, what the corrections leave is weighed again and stands beside the result.

    Raises `NotPermitted`, `NoSuchAppeal`, `AppealDecidedAlready`, `CorrectionWrong`.
    """
    appeal = tx.session.get(Appeal, appeal_id, with_for_update=True)
    target = Target() if appeal is None else target_of(tx.session, tx.session.get_one(Centre, appeal.centre_id))
    require(tx, "appeal.decide", target)
    if appeal is None:
        raise errors.NoSuchAppeal
    if appeal.state is not AppealState.FILED:
        raise errors.AppealDecidedAlready
    assessment = tx.session.get_one(Assessment, appeal.session_id, with_for_update=True)
    amendment = _amended(tx, appeal, AssessmentRules.kept(assessment.form), corrections) if upheld else None
    if corrections and not upheld:
        raise errors.CorrectionWrong(field="corrections")
    appeal.state = AppealState.UPHELD if upheld else AppealState.REFUSED
    appeal.decided, appeal.decided_by, appeal.decision = tx.now, tx.actor, reason
    tx.session.add(Notice(session_id=appeal.session_id, subject=appeal.subject, about=appeal.id, made=day_of(tx.now)))
    tx.session.flush()
    still = select(Appeal.id).where(Appeal.session_id == appeal.session_id, Appeal.state == AppealState.FILED)
    if tx.session.scalar(still.limit(1)) is None:
        assessment.move(AssessmentVerb.DECIDE)
    crash_point("assessment.appeal-decided")
    tx.record(
        AppealDecided(
            session=appeal.session_id,
            centre=appeal.centre_id,
            appeal=appeal.id,
            upheld=upheld,
            reason=reason,
            deduction=None if amendment is None else amendment.deduction,
            score=None if amendment is None else amendment.score,
        )
    )
    return appeal


def of_result(session: Session, session_id: str, subject: int) -> Appeal | None:
    """The appeal against a result; None where there is none."""
    return session.scalar(select(Appeal).where(Appeal.session_id == session_id, Appeal.subject == subject))


def visible_appeal(session: Session, caller: Caller, appeal_id: str) -> Appeal:
    """An appeal that the caller may look at. Raises `NoSuchAppeal`."""
    appeal = session.get(Appeal, appeal_id)
    if appeal is None or not may(caller, "appeal.see", target_of(session, session.get_one(Centre, appeal.centre_id))):
        raise errors.NoSuchAppeal
    return appeal


def visible_appeals(session: Session, caller: Caller) -> Sequence[Appeal]:
    """The newest appeals of one's own centre and those below."""
    found = select(Appeal).where(Appeal.centre_id.in_(centres_below(session, caller.centre)))
    return session.scalars(found.order_by(Appeal.filed.desc(), Appeal.id).limit(MOST_LISTED)).all()


def text_of(keys: NoteKeys, appeal: Appeal) -> str:
    """What the expert wrote. Raises `SealBroken` for a text that was altered or moved."""
    return keys.open(SESSIONS_KEY, appeal.text, _bound(appeal.session_id, appeal.subject)).decode().rstrip()


def _sealed(keys: NoteKeys, session_id: str, subject: int, text: str) -> bytes:
    return keys.seal(SESSIONS_KEY, text[:MOST].encode().ljust(_SIZE), _bound(session_id, subject))


def _bound(session_id: str, subject: int) -> bytes:
    return f"{Appeal.__tablename__}.text:{session_id}/{subject}".encode()


def _due(rules: AssessmentRules, filed: date) -> date | None:
    try:
        days = rules.book.values(DECISION, rules.regime).number("days")
        return working_days_after(filed, days, published_years())
    except UnpublishedYear:
        return None


def _amended(tx: Transaction, appeal: Appeal, rules: AssessmentRules, corrections: Sequence[Correction]) -> Amendment:
    """What is left of the deductions, weighed as at the reveal. Raises `CorrectionWrong`."""
    key = (appeal.session_id, appeal.subject)
    marks = tx.session.scalars(select(Mark).where(Mark.session_id == key[0], Mark.subject == key[1])).all()
    made = {(mark.party, mark.item): mark.points for mark in marks}
    changed = {(each.party, each.item): each.points for each in corrections}
    fewer = all(0 <= points < max(made.get(at, 0), 1) for at, points in changed.items())
    if not changed or not changed.keys() <= made.keys() or not fewer or len(changed) != len(corrections):
        raise errors.CorrectionWrong(field="corrections")
    kind = tx.session.get_one(Subject, key).kind
    missing = {Party(each) for each in tx.session.get_one(Result, key).missing.split(",") if each}
    points = {party: 0 for party in rules.weights(kind) if party not in missing}
    for (party, _), taken in {**made, **changed}.items():
        points[party] += taken
    result = scored(rules.weights(kind), points)
    amendment = Amendment(
        session_id=key[0],
        subject=key[1],
        appeal_id=appeal.id,
        marks=_plain(changed),
        deduction=result.deduction,
        score=result.score,
        at=tx.now,
    )
    tx.session.add(amendment)
    return amendment


def _plain(changed: Mapping[tuple[Party, str], int]) -> str:
    return json.dumps([[party.value, item, points] for (party, item), points in sorted(changed.items())])
