"""What a delta file does to people who have a record already: prepared beforehand, written by short acts.

Encryption and reading come before the act's transaction, so that the ledger's lock is held for the writing alone.

Public: `prepare_changes`, `write_changes`, `Prepared`, `status_now`.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.experts import former_contacts
from expertpool.experts.acts import note, write_line
from expertpool.experts.admission import after_step, as_recorded
from expertpool.experts.lifecycle import GONE, ON_ROSTER, Pool, Status, Verb
from expertpool.experts.mirror_lines import Put
from expertpool.experts.models import Expert, MirroredLine, PersonKey, RosterLine
from expertpool.experts.protection import Protector
from expertpool.protocol.facts import Record
from expertpool.protocol.stored_facts import read_stored
from policies.facts import Suspension

_LEAVES = {Status.LEFT: Verb.LEAVE, Status.REMOVED: Verb.REMOVE}


class Prepared(NamedTuple):
    """One expert's change. ``columns`` of the expert's row; ``leaf`` of the line, None for somebody who is gone."""

    expert_id: str
    verb: str
    columns: dict[str, Any]
    record: Record
    person: bytes | None
    contact: bytes | None
    leaf: bytes | None


def prepare_changes(
    session: Session,
    protector: Protector,
    pool: Pool,
    some: Sequence[tuple[str, Put | Status]],
    *,
    ground: str,
    today: date,
) -> list[Prepared]:
    """Work out what is to be written for some experts: the line that stands now, or the status with which they go."""
    found = _rows(session, [expert_id for expert_id, _ in some])
    prepared = []
    for expert_id, wanted in some:
        expert, line, key = found[expert_id]
        contact = key.contact or protector.new_contact_key(expert_id)  # an erased one is made anew
        cipher = protector.open_person(expert_id, key.wrapped()._replace(contact=contact))
        sealed: dict[str, Any] = {"ground_sealed": cipher.seal("ground", ground)}
        before = read_stored(line.facts)
        if isinstance(wanted, Status):
            verb = _LEAVES[wanted]
            record = after_step(before, verb, wanted, today, None)
            columns = {"status": wanted, **sealed}
            prepared.append(Prepared(expert_id, verb.value, columns, record, line.person, key.contact, None))
            continue
        status = status_now(wanted.record, expert.status, today)
        columns = {
            "status": status,
            **sealed,
            **cipher.seal_all(wanted.identity),
            **protector.index_all(pool, wanted.identity),
        }
        record = _record(before, wanted.record, today, returns=expert.status in GONE)
        person = protector.person_token(pool, wanted.identity)
        verb_name = _verb(expert.status, status)
        prepared.append(Prepared(expert_id, verb_name, columns, record, person, contact, wanted.leaf))
    return prepared


def write_changes(tx: Transaction, prepared: Sequence[Prepared], *, ground: str) -> None:
    """Write them, as a part of the act."""
    found = _rows(tx.session, [change.expert_id for change in prepared])
    for change in prepared:
        expert, line, key = found[change.expert_id]
        if "phone_sealed" in change.columns:
            former_contacts.keep(tx, expert)
        for name, value in change.columns.items():
            setattr(expert, name, value)
        expert.since = tx.now
        key.contact = change.contact
        write_line(tx, line, change.record, on_roster=expert.status in ON_ROSTER)
        line.person = change.person
        note(tx, expert, change.verb, ground)
    tx.session.flush()
    tx.session.execute(delete(MirroredLine).where(MirroredLine.expert_id.in_(found)))
    leaves = [{"expert_id": change.expert_id, "leaf": change.leaf} for change in prepared if change.leaf is not None]
    if leaves:
        tx.session.execute(insert(MirroredLine), leaves)


def status_now(record: Record, before: Status, today: date) -> Status:
    """Where an expert on the province's roster stands: suspended as long as a suspension of theirs runs."""
    if any(_runs(pause, today) for pause in record.expert.suspensions or ()):
        return Status.SUSPENDED
    if before is Status.SUSPENDED:
        return Status.REINSTATED
    return before if before in ON_ROSTER else Status.ENROLLED


def _record(before: Record, given: Record, today: date, *, returns: bool) -> Record:
    """The facts that are given, with the days from which they count."""
    expert = as_recorded(given.expert, before.expert, today)._replace(suspensions=given.expert.suspensions)
    lapsed = before.renewed_until is not None and before.renewed_until < today
    if lapsed and (given.renewed_until is None or given.renewed_until >= today):
        expert = expert._replace(recorded=today)
    record = given._replace(expert=expert)
    return after_step(record, Verb.ENROL, Status.ENROLLED, today, given.renewed_until) if returns else record


def _verb(before: Status, after: Status) -> str:
    if before not in ON_ROSTER:
        return Verb.ENROL.value
    if after is not before and after is Status.SUSPENDED:
        return Verb.SUSPEND.value
    if after is not before and after is Status.REINSTATED:
        return Verb.REINSTATE.value
    return "amend-facts"


def _runs(pause: Suspension, today: date) -> bool:
    return pause.start <= today and (pause.until is None or pause.until >= today)


def _rows(session: Session, expert_ids: Iterable[str]) -> dict[str, tuple[Expert, RosterLine, PersonKey]]:
    rows = (
        select(Expert, RosterLine, PersonKey)
        .join(RosterLine, RosterLine.expert_id == Expert.id)
        .join(PersonKey, PersonKey.expert_id == Expert.id)
        .where(Expert.id.in_(list(expert_ids)))
    )
    return {expert.id: (expert, line, key) for expert, line, key in session.execute(rows)}
