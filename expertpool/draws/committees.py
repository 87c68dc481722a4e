"""The committee file: once a draw is filled, every key holder keeps the sealed records of its seats.

So a quorum opens them on any laptop with the centre dead (docs/spec/committee-file.md). One task for each record, of
the size of all tasks: what is posted follows from what the ledger shows anyway, which seats there are and which of
them were drawn anew.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.transaction import Transaction
from expertpool.draws.events import DrawFilled
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import TAKEN, CommitteeTask, Draw, SealedRecord, Seat
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import acts_of, fixed_intent, request_of, seats_of
from expertpool.protocol.committee import Meeting
from expertpool.protocol.errors import ProtocolError
from expertpool.sealing.mailbox import HandlerOfMany, opened_answer, post_tasks, vault_opener, withdraw
from expertpool.sealing.models import KeyHolder
from ledger.entry import format_time

TAKE: Final = "draws.committee-kept"


def is_incomplete(session: Session, _parts: Parts, draw: Draw) -> bool:
    """Whether some holder was not given a record yet."""
    return bool(_missing(session, draw.id))


def hand_out(parts: Parts, draw_id: str) -> bool:
    """Leave every holder the records that it was not given yet; returns whether there was one."""
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        if draw.state is not DrawState.FILLED:
            return False
        missing = _missing(tx.session, draw_id)
        if not missing:
            return False
        holders = {name: tx.session.get_one(KeyHolder, name) for name, _, _ in missing}
        records = _records(tx.session, draw)
        asked = [(holders[holder], records[seat.code, seat.vacancy]) for holder, seat, _ in missing]
        tasks = post_tasks(tx, asked, then=TAKE, args={})
        for (holder, seat, before), task in zip(missing, tasks, strict=True):
            if before is not None:
                withdraw(tx, before.task_id)
            tx.session.add(_posted(tx, holder, seat, task))
        crash_point("release.committee-posted")
    return True


def taker(parts: Parts) -> HandlerOfMany:
    """The handler of a holder's word that it kept records."""

    def take(tx: Transaction, jobs: Sequence[Job]) -> None:
        said = CommitteeTask.task_id.in_([job.args["task"] for job in jobs])
        for task in tx.session.scalars(select(CommitteeTask).where(said)).all():
            if task.kept is None and _is_kept(tx.session, parts, task):
                task.kept = tx.now

    return take


def _is_kept(session: Session, parts: Parts, task: CommitteeTask) -> bool:
    try:
        answer = opened_answer(session, task.task_id, vault_opener(parts.keys, VAULT_BOX))
    except ProtocolError:
        return False
    return answer is not None and answer.get("kept") is True


def _missing(session: Session, draw_id: str) -> list[tuple[str, Seat, CommitteeTask | None]]:
    """Who lacks which record, with the task for the record of whoever sat there before."""
    posted = select(CommitteeTask).where(CommitteeTask.draw_id == draw_id).order_by(CommitteeTask.vacancy)
    last = {(task.holder_id, task.seat): task for task in session.scalars(posted)}
    seats = [seat for seat in seats_of(session, draw_id) if seat.state in TAKEN]
    wanted = [
        (holder, seat, last.get((holder, seat.code)))
        for holder in sorted(fixed_intent(session, draw_id).intent.holders.keys)
        for seat in seats
    ]
    return [each for each in wanted if each[2] is None or each[2].vacancy != each[1].vacancy]


def _records(session: Session, draw: Draw) -> dict[tuple[str, int], dict[str, Any]]:
    """The task to keep it, of every record of a draw, by seat and vacancy."""
    request = request_of(draw)
    meeting = Meeting(format_time(request.starts), tuple(site.place for site in request.sites))
    [*_, filled] = [entry.index for entry in acts_of(session, draw.id, DrawFilled.kind)]
    same = {"kind": "keep", "draw": draw.id, "filled": filled, "meeting": meeting.plain()}
    records = session.scalars(select(SealedRecord).where(SealedRecord.draw_id == draw.id))
    return {(each.seat, each.vacancy): {**same, "envelope": b64encode(each.envelope).decode()} for each in records}


def _posted(tx: Transaction, holder: str, seat: Seat, task: str) -> CommitteeTask:
    return CommitteeTask(
        draw_id=seat.draw_id,
        holder_id=holder,
        seat=seat.code,
        vacancy=seat.vacancy,
        task_id=task,
        posted=tx.now,
        kept=None,
    )
