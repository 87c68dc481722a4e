"""What a decided case changes in the pool, once it is known whom it is about; the vault applies it.

The competent department decided, in an entry of its own that the ground names: so nobody's account is asked again here.
"""

from datetime import date

from expertpool.core.transaction import Transaction
from expertpool.experts.acts import note, write_line
from expertpool.experts.admission import standing
from expertpool.experts.lifecycle import ON_ROSTER, Origin, Status, Verb
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.experts.queries import cipher_of, line_of, record_of
from expertpool.protocol.facts import Record
from policies.facts import Suspension, day_of


def suspend(tx: Transaction, protector: Protector, expert_id: str, pause: Suspension, *, ground: str) -> bool:
    """Put a suspension among an expert's facts, as it was decided. False for whoever is not, or not here, to change."""
    expert = _here(tx, expert_id)
    if expert is None:
        return False
    record = record_of(tx.session, expert.id)
    pauses = (*(record.expert.suspensions or ()), pause)
    _step(tx, protector, expert, _with(record, pauses), verb=Verb.SUSPEND, status=Status.SUSPENDED, ground=ground)
    return True


def remove(tx: Transaction, protector: Protector, expert_id: str, *, ground: str) -> bool:
    """Remove an expert from the pool (清退), for good. False as for `suspend`."""
    expert = _here(tx, expert_id)
    if expert is None:
        return False
    record = record_of(tx.session, expert.id)
    removed = record._replace(expert=record.expert._replace(status=standing(Status.REMOVED)))
    _step(tx, protector, expert, removed, verb=Verb.REMOVE, status=Status.REMOVED, ground=ground)
    return True


def end(tx: Transaction, protector: Protector, expert_id: str, pause: Suspension, *, ground: str) -> bool:
    """End one suspension with yesterday; what favours counts from some days on (DESIGN 4). False as for `suspend`."""
    expert = _here(tx, expert_id)
    if expert is None:
        return False
    today, record = day_of(tx.now), record_of(tx.session, expert.id)
    yesterday = date.fromordinal(today.toordinal() - 1)
    kept = [each for each in record.expert.suspensions or () if each != pause]
    ended = [pause._replace(until=yesterday)] if pause.start <= yesterday else []
    record = _with(record, (*kept, *ended))
    record = record._replace(expert=record.expert._replace(recorded=today))
    runs = any(each.until is None or each.until >= today for each in kept)
    status = Status.SUSPENDED if runs else Status.REINSTATED
    _step(tx, protector, expert, record, verb=Verb.REINSTATE, status=status, ground=ground)
    return True


def lapse(tx: Transaction, protector: Protector, expert_id: str, *, ground: str) -> bool:
    """Have an expert stand as reinstated once the last suspension is over by itself. False as for `suspend`.

    No fact changes: the end was decided with the beginning, so there is nothing that has to settle.
    """
    expert = _here(tx, expert_id)
    if expert is None:
        return False
    today, record = day_of(tx.now), record_of(tx.session, expert.id)
    runs = any(each.until is None or each.until >= today for each in record.expert.suspensions or ())
    if expert.status is Status.SUSPENDED and not runs:
        _step(tx, protector, expert, record, verb=Verb.REINSTATE, status=Status.REINSTATED, ground=ground)
    return True


def _with(record: Record, pauses: tuple[Suspension, ...]) -> Record:
    return record._replace(expert=record.expert._replace(suspensions=pauses))


def _here(tx: Transaction, expert_id: str) -> Expert | None:
    """An expert of an own pool who is on its roster, locked."""
    expert = tx.session.get(Expert, expert_id, with_for_update=True)
    return expert if expert is not None and expert.origin is Origin.OWN and expert.status in ON_ROSTER else None


def _step(
    tx: Transaction, protector: Protector, expert: Expert, record: Record, *, verb: Verb, status: Status, ground: str
) -> None:
    expert.status, expert.since = status, tx.now
    expert.ground_sealed = cipher_of(tx.session, protector, expert.id).seal("ground", ground)
    write_line(tx, line_of(tx.session, expert.id), record, on_roster=status in ON_ROSTER)
    note(tx, expert, verb.value, ground)
