"""What a sender hands over for a session: ciphertexts for the vault, and statements that a milestone was reached."""

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy import select

from expertpool.core.transaction import Transaction
from expertpool.projects import acts
from expertpool.projects import door_errors as errors
from expertpool.projects.envelope import check_sealed
from expertpool.projects.events import MilestoneReached, SealedReceived
from expertpool.projects.lifecycle import LIVE, SessionState
from expertpool.projects.models import (
    EvaluationSession,
    Lot,
    Milestone,
    Project,
    SealedBlob,
    SealedDelivery,
    SessionLot,
)
from expertpool.projects.queries import latest_sealed, milestone
from expertpool.projects.terms import MilestoneKind, SealedKind
from ledger.entry import format_time

NOT_OPENED: Final = "opening.failed"
"""The kind of message that says that the bids of a session could not be opened."""
NOT_OPENED_REASON: Final = "未能开标（开启响应文件），按规则取消"

REPORT_STATED: Final = "session.report-stated"
"""The job by which the session's day learns of its report."""


def take_bidder_list(
    tx: Transaction,
    session: EvaluationSession,
    *,
    sealed: bytes | None,
    vault_key: str,
    sha256: str,
    reason: str | None = None,
) -> SealedDelivery:
    """Store a session's sealed bidder list: once, unless it is superseded before the opening, with a reason.

    Raises `SessionNotLive`, `ListThere`, `OpeningPassed`, and as `envelope.check_sealed`.
    """
    _require_state(session, LIVE)
    data = check_sealed(SealedKind.BIDDER_LIST, sealed, sha256)
    earlier = latest_sealed(tx.session, session.id, SealedKind.BIDDER_LIST)
    if earlier is not None:
        if reason is None:
            raise errors.ListThere(field="session")
        if tx.now >= session.opens_at:
            raise errors.OpeningPassed(field="session")
    number = 1 if earlier is None else earlier.number + 1
    delivery = SealedDelivery(
        kind=SealedKind.BIDDER_LIST, number=number, vault_key=vault_key, reason=reason if earlier is not None else None
    )
    return _store(tx, session, delivery, data)


def take_draw_result(
    tx: Transaction, session: EvaluationSession, *, sealed: bytes | None, vault_key: str, sha256: str
) -> SealedDelivery:
    """Store the sealed result of a draw made elsewhere; one for a session, never superseded.

    Raises `SessionNotLive`, `ResultThere`, and as `envelope.check_sealed`.
    """
    _require_state(session, LIVE)
    data = check_sealed(SealedKind.DRAW_RESULT, sealed, sha256)
    if latest_sealed(tx.session, session.id, SealedKind.DRAW_RESULT) is not None:
        raise errors.ResultThere(field="session")
    return _store(tx, session, SealedDelivery(kind=SealedKind.DRAW_RESULT, number=1, vault_key=vault_key), data)


def take_scores(
    tx: Transaction, session: EvaluationSession, *, sealed: bytes | None, vault_key: str, sha256: str
) -> SealedDelivery:
    """Store the members' scores, sealed to the vault until the report is signed; once for a session.

    Raises `SessionNotLive`, `ScoresTooSoon`, `ScoresThere`, and as `envelope.check_sealed`.
    """
    _require_state(session, frozenset({SessionState.SCHEDULED}))
    data = check_sealed(SealedKind.SCORES, sealed, sha256)
    if tx.now < session.starts:
        raise errors.ScoresTooSoon(field="session")
    if latest_sealed(tx.session, session.id, SealedKind.SCORES) is not None:
        raise errors.ScoresThere(field="session")
    return _store(tx, session, SealedDelivery(kind=SealedKind.SCORES, number=1, vault_key=vault_key), data)


def note_no_opening(tx: Transaction, session: EvaluationSession, *, at: datetime, said: datetime) -> None:
    """Note that the bids of a session could not be opened: it is cancelled, by the vault where members came already.

    Raises `SessionNotLive`, `MilestoneThere` where its report is signed, `MilestoneTime`.
    """
    _require_state(session, frozenset({SessionState.SCHEDULED}))
    if milestone(tx.session, MilestoneKind.REPORT_SIGNED, session.id) is not None:
        raise errors.MilestoneThere
    if not session.opens_at <= at <= said:
        raise errors.MilestoneTime(field="at")
    if session.begun is None:
        acts.cancel(tx, session, NOT_OPENED_REASON)


def note_report(
    tx: Transaction, session: EvaluationSession, *, at: datetime, said: datetime, document: str
) -> Milestone:
    """Note that all members have signed the report of a session. Raises as `report_of`."""
    reached = reach(tx, report_of(tx, session, at=at, said=said, document=document))
    tx.enqueue(REPORT_STATED, {"session": session.id})
    return reached


def report_of(tx: Transaction, session: EvaluationSession, *, at: datetime, said: datetime, document: str) -> Milestone:
    """The milestone of a session's report, if it can be reached. ``said`` is the time of the statement.

    Raises `SessionNotLive`, `MilestoneThere`, `MilestoneTime`.
    """
    _require_state(session, frozenset({SessionState.SCHEDULED}))
    reached = Milestone(
        centre_id=session.centre_id,
        project_id=session.project_id,
        kind=MilestoneKind.REPORT_SIGNED,
        subject=session.id,
        at=at,
        document=document,
    )
    return _reachable(tx, reached, session.starts, said)


def note_outcome(
    tx: Transaction,
    project: Project,
    lot: Lot,
    kind: MilestoneKind,
    *,
    at: datetime,
    said: datetime,
    document: str,
) -> Milestone:
    """Note that a lot's award was fixed, or its notice published. Raises as `outcome_of`."""
    return reach(tx, outcome_of(tx, project, lot, kind, at=at, said=said, document=document))


def outcome_of(
    tx: Transaction,
    project: Project,
    lot: Lot,
    kind: MilestoneKind,
    *,
    at: datetime,
    said: datetime,
    document: str,
) -> Milestone:
    """The milestone of a lot's award, after its report, or of its notice, after its award, if it can be reached.

    Raises `MilestoneTooSoon`, `MilestoneThere`, `MilestoneTime`.
    """
    before = (
        _last_report(tx, lot)
        if kind is MilestoneKind.AWARD_FIXED
        else milestone(tx.session, MilestoneKind.AWARD_FIXED, lot.id)
    )
    if before is None:
        raise errors.MilestoneTooSoon(field="lot")
    reached = Milestone(
        centre_id=project.centre_id, project_id=project.id, kind=kind, subject=lot.id, at=at, document=document
    )
    return _reachable(tx, reached, before.at, said)


def _last_report(tx: Transaction, lot: Lot) -> Milestone | None:
    """The latest signed report on a lot: it may have been evaluated again."""
    reports = (
        select(Milestone)
        .join(SessionLot, SessionLot.session_id == Milestone.subject)
        .where(SessionLot.lot_id == lot.id, Milestone.kind == MilestoneKind.REPORT_SIGNED)
    )
    return tx.session.scalar(reports.order_by(Milestone.at.desc()).limit(1))


def _require_state(session: EvaluationSession, states: frozenset[SessionState]) -> None:
    if session.state not in states:
        raise errors.SessionNotLive(session.state.value, field="session")


def _store(tx: Transaction, session: EvaluationSession, delivery: SealedDelivery, data: bytes) -> SealedDelivery:
    """Keep the ciphertext. The project's row is locked, so nobody else stores one for this session meanwhile."""
    delivery.centre_id, delivery.session_id, delivery.received = session.centre_id, session.id, tx.now
    delivery.digest = hashlib.sha256(data).hexdigest()
    tx.session.add(delivery)
    tx.session.flush()
    tx.session.add(SealedBlob(delivery_id=delivery.id, data=data))
    tx.record(
        SealedReceived(
            sealed=delivery.kind.value,
            session=session.id,
            centre=session.centre_id,
            number=delivery.number,
            vault_key=delivery.vault_key,
            digest=delivery.digest,
            reason=delivery.reason,
        )
    )
    return delivery


def _reachable(tx: Transaction, reached: Milestone, earliest: datetime, latest: datetime) -> Milestone:
    if milestone(tx.session, reached.kind, reached.subject) is not None:
        raise errors.MilestoneThere
    if not earliest <= reached.at <= latest:
        raise errors.MilestoneTime(field="at")
    return reached


def reach(tx: Transaction, reached: Milestone) -> Milestone:
    """Keep a milestone: from now on the names' audiences that wait for it may learn them."""
    tx.session.add(reached)
    tx.record(
        MilestoneReached(
            milestone=reached.kind.value,
            project=reached.project_id,
            subject=reached.subject,
            centre=reached.centre_id,
            at=format_time(reached.at),
            document=reached.document,
        )
    )
    return reached
