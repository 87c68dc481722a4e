"""The end of the time to answer. Nobody is taken for unreachable without evidence over two channels."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError
from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.keystore import SealBroken
from expertpool.core.transaction import Transaction
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.parts import VAULT
from expertpool.draws.queries import fixed_intent
from expertpool.draws.seating import lose
from expertpool.invitations.altered import tell_altered
from expertpool.invitations.answering import Word, answer
from expertpool.invitations.calling import EXPIRE
from expertpool.invitations.events import InvitationUnreached
from expertpool.invitations.evidence import no_answer
from expertpool.invitations.gateway import Channel
from expertpool.invitations.holding import Held, asked, locked
from expertpool.invitations.lifecycle import InvitationState, InvitationVerb
from expertpool.invitations.models import Invitation
from expertpool.invitations.parts import Desk
from expertpool.invitations.rules import figures
from expertpool.invitations.seated import At
from expertpool.invitations.sending import pass_on
from expertpool.invitations.stored import Kept, errands_of, open_invited

UNREACHED_AFTER: Final = 3
"""After how many times to answer without evidence the duty desk is told."""


def expirer(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler that ends an invitation which nobody answered, or sees to it that there will be evidence."""

    def expire(tx: Transaction, job: Job) -> None:
        at = At(job.args["draw"], job.args["seat"], job.args["vacancy"])
        found = locked(tx, desk, at)
        if found is None or found.known.state is not InvitationState.CALLED or found.known.again != job.args["again"]:
            return
        later = _end(tx, desk, found) if found.stands else None
        if later is not None:
            tx.enqueue(EXPIRE, job.args, not_before=later)

    return expire


def _end(tx: Transaction, desk: Desk, found: Held) -> datetime | None:
    """End an invitation; returns when to look again where it cannot be ended now."""
    keys, answer_in = desk.parts.keys, figures(asked(tx.session, found.draw)).no_answer
    sent = [
        each
        for each in errands_of(tx.session, keys, found.at.draw)
        if each.errand.about(found.at) and each.errand.invites(found.known.again)
    ]
    taken = min((datetime.fromisoformat(each.errand.taken) for each in sent if each.errand.taken), default=None)
    if taken is not None and tx.now < taken + answer_in:
        return taken + answer_in
    evidence = no_answer(each.errand for each in sent)
    if evidence is not None:
        found.keep(tx.session, desk, found.known.after(InvitationVerb.EXPIRE))
        lose(tx, desk.parts, found.draw, found.seat, evidence)
        tx.session.flush()
        crash_point("invitation.expired")
        return None
    _try_another(tx, desk, sent)
    called = datetime.fromisoformat(found.known.called or tx.now.isoformat())
    if not found.known.unreached and tx.now >= called + UNREACHED_AFTER * answer_in:
        found.keep(tx.session, desk, replace(found.known, unreached=True))
        found.draw.move()
        intent = fixed_intent(tx.session, found.draw.id).entry.index
        tx.record(InvitationUnreached(draw=found.draw.id, intent=intent, seat=found.seat.code))
    return tx.now + answer_in


def _try_another(tx: Transaction, desk: Desk, sent: list[Kept]) -> None:
    """Send a text that was taken and never reported by the other gateway; a call never twice, because it may ring."""
    texts = [each for each in sent if each.errand.channel is Channel.SMS]
    silent = not any(each.errand.reports or each.row.due is not None for each in texts)
    last = max((each for each in texts if each.errand.taken), key=lambda each: each.errand.gateway, default=None)
    if silent and last is not None and last.errand.gateway + 1 < len(desk.gateways.of(Channel.SMS)):
        pass_on(tx.session, desk, last, tx.now)


class Strikes:
    """Ends the invitations of whoever sits elsewhere on the day, when their moment has come.

    They leave as if they had declined by their own code: the same act, the same statements, rows of the same size.
    Looked for at most once a second, among all that wait for an answer.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next: datetime | None = None

    def step(self) -> bool:
        """End what is to be ended; returns whether there was anything."""
        now = self._desk.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + timedelta(seconds=1)
        with Session(self._desk.parts.engine.execution_options(**READ_ONLY)) as session:
            codes = _ended(session, self._desk, now)
        for code in codes:
            try:
                with self._desk.parts.transactions.begin(VAULT) as tx:
                    answer(tx, self._desk, code, Word.DECLINE)
            except ExpertpoolError:
                continue  # another vault was faster
        return bool(codes)


def _ended(session: Session, desk: Desk, now: datetime) -> list[str]:
    """The codes of those whose moment has come."""
    waiting = (
        select(Invitation)
        .join(Seat, (Seat.draw_id == Invitation.draw_id) & (Seat.code == Invitation.seat))
        .join(Draw, Draw.id == Invitation.draw_id)
        .where(Seat.vacancy == Invitation.vacancy, Seat.state == SeatState.CALLED)
        .where(Draw.state.in_((DrawState.FILLING, DrawState.EXHAUSTED)))
    )
    found = []
    for row in session.scalars(waiting):
        try:
            known = open_invited(desk.parts.keys, row)
        except SealBroken:
            tell_altered(row.draw_id)
            continue
        if known.ends and known.code and datetime.fromisoformat(known.ends) <= now:
            found.append(known.code)
    return found
