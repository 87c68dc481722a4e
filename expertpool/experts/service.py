"""The verbs of the pool. Each takes the transaction, asks who acts, changes the rows and notes what happened.

    protector = Protector(keys)                                  # keys `experts` and `experts-index`
    with transactions.begin(actor) as tx:
        admitted = service.apply(tx, protector, pool=pool, identity=Identity(...), facts=Expert(...), ground="...")
        service.take_step(tx, protector, admitted.expert_id, Verb.REVIEW, ground="...")

Public: `apply`, `take_step`, `amend_facts`, `amend_contact`, `set_absences`, `record_training`. Erasing: ``erasure``;
organisations: ``organisations``; many at once: ``bulk``.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from expertpool.core.ids import new_id
from expertpool.core.transaction import Transaction
from expertpool.experts import former_contacts, validation
from expertpool.experts.acts import area_of, note, require_expert, require_pool, write_line
from expertpool.experts.admission import KEPT_BY, after_step, as_recorded, with_codes
from expertpool.experts.errors import DaysInvalid, PersonTaken, Question, StepNotAllowed
from expertpool.experts.lifecycle import GONE, ON_ROSTER, Pool, Status, Verb, step_from
from expertpool.experts.models import Expert, PersonKey, RosterLine, Training
from expertpool.experts.protection import Identity, Protector
from expertpool.experts.queries import cipher_of, identity_of, line_of, record_of, resolve_unit
from expertpool.protocol import roster
from expertpool.protocol.facts import Absence, Record, write
from policies.facts import Expert as Facts
from policies.facts import PoolKind, Unit, day_of


class Admitted(NamedTuple):
    """A new applicant, and what somebody should look at again before reviewing."""

    expert_id: str
    questions: tuple[Question, ...]


def apply(
    tx: Transaction,
    protector: Protector,
    *,
    pool: Pool,
    identity: Identity,
    facts: Facts,
    ground: str,
    kept_by: PoolKind | None = None,
) -> Admitted:
    """Put down an application. ``kept_by`` says who keeps the roster, where it is not as `KEPT_BY` says.

    Raises `NotPermitted`, `MirroredElsewhere`, `ExpertInvalid`, `GroundMissing`, `PersonTaken`.
    """
    require_pool(tx, pool, "expert.apply")
    ground = validation.check_ground(ground)
    today = day_of(tx.now)
    checked = validation.check_identity(identity, today)
    known = validation.check_facts(with_codes(facts, _resolver(tx, pool.centre_id)), checked.identity)
    record = Record(as_recorded(known, None, today)._replace(pool=kept_by or KEPT_BY[pool.origin]))
    expert_id = new_id("exp")
    cipher, keys = protector.new_person(expert_id)
    expert = Expert(
        id=expert_id,
        centre_id=pool.centre_id,
        origin=pool.origin,
        status=Status.APPLIED,
        since=tx.now,
        revision=0,
        ground_sealed=cipher.seal("ground", ground),
        **cipher.seal_all(checked.identity),
        **protector.index_all(pool, checked.identity),
    )
    _add(tx, expert)
    tx.session.add(PersonKey(expert_id=expert_id, identity=keys.identity, contact=keys.contact))
    tx.session.add(
        RosterLine(
            expert_id=expert_id,
            centre_id=pool.centre_id,
            origin=pool.origin,
            on_roster=False,
            version=0,
            salt=roster.new_salt(),
            person=protector.person_token(pool, checked.identity),
            facts=write(record),
            area=area_of(record),
        )
    )
    note(tx, expert, "apply", ground)
    return Admitted(expert_id, checked.questions)


def take_step(
    tx: Transaction, protector: Protector, expert_id: str, verb: Verb, *, ground: str, until: date | None = None
) -> Expert:
    """Take one step of the life cycle. ``until``: the last day of a suspension or of the membership.

    Raises `NotPermitted`, `ExpertUnknown`, `MirroredElsewhere`, `StepNotAllowed`, `GroundMissing`, `DaysInvalid`.
    """
    expert = require_expert(tx, expert_id, verb.permission)
    step = step_from(expert.status, verb)
    if step is None:
        raise StepNotAllowed(expert.status.value, verb.value)
    ground = validation.check_ground(ground)
    today = day_of(tx.now)
    if until is not None and until < today:
        raise DaysInvalid(today.isoformat(), field="until")
    expert.status, expert.since = step.end, tx.now
    expert.ground_sealed = cipher_of(tx.session, protector, expert.id).seal("ground", ground)
    record = after_step(record_of(tx.session, expert.id), verb, step.end, today, until)
    write_line(tx, line_of(tx.session, expert.id), record, on_roster=step.end in ON_ROSTER)
    note(tx, expert, verb.value, ground)
    return expert


def amend_facts(tx: Transaction, protector: Protector, expert_id: str, facts: Facts, *, ground: str) -> Expert:
    """Replace what is known of an expert. What favours them counts from some days after today (DESIGN 4).

    Standing and suspensions change by steps, so those given are ignored. Raises as `apply`, and `ExpertUnknown`.
    """
    expert = require_expert(tx, expert_id, "expert.amend")
    _refuse_gone(expert, "amend-facts")
    ground = validation.check_ground(ground)
    identity = identity_of(tx.session, protector, expert)
    known = validation.check_facts(with_codes(facts, _resolver(tx, expert.centre_id)), identity)
    record = record_of(tx.session, expert.id)
    record = record._replace(expert=as_recorded(known, record.expert, day_of(tx.now)))
    write_line(tx, line_of(tx.session, expert.id), record, on_roster=expert.status in ON_ROSTER)
    note(tx, expert, "amend-facts", ground)
    return expert


def amend_contact(
    tx: Transaction, protector: Protector, expert_id: str, *, phone: str | None, account: str | None
) -> Expert:
    """Replace phone and bank account. Raises `NotPermitted`, `ExpertUnknown`, `ExpertInvalid`, `StepNotAllowed`.

    A draw that was asked for before goes on calling the former number. Somebody who came back after an erasure gets a
    new key.
    """
    expert = require_expert(tx, expert_id, "expert.amend")
    _refuse_gone(expert, "amend-contact")
    identity = identity_of(tx.session, protector, expert)._replace(phone=phone, account=account)
    checked = validation.check_identity(identity, day_of(tx.now)).identity
    former_contacts.keep(tx, expert)
    key = tx.session.get_one(PersonKey, expert.id)
    key.contact = key.contact or protector.new_contact_key(expert.id)
    cipher = cipher_of(tx.session, protector, expert.id)
    columns: dict[str, Any] = {
        **cipher.seal_all(checked),
        **protector.index_all(Pool(expert.centre_id, expert.origin), checked),
    }
    for name in ("phone_sealed", "phone_index", "account_sealed", "account_index"):
        setattr(expert, name, columns[name])
    note(tx, expert, "amend-contact", None)
    return expert


def set_absences(tx: Transaction, expert_id: str, absences: Sequence[Absence]) -> Expert:
    """Say on which days an expert cannot come. Raises `NotPermitted`, `ExpertUnknown`, `DaysInvalid`."""
    expert = require_expert(tx, expert_id, "expert.amend")
    _refuse_gone(expert, "set-absences")
    today = day_of(tx.now)
    if any(absence.until < max(absence.start, today) for absence in absences):
        raise DaysInvalid(today.isoformat(), field="absences")
    record = record_of(tx.session, expert.id)._replace(absences=tuple(sorted(absences)))
    write_line(tx, line_of(tx.session, expert.id), record, on_roster=expert.status in ON_ROSTER)
    note(tx, expert, "set-absences", None)
    return expert


def record_training(
    tx: Transaction, expert_id: str, *, held_on: date, topic: str, hours: int, passed: bool
) -> Training:
    """Record a training.

    Raises `NotPermitted`, `ExpertUnknown`, `StepNotAllowed` for somebody who is gone, `DaysInvalid` for a day that is
    yet to come.
    """
    expert = require_expert(tx, expert_id, "expert.amend")
    _refuse_gone(expert, "record-training")
    today = day_of(tx.now)
    if held_on > today:
        raise DaysInvalid(today.isoformat(), field="held_on")
    training = Training(
        expert_id=expert.id, centre_id=expert.centre_id, held_on=held_on, topic=topic, hours=hours, passed=passed
    )
    tx.session.add(training)
    note(tx, expert, "record-training", None)
    return training


def _resolver(tx: Transaction, centre_id: str) -> Callable[[str], Unit | None]:
    return lambda name: resolve_unit(tx.session, centre_id, name)


def _refuse_gone(expert: Expert, verb: str) -> None:
    if expert.status in GONE:
        raise StepNotAllowed(expert.status.value, verb)


def _add(tx: Transaction, expert: Expert) -> None:
    """Add an expert whose numbers nobody else in the pool has; the database decides, so two at once cannot both."""
    try:
        with tx.session.begin_nested():
            tx.session.add(expert)
    except IntegrityError:
        raise PersonTaken(field="id_number") from None
