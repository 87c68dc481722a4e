"""Many experts at once: an import, or the whole roster of a mirrored pool. One entry, all or nothing (ADR 4).

    enrolment = BulkEnrolment(transactions.engine, protector, pool, now, resolve=..., until=...)
    for expert_id, row in placed(rows):
        prepared = enrolment.prepare(expert_id, identity, facts)   # raises ExpertInvalid; touches no database
    enrolment.stage(chunk)                                  # CHUNK at a time, in a short transaction
    enrolment.finish()                                      # what the entry will say: slow, so before the lock
    with transactions.begin(actor) as tx:
        enrolment.publish(tx, ground="...")                 # now they are there, all of them
    enrolment.discard()                                     # instead, if nothing is to be

Public: `BulkEnrolment`, `Prepared`, `placed`, `CHUNK`.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from expertpool.core.ids import new_id
from expertpool.core.rows import OperationalRow
from expertpool.core.staging import discard_batch, open_batch
from expertpool.core.transaction import Transaction
from expertpool.experts import validation
from expertpool.experts.acts import area_of, claims_of, require_pool
from expertpool.experts.admission import KEPT_BY, after_step, as_recorded, with_codes
from expertpool.experts.errors import PersonTaken, Question
from expertpool.experts.events import ExpertsEnrolled
from expertpool.experts.lifecycle import Pool, Status, Verb
from expertpool.experts.models import Expert, PersonKey, RosterClaim, RosterLine
from expertpool.experts.protection import Identity, Protector
from expertpool.protocol import roster
from expertpool.protocol.facts import Absence, Record, write
from policies.facts import Expert as Facts
from policies.facts import PoolKind, Unit, day_of

CHUNK: Final = 500
"""How many experts to stage at once: a transaction of some 50 ms."""

NOTHING: Final[Mapping[type[OperationalRow], Sequence[dict[str, Any]]]] = MappingProxyType({})

T = TypeVar("T")


def placed(rows: Sequence[T]) -> Iterator[tuple[str, T]]:
    """Give the rows new identifiers: rows in a random order, identifiers ascending.

    So the order of rows in the database tells nothing of their order in a sheet that somebody may have, and yet every
    index by identifier is written from end to end instead of everywhere at once.
    """
    shuffled = list(rows)
    secrets.SystemRandom().shuffle(shuffled)
    yield from zip(sorted(new_id("exp") for _ in shuffled), shuffled, strict=True)


class Prepared(NamedTuple):
    """One expert ready to be staged. ``id_number_index`` tells duplicates (`queries.taken`)."""

    expert: dict[str, Any]
    key: dict[str, Any]
    line: dict[str, Any]
    claims: list[dict[str, Any]]
    questions: tuple[Question, ...]

    @property
    def id_number_index(self) -> bytes | None:
        index: bytes | None = self.expert["id_number_index"]
        return index


class BulkEnrolment:
    """Experts who are enrolled together, whose admission somebody has decided before: the act's ground says who."""

    def __init__(
        self,
        engine: Engine,
        protector: Protector,
        pool: Pool,
        now: datetime,
        *,
        resolve: Callable[[str], Unit | None],
        until: date | None = None,
        kept_by: PoolKind | None = None,
    ) -> None:
        """``resolve`` finds an employer by name, say in `queries.unit_names`; ``until``: last day of the membership."""
        self._engine = engine
        self._protector = protector
        self._pool = pool
        self._now = now
        self._resolve = resolve
        self._until = until
        self._kept_by = kept_by or KEPT_BY[pool.origin]
        self._batch = open_batch(engine, now)
        self._leaves: list[bytes] = []
        self._committed: dict[str, Any] | None = None

    @property
    def batch(self) -> int:
        """The number under which the rows are staged."""
        return self._batch.number

    def prepare(
        self,
        expert_id: str,
        identity: Identity,
        facts: Facts,
        *,
        status: Status = Status.ENROLLED,
        until: date | None = None,
        absences: tuple[Absence, ...] = (),
    ) -> Prepared:
        """Check, encrypt and commit to one expert, in memory only. Raises `ExpertInvalid`.

        A province's roster knows more of its experts than a sheet: a suspension (``status``), the last day of their
        own membership (``until``), absences.
        """
        today = day_of(self._now)
        checked = validation.check_identity(identity, today)
        known = validation.check_facts(with_codes(facts, self._resolve), checked.identity)
        applied = Record(as_recorded(known, None, today)._replace(pool=self._kept_by))
        record = after_step(applied, Verb.ENROL, Status.ENROLLED, today, until or self._until)._replace(
            absences=absences
        )
        cipher, keys = self._protector.new_person(expert_id)
        place = {"centre_id": self._pool.centre_id, "origin": self._pool.origin}
        person = self._protector.person_token(self._pool, checked.identity)
        line = roster.Line(roster.new_salt(), expert_id, 1, person, write(record))
        return Prepared(
            {
                "id": expert_id,
                **place,
                "status": status,
                "since": self._now,
                "revision": 1,
                "ground_sealed": None,
                **cipher.seal_all(checked.identity),
                **self._protector.index_all(self._pool, checked.identity),
            },
            {"expert_id": expert_id, **keys._asdict()},
            {
                "expert_id": expert_id,
                **place,
                "on_roster": True,
                "version": line.version,
                "salt": line.salt,
                "person": line.person,
                "facts": line.facts,
                "leaf": line.leaf,
                "area": area_of(record),
            },
            [{"claim": claim, "expert_id": expert_id} for claim in claims_of(record)],
            checked.questions,
        )

    def stage(
        self, rows: Sequence[Prepared], beside: Mapping[type[OperationalRow], Sequence[dict[str, Any]]] = NOTHING
    ) -> None:
        """Write a chunk; nobody sees it before `publish`. Raises `PersonTaken` if one of them is in the pool.

        ``beside``: further rows that go with an expert when the expert is deleted.
        """
        if self._committed is not None:
            raise RuntimeError("this enrolment is finished")
        try:
            self._batch.stage(
                {Expert: [row.expert for row in rows], RosterLine: [row.line for row in rows]},
                {
                    PersonKey: [row.key for row in rows],
                    RosterClaim: [claim for row in rows for claim in row.claims],
                    **beside,
                },
            )
        except IntegrityError:
            raise PersonTaken(field="id_number") from None
        self._leaves += [row.line["leaf"] for row in rows]

    def finish(self) -> None:
        """Compute what the entry will say of the roster; after this nothing is staged any more."""
        self._committed = roster.commitment(self._leaves)

    def publish(self, tx: Transaction, *, ground: str) -> None:
        """Enrol all that were staged, after `finish`. Raises `NotPermitted`, `MirroredElsewhere`, `GroundMissing`.

        The act changes no other expert: its last entry commits to the batch and says what it wrote to the roster.
        """
        require_pool(tx, self._pool, "expert.enrol-in-bulk")
        if self._committed is None:
            raise RuntimeError("finish the enrolment before the transaction begins")
        event = ExpertsEnrolled(
            centre=self._pool.centre_id,
            origin=self._pool.origin.value,
            roster=self._committed,
            ground=validation.check_ground(ground),
        )
        tx.publish(self._batch)
        tx.at_end(lambda: tx.record(event))

    def discard(self) -> None:
        """Remove what was staged; nothing of it was ever there."""
        discard_batch(self._engine, self._batch.number)
