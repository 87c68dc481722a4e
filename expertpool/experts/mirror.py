"""Applies a province's delta files to a mirrored pool, and ends a chain that is broken.

    head = apply_file(transactions, protector, read_file(data))
    with transactions.begin(actor) as tx:
        restart(tx, centre_id, reason="...")

Everything is checked, and the roster that will result computed, before anything is written. Then the head is accepted,
the changes follow in short acts, each naming the head, and a last act says that the roster is now the head's. Killed in
between, the pool counts as no roster of the province's until the same file is applied again: a line replaces what was
known, so what is done already is found done.

Public: `apply_file`, `restart`, `CHANGES`.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.ledger_tables import LedgerBatch
from expertpool.core.staging import AlreadyPublished, discard_batch
from expertpool.core.transaction import Transaction, Transactions
from expertpool.experts.acts import MIRROR
from expertpool.experts.bulk import CHUNK, BulkEnrolment, Prepared, placed
from expertpool.experts.errors import PersonTaken
from expertpool.experts.events import MirrorHeadAccepted, MirrorHeadApplied, MirrorPartApplied, MirrorRestarted
from expertpool.experts.lifecycle import Pool, Status
from expertpool.experts.mirror_chain import Place, place
from expertpool.experts.mirror_changes import prepare_changes, status_now, write_changes
from expertpool.experts.mirror_errors import MirrorMoved, NothingMirrored
from expertpool.experts.mirror_format import DeltaFile, check_lines
from expertpool.experts.mirror_lines import Put, read_lines
from expertpool.experts.mirror_plan import Plan, make_plan
from expertpool.experts.mirror_queries import last_head, roster_now
from expertpool.experts.models import Expert, MirroredLine, MirrorHead
from expertpool.experts.protection import Protector
from expertpool.experts.queries import unit_names
from expertpool.experts.validation import check_ground, name_key
from expertpool.identity.models import Centre, Sender
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from policies.facts import day_of

CHANGES: Final = 100
"""How many experts one act changes: a transaction of some 50 ms."""

T = TypeVar("T")
Progress = Callable[[int], None]  # experts written since the last call


def apply_file(
    transactions: Transactions, protector: Protector, delta: DeltaFile, *, progress: Progress = lambda _: None
) -> MirrorHead:
    """Make a mirrored pool's roster the one that a delta file's head names; gives the head as it was accepted.

    A file that was applied in part is applied to its end. Raises what docs/spec/mirror.md lists; then nothing has
    changed, except for `MirrorMoved`, when two processes apply files to one pool at the same time.
    """
    now = transactions.clock.now()
    with _reading(transactions.engine) as session:
        at = place(session, delta, now)
        check_lines(delta)
        names = unit_names(session, at.pool.centre_id)
        lines = read_lines(delta.lines, day_of(now), lambda name: names.get(name_key(name)))
        plan = make_plan(session, protector, at.pool, delta.head, lines)
    if not plan.acts:
        with transactions.begin(MIRROR) as tx:
            head = _accept(tx, delta, at)
            _complete(tx, head)
        return head
    gc.freeze()  # the lines stay to the end; looking for garbage among them, in an act, would keep others waiting
    try:
        return _Application(transactions, protector, delta, at, progress).run(plan)
    finally:
        gc.unfreeze()


def restart(tx: Transaction, centre_id: str, *, reason: str) -> MirrorHead:
    """End the present chain of a centre's mirrored pool: the next file must be full, and begins another one.

    Until then the pool counts as no roster of the province's. Raises `NotPermitted`, `GroundMissing`,
    `NothingMirrored`.
    """
    centre = tx.session.get(Centre, centre_id)
    require(tx, "mirror.restart", Target() if centre is None else target_of(tx.session, centre))
    reason = check_ground(reason)
    last = last_head(tx.session, centre_id, lock=True)
    if last is None or last.ended is not None:
        raise NothingMirrored
    last.ended = reason
    tx.record(MirrorRestarted(centre=centre_id, sequence=last.sequence, head=last.hash.hex(), reason=reason))
    return last


class _Application:
    """One file being applied."""

    def __init__(
        self, transactions: Transactions, protector: Protector, delta: DeltaFile, at: Place, progress: Progress
    ) -> None:
        self._transactions = transactions
        self._engine = transactions.engine
        self._protector = protector
        self._delta = delta
        self._at = at
        self._progress = progress
        head = delta.head
        self._ground = f"{head.pool} {head.sequence} {head.day.isoformat()}"

    def run(self, plan: Plan) -> MirrorHead:
        """Accept the head, apply all, say that it is done."""
        _discard_leftovers(self._engine, self._at.pool)
        if not self._at.resumes:
            with self._transactions.begin(MIRROR) as tx:
                _accept(tx, self._delta, self._at)
        changes: list[tuple[str, Put | Status]] = [*plan.go, *plan.change]
        for some in _batched(iter(changes), CHANGES):
            self._change(some)
        if plan.enrol:
            self._enrol(plan.enrol)
        with _reading(self._engine) as session:
            if roster_now(session, self._at.pool.centre_id) != self._delta.head.roster:
                raise MirrorMoved
        with self._transactions.begin(MIRROR) as tx:
            head = self._still_here(tx)
            _complete(tx, head)
        return head

    def _change(self, some: Sequence[tuple[str, Put | Status]]) -> None:
        now = self._now()
        with _reading(self._engine) as session:
            prepared = prepare_changes(
                session, self._protector, self._at.pool, some, ground=self._ground, today=day_of(now)
            )
        with self._transactions.begin(MIRROR) as tx:
            self._names_its_head(tx)
            write_changes(tx, prepared, ground=self._ground)
        self._progress(len(some))

    def _enrol(self, puts: Sequence[Put]) -> None:
        now = self._now()
        # Employers were resolved when the lines were read.
        enrolment = BulkEnrolment(self._engine, self._protector, self._at.pool, now, resolve=lambda _name: None)
        try:
            for some in _batched(placed(puts), CHUNK):
                rows = [self._prepare(enrolment, expert_id, put, now) for expert_id, put in some]
                leaves = [{"expert_id": expert_id, "leaf": put.leaf} for expert_id, put in some]
                enrolment.stage(rows, {MirroredLine: leaves})
                self._progress(len(some))
            enrolment.finish()
            with self._transactions.begin(MIRROR) as tx:
                self._names_its_head(tx)
                enrolment.publish(tx, ground=self._ground)
        except (PersonTaken, AlreadyPublished):  # the plan has seen that nobody has these numbers
            enrolment.discard()
            raise MirrorMoved from None
        except BaseException:
            enrolment.discard()
            raise

    def _prepare(self, enrolment: BulkEnrolment, expert_id: str, put: Put, now: datetime) -> Prepared:
        record = put.record
        return enrolment.prepare(
            expert_id,
            put.identity,
            record.expert,
            status=status_now(record, Status.ENROLLED, day_of(now)),
            until=record.renewed_until,
            absences=record.absences,
        )

    def _names_its_head(self, tx: Transaction) -> None:
        head = self._still_here(tx)
        tx.record(MirrorPartApplied(centre=head.centre_id, sequence=head.sequence, head=head.hash.hex()))

    def _still_here(self, tx: Transaction) -> MirrorHead:
        """The head that is being applied, locked. Raises `MirrorMoved` when another process has gone on."""
        head = last_head(tx.session, self._at.pool.centre_id, lock=True)
        if head is None or head.hash != self._delta.head.hash or head.completed is not None or head.ended is not None:
            raise MirrorMoved
        return head

    def _now(self) -> datetime:
        return self._transactions.clock.now()


def _accept(tx: Transaction, delta: DeltaFile, planned: Place) -> MirrorHead:
    """Put the head down as the last of its chain, if it still is the one that is due."""
    tx.session.get(Sender, planned.sender.id, with_for_update=True)  # one file of a province at a time
    at = place(tx.session, delta, tx.now)
    if (at.position, at.resumes) != (planned.position, planned.resumes):
        raise MirrorMoved
    if at.resumes:
        return tx.session.get_one(MirrorHead, (at.pool.centre_id, at.position))
    stated, note = delta.head, delta.note.to_bytes().decode()
    head = MirrorHead(
        centre_id=at.pool.centre_id,
        position=at.position,
        sender_id=at.sender.id,
        key_id=at.key.id,
        sequence=stated.sequence,
        day=stated.day,
        kind=stated.kind,
        hash=stated.hash,
        note=note,
        received=tx.now,
    )
    tx.session.add(head)
    tx.record(
        MirrorHeadAccepted(
            centre=head.centre_id,
            sender=head.sender_id,
            key=head.key_id,
            sequence=head.sequence,
            day=head.day.isoformat(),
            note=note,
        )
    )
    return head


def _complete(tx: Transaction, head: MirrorHead) -> None:
    head.completed = tx.now
    tx.record(
        MirrorHeadApplied(centre=head.centre_id, sequence=head.sequence, day=head.day.isoformat(), head=head.hash.hex())
    )


def _discard_leftovers(engine: Engine, pool: Pool) -> None:
    """Remove what a killed process has staged for the pool: its people would be in their own way."""
    experts = Expert.__table__
    staged = (
        select(LedgerBatch.number)
        .join(experts, experts.c.batch == LedgerBatch.number)
        .where(LedgerBatch.entry.is_(None), experts.c.centre_id == pool.centre_id, experts.c.origin == pool.origin)
    )
    with engine.execution_options(**READ_ONLY).connect() as connection:
        numbers = list(connection.scalars(staged.distinct()))
    for number in numbers:
        discard_batch(engine, number)


def _reading(engine: Engine) -> Session:
    return Session(engine.execution_options(**READ_ONLY))


def _batched(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while some := list(islice(items, size)):
        yield some
