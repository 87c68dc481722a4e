"""What the pool has of an expert, masked, for nobody but the expert.

Experts sign in most when they were called, so the whole pool is read for each of them: no statement has an identifier.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.draws.parts import Parts
from expertpool.experts.lifecycle import Origin
from expertpool.experts.models import Correction, Expert, PersonKey, RosterLine
from expertpool.experts.own import Asked, opened
from expertpool.experts.protection import (
    PersonCipher,
    PersonKeys,
    Protector,
    mask_account,
    mask_id_number,
    mask_name,
    mask_phone,
)
from expertpool.protocol.facts import Record, read
from expertpool.vault.wishes import Wished
from policies.facts import Unit

AT_ONCE: Final = 1_000
MOST: Final = 12
"""Facts of a kind that are shown, so that an answer holds them."""
LONGEST: Final = 60
"""Characters of a unit's name."""
LETTER: Final = 300
LETTERS: Final = 4


def records(session: Session, parts: Parts, experts: Collection[str], wishes: Iterable[Wished]) -> list[dict[str, Any]]:
    """The records of these experts, as a rule one."""
    protector, waiting = Protector(parts.service_keys), [_wish(each) for each in wishes]
    letters = list(session.scalars(select(Correction).order_by(Correction.made, Correction.id)))
    found = []
    for person in session.execute(_EVERYBODY.execution_options(yield_per=AT_ONCE)):
        if person.id in experts:
            cipher = protector.open_person(person.id, PersonKeys(person.identity, person.contact))
            asked = [_letter(opened(row, cipher)) for row in letters if row.expert_id == person.id][-LETTERS:]
            found.append(_shown(person, cipher, read(person.facts)) | {"corrections": asked, "waiting": waiting})
    return found


def of_own_pools(session: Session, experts: Collection[str]) -> tuple[str, ...]:
    """Those of them whose record is kept here, and not by a province."""
    everybody = select(Expert.id, Expert.origin).execution_options(yield_per=AT_ONCE)
    return tuple(number for number, origin in session.execute(everybody) if number in experts and origin is Origin.OWN)


_EVERYBODY: Final = (
    select(
        Expert.id,
        Expert.origin,
        Expert.status,
        Expert.name_sealed,
        Expert.id_number_sealed,
        Expert.phone_sealed,
        Expert.account_sealed,
        PersonKey.identity,
        PersonKey.contact,
        RosterLine.facts,
    )
    .join(PersonKey, PersonKey.expert_id == Expert.id)
    .join(RosterLine, RosterLine.expert_id == Expert.id)
)


def _shown(expert: Any, cipher: PersonCipher, record: Record) -> dict[str, Any]:
    facts = record.expert
    return {
        "own_pool": expert.origin is Origin.OWN,
        "status": expert.status.value,
        "name": mask_name(cipher.open("name", expert.name_sealed) or ""),
        "id_number": _masked(cipher.open("id_number", expert.id_number_sealed), mask_id_number),
        "phone": _masked(cipher.open("phone", expert.phone_sealed), mask_phone),
        "account": _masked(cipher.open("account", expert.account_sealed), mask_account),
        "area": facts.area,
        "renewed_until": record.renewed_until and record.renewed_until.isoformat(),
        "claims": facts.claims and [f"{each.scheme}/{each.version}/{each.code}" for each in facts.claims[:MOST]],
        "employments": _units(facts.employments),
        "directorships": _units(facts.directorships),
        "shareholdings": _units(facts.shareholdings),
        "kinships": _units(facts.kinships),
        "interests": _units(facts.interests),
        "absences": [{"start": day.start.isoformat(), "until": day.until.isoformat()} for day in record.absences],
    }


def _units(facts: Iterable[Any] | None) -> list[str] | None:
    """The units that facts speak of; None where it is not known whether there are any."""
    if facts is None:
        return None
    units: list[Unit | None] = [each.unit for each in facts][:MOST]
    return ["" if unit is None else unit.name[:LONGEST] for unit in units]


def _masked(value: str | None, mask: Any) -> str | None:
    return value and mask(value)


def _wish(wished: Wished) -> dict[str, str]:
    return {"kind": wished.kind, "start": wished.start, "until": wished.until, "text": wished.text[:LETTER]}


def _letter(asked: Asked) -> dict[str, str | None]:
    answer = asked.answer and asked.answer[:LETTER]
    return {"made": asked.made.isoformat(), "text": asked.text[:LETTER], "answer": answer}
