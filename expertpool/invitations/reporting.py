"""What gateways report: evidence of delivery, and answers given by a key. The same report again changes nothing."""

from collections.abc import Callable
from dataclasses import replace

import structlog
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.transaction import Transaction
from expertpool.draws.models import Draw
from expertpool.invitations.answering import Word, answer
from expertpool.invitations.evidence import kept
from expertpool.invitations.gateway import Report
from expertpool.invitations.gateway_reports import open_report
from expertpool.invitations.models import OutgoingMessage
from expertpool.invitations.parts import Desk
from expertpool.invitations.stored import Errand, errands_of, keep_errand

log = structlog.get_logger("invitations")


def reported(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler of a report that the web process passed on."""

    def take(tx: Transaction, job: Job) -> None:
        report = open_report(desk.parts.keys, job.args["sealed"])
        row = tx.session.get(OutgoingMessage, report.message)
        if row is not None:
            tx.session.get_one(Draw, row.draw_id, with_for_update=True)
            tx.session.refresh(row)
        if row is None or not _keep(tx.session, desk, row, report):
            log.info("invitations.report-of-nothing", gateway=report.gateway)
            return
        tx.session.flush()
        crash_point("invitation.reported")
        if report.answer is not None and report.code is not None:
            try:
                answer(tx, desk, report.code, Word(report.answer))
            except (ExpertpoolError, ValueError) as error:
                reason = error.code if isinstance(error, ExpertpoolError) else type(error).__name__
                log.info("invitations.answer-refused", reason=reason)

    return take


def _keep(session: Session, desk: Desk, row: OutgoingMessage, report: Report) -> bool:
    """Keep a report with its message; False where that is another gateway's. It took the message, so none is sent."""
    everything = errands_of(session, desk.parts.keys, row.draw_id)
    errand = next(each.errand for each in everything if each.row.id == row.id)
    if not _sent_by(desk, errand, report.gateway):
        return False
    for each in everything:
        if each.like(errand):
            each.row.due = None
    known = (kept(report, errand.channel), *errand.reports)
    if report.event not in {each["event"] for each in errand.reports}:
        taken = errand.taken or desk.clock.now().isoformat()
        keep_errand(desk.parts.keys, row, replace(errand, taken=taken, reports=known))
    return True


def _sent_by(desk: Desk, errand: Errand, gateway: str) -> bool:
    ordered = desk.gateways.of(errand.channel)
    return errand.gateway < len(ordered) and ordered[errand.gateway].name == gateway
