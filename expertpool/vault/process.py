"""The vault's round: answers that came in, then every draw that can go on; beside it messages go out."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple, TypeVar

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, lazyload

from expertpool.assessments.consequences import Consequences, on_assigned, on_revealed
from expertpool.assessments.opening import Openings
from expertpool.assessments.revealing import REVEALED, Reveals
from expertpool.core.database import READ_ONLY, DatabaseBusy, DatabaseDown
from expertpool.core.errors import ExpertpoolError
from expertpool.core.jobs import Handler, Job, Outbox
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.keystore import SealBroken
from expertpool.core.payment_settings import PaymentSettings
from expertpool.core.transaction import Transaction
from expertpool.draws import (
    archiving,
    breaking,
    candidates,
    closing,
    committees,
    contributing,
    drawing,
    following,
    intending,
    opening,
    refilling,
    striking,
)
from expertpool.draws.assigning import ASSIGNED, Assigning
from expertpool.draws.drawing import CALL
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.refilling import EMPTY
from expertpool.invitations import (
    absences,
    answering,
    calling,
    expiring,
    forgetting,
    gateway_reports,
    reminding,
    reporting,
)
from expertpool.invitations.parts import Desk
from expertpool.invitations.sending import Sender
from expertpool.payouts import advancing, batching, reconciling, settling
from expertpool.payouts import reports as payment_reports
from expertpool.payouts.computing import Computing
from expertpool.payouts.payees import Payees
from expertpool.payouts.paying import Paying
from expertpool.payouts.provider import BatchForm, Provider
from expertpool.payouts.revealing import Revealing
from expertpool.payouts.unheard import Unheard
from expertpool.projects.models import EvaluationSession
from expertpool.sealing import mailbox
from expertpool.sealing.service import PROVE_SHARE, prove_share
from expertpool.sessions import calling_off, noticing
from expertpool.sessions.scoring import Scores
from expertpool.vault.agenda import Agenda, Due
from expertpool.vault.wishes import Fulfilment

T = TypeVar("T")


class Step(NamedTuple):
    """What a draw may wait for. ``due`` says by a look whether it does; ``take`` looks again under the draw's lock."""

    due: Callable[[Session, Parts, Draw], bool]
    take: Callable[[Parts, str], bool]


FOLLOW: Final = Step(following.is_asked_for, following.follow)
REFILL: Final = Step(refilling.is_open, refilling.refill)
CLOSE: Final = Step(closing.is_over, closing.close)
OPEN_BIDDERS: Final = Step(striking.is_due, striking.open_bidders)
CALL_OFF: Final = Step(calling_off.is_due, calling_off.call_off)
NOTICE: Final = Step(noticing.is_due, noticing.notice)
OF_THE_DAY: Final = (OPEN_BIDDERS, CALL_OFF, NOTICE)

STEPS: Final[dict[DrawState, tuple[Step, ...]]] = {
    DrawState.SUBMITTED: (Step(intending.is_due, intending.assess),),
    DrawState.ACCEPTED: (Step(intending.is_due, intending.intend),),
    DrawState.INTENT: (
        Step(contributing.is_waiting, contributing.advance),
        Step(drawing.is_ready, drawing.draw),
    ),
    DrawState.DRAWN: (FOLLOW,),
    DrawState.FILLING: (FOLLOW, REFILL, *OF_THE_DAY),
    DrawState.FILLED: (FOLLOW, Step(committees.is_incomplete, committees.hand_out), CLOSE, *OF_THE_DAY),
    DrawState.EXHAUSTED: (FOLLOW, REFILL, CLOSE, *OF_THE_DAY),
    DrawState.POSTPONED: (FOLLOW,),
    DrawState.SUSPENDED: (FOLLOW,),
    DrawState.RECONVENED: (FOLLOW, CLOSE, *OF_THE_DAY),
}
"""What a draw may wait for in each state, in this order."""

TROUBLE_PAUSE_S: Final = 1.0
PAYMENTS: Final = PaymentSettings()
JOBS_IN_A_ROUND: Final = 20
"""A round looks at every draw, which costs as much as several jobs."""

_DRAWS: Final = (
    select(Draw, EvaluationSession)
    .join(EvaluationSession, EvaluationSession.id == Draw.session_id)
    .where(Draw.id.in_(bindparam("ids", expanding=True)))
    .options(lazyload("*"))
)

log = structlog.get_logger("vault")


class Vault:
    """One vault. Several may run: rows are locked and looked at again before anything is written."""

    def __init__(
        self, desk: Desk, lease: timedelta, payments: PaymentSettings = PAYMENTS, provider: Provider | None = None
    ) -> None:
        """Without a payment ``provider`` payments leave as files."""
        self._parts = parts = desk.parts
        self._agenda = Agenda(parts, STEPS)
        form = BatchForm.FILE if provider is None else BatchForm.PROVIDER
        self._outbox = Outbox(parts.transactions, collect_handlers(desk, form), lease, VAULT)
        self._sender = Sender(desk)
        self._paying = None if provider is None else Paying(desk, provider)
        self._stuck: set[tuple[str | None, str, str]] = set()
        told = (expiring.Strikes(desk), reminding.Notices(desk), forgetting.Forgetting(desk))
        by_centre = payments.disbursed_by == "centre"
        money = (Payees(parts), Computing(parts, by_centre=by_centre), Revealing(parts), Unheard(parts))
        assessed = (Openings(parts), Reveals(parts), Consequences(parts))
        self._looks = (*told, Scores(parts), Assigning(parts), Fulfilment(parts), *assessed, *money)

    def run(self, pause_s: float, stop: threading.Event) -> None:
        """Go on until told to stop. Messages and payments go out in threads of their own: nobody holds up a draw."""
        log.info("vault.started")
        beside = [
            threading.Thread(target=_repeat, args=(step, pause_s, stop), name=name)
            for name, step in (("sending", self._send), ("paying", self._pay))
        ]
        for thread in beside:
            thread.start()
        try:
            _repeat(self._round, pause_s, stop)
        finally:
            stop.set()
            for thread in beside:
                thread.join()
        log.info("vault.stopped")

    def step(self) -> bool:
        """One round, and one of sending and of paying; returns whether anything was done."""
        return any([self._round(), self._send(), self._pay()])

    def _send(self) -> bool:
        return self._guarded(None, "sending", self._sender.step) or False

    def _pay(self) -> bool:
        return self._paying is not None and (self._guarded(None, "paying", self._paying.step) or False)

    def _round(self) -> bool:
        done: list[bool | None] = [self._outbox.run(JOBS_IN_A_ROUND) > 0]
        done += [self._guarded(None, type(look).__name__.lower(), look.step) for look in self._looks]
        done += [
            self._guarded(due.draw, due.state.value, partial(self._advance, due, steps))
            for due, steps in self._looked_at(self._agenda.due())
        ]
        done += [
            self._guarded(draw, "release", partial(opening.advance, self._parts, draw, number))
            for draw, number in self._releases()
        ]
        done += [
            self._guarded(draw, "archive", partial(archiving.archive, self._parts, draw)) for draw in self._closed()
        ]
        return any(done)

    def _looked_at(self, found: Sequence[Due]) -> Iterator[tuple[Due, list[Step]]]:
        """What each of these draws waits for, by one look at all of them; each step looks again when it is taken."""
        with candidates.snapshot(self._parts.engine) as session:
            rows = session.execute(_DRAWS, {"ids": [due.draw for due in found]}).all()  # held: no look reads them again
            draws = {draw.id: draw for draw, _ in rows}
            looks = [
                (due, self._guarded(due.draw, due.state.value, partial(self._steps, session, draws[due.draw], due)))
                for due in found
            ]
        return ((due, steps) for due, steps in looks if steps is not None)

    def _steps(self, session: Session, draw: Draw, due: Due) -> list[Step]:
        return [step for step in STEPS[due.state] if step.due(session, self._parts, draw)]

    def _advance(self, due: Due, steps: Sequence[Step]) -> bool:
        """Take the first of these steps that is still to be taken."""
        done = any(step.take(self._parts, due.draw) for step in steps)
        if not done:
            self._agenda.nothing_to_do(due)
        return done

    def _guarded(self, draw: str | None, state: str, step: Callable[[], T]) -> T | None:
        """Do a step. The trouble of one draw, or of one look at all, is logged by code and ends nothing else."""
        try:
            return step()
        except (DatabaseBusy, DatabaseDown):
            raise
        except ExpertpoolError as error:
            if (draw, state, error.code) not in self._stuck:
                log.warning("vault.stuck", draw=draw, state=state, reason=error.code)
            if isinstance(error, SealBroken):  # it will be, each time that somebody looks
                self._stuck.add((draw, state, error.code))
        except Exception as error:  # noqa: BLE001 -- a message might hold what must not be logged
            log.critical("vault.broken", draw=draw, state=state, reason=type(error).__name__)
        return None

    def _releases(self) -> list[tuple[str, int]]:
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            return opening.pending(session)

    def _closed(self) -> list[str]:
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            return archiving.pending(session)


def _repeat(step: Callable[[], bool], pause_s: float, stop: threading.Event) -> None:
    """Go on until told to stop; waits while there is nothing to do, or no database."""
    while not stop.is_set():
        try:
            if not step():
                stop.wait(pause_s)
        except (DatabaseBusy, DatabaseDown) as error:
            log.warning("vault.waiting", reason=error.code)
            stop.wait(TROUBLE_PAUSE_S)


def collect_handlers(desk: Desk, form: BatchForm = BatchForm.FILE) -> dict[str, Handler]:
    """The jobs that the vault alone can do, by kind. ``form``: how payments leave."""
    parts = desk.parts

    def opener(ciphertext: bytes, info: bytes) -> bytes:
        return parts.keys.open_hpke(VAULT_BOX, ciphertext, info)

    def prove(tx: Transaction, job: Job) -> None:
        prove_share(tx, job, opener)

    of_answers = {
        contributing.TAKE: contributing.taker(parts),
        opening.TAKE: opening.taker(parts),
        breaking.TAKE: breaking.taker(parts),
        PROVE_SHARE: prove,
    }
    return {
        CALL: calling.caller(desk),
        EMPTY: calling.ender(desk),
        breaking.BROKEN: reminding.announcer(desk),
        answering.ANSWERED: answering.answerer(desk),
        gateway_reports.REPORTED: reporting.reported(desk),
        calling.EXPIRE: expiring.expirer(desk),
        reminding.REMIND: reminding.reminder(desk),
        absences.MISS: absences.misser(desk, noticing.absent),
        ASSIGNED: on_assigned(),
        REVEALED: on_revealed(),
        advancing.BATCH: batching.batcher(desk, form),
        payment_reports.REPORTED: settling.reported(desk),
        reconciling.COMPARE: reconciling.comparer(desk),
        mailbox.ANSWERED: mailbox.continuing(of_answers, opener, together={committees.TAKE: committees.taker(parts)}),
    }
