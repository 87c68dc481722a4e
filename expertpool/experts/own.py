"""What experts do to their own records: the days on which they cannot come, and what they ask the pool to correct.

Who asks is for the vault to know: it alone links a sign-in to a person (``vault.wishes``). Facts change by the pool's
managers only, who answer what was asked.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.ids import new_id
from expertpool.core.transaction import Transaction
from expertpool.experts.acts import note, require_expert, write_line
from expertpool.experts.errors import CorrectionAnswered, DaysInvalid, ExpertUnknown, MirroredElsewhere, StepNotAllowed
from expertpool.experts.lifecycle import GONE, ON_ROSTER, Origin
from expertpool.experts.listing import reaches
from expertpool.experts.models import Correction, Expert
from expertpool.experts.protection import Column, PersonCipher, Protector
from expertpool.experts.queries import cipher_of, line_of, record_of
from expertpool.identity.permissions import Caller
from expertpool.protocol.facts import Absence
from policies.facts import day_of

MOST_ABSENCES: Final = 50
AMEND: Final = "expert.amend"


@dataclass(frozen=True, slots=True)
class Asked:
    """A correction in the clear: what was asked, and what was answered if it was."""

    id: str
    expert: str
    made: date
    text: str
    answer: str | None


def be_away(tx: Transaction, expert_id: str, days: Absence) -> None:
    """Add days on which an expert cannot come. Raises `DaysInvalid`, and as `be_back`."""
    expert, today = _own(tx, expert_id, "set-absences"), day_of(tx.now)
    absences = record_of(tx.session, expert.id).absences
    if days.until < max(days.start, today) or len(absences) >= MOST_ABSENCES:
        raise DaysInvalid(today.isoformat())
    _set(tx, expert, {*absences, days})


def be_back(tx: Transaction, expert_id: str, days: Absence) -> None:
    """Take such days back. Raises `ExpertUnknown`, `MirroredElsewhere`, `StepNotAllowed` for whoever has gone."""
    expert = _own(tx, expert_id, "set-absences")
    _set(tx, expert, {*record_of(tx.session, expert.id).absences} - {days})


def ask_correction(tx: Transaction, protector: Protector, expert_id: str, text: str, made: date) -> None:
    """Have the pool's managers look at something. Raises as `be_back`."""
    expert = _own(tx, expert_id, "amend-facts")
    number = new_id("cor")
    sealed = _seal(cipher_of(tx.session, protector, expert.id), "correction", number, text)
    row = Correction(id=number, expert_id=expert.id, centre_id=expert.centre_id, made=made, text_sealed=sealed)
    tx.session.add(row)


def answer_correction(tx: Transaction, protector: Protector, correction_id: str, text: str) -> None:
    """Answer the expert. Raises `NotPermitted`, `ExpertUnknown`, `CorrectionAnswered`."""
    row = tx.session.get(Correction, correction_id, with_for_update=True)
    expert = require_expert(tx, row.expert_id if row else "", AMEND)
    if row is None or row.answer_sealed is not None:
        raise CorrectionAnswered
    row.answer_sealed = _seal(cipher_of(tx.session, protector, expert.id), "answer", row.id, text)


def corrections_for(session: Session, protector: Protector, caller: Caller, most: int) -> list[Asked]:
    """What waits for an answer in the pools that an account reaches, the oldest day first."""
    waiting = select(Correction).where(Correction.answer_sealed.is_(None)).order_by(Correction.made, Correction.id)
    rows = [row for row in session.scalars(waiting) if reaches(session, caller, AMEND, row.centre_id)]
    return [opened(row, cipher_of(session, protector, row.expert_id)) for row in rows[:most]]


def opened(row: Correction, cipher: PersonCipher) -> Asked:
    """A correction in the clear. What was erased with its person reads as empty."""
    answer = None if row.answer_sealed is None else _open(cipher, "answer", row.id, row.answer_sealed)
    return Asked(row.id, row.expert_id, row.made, _open(cipher, "correction", row.id, row.text_sealed), answer)


def _own(tx: Transaction, expert_id: str, verb: str) -> Expert:
    expert = tx.session.get(Expert, expert_id, with_for_update=True)
    if expert is None:
        raise ExpertUnknown
    if expert.origin is Origin.MIRRORED:
        raise MirroredElsewhere
    if expert.status in GONE:
        raise StepNotAllowed(expert.status.value, verb)
    return expert


def _set(tx: Transaction, expert: Expert, absences: set[Absence]) -> None:
    coming = tuple(sorted(each for each in absences if each.until >= day_of(tx.now)))
    record = record_of(tx.session, expert.id)._replace(absences=coming)
    write_line(tx, line_of(tx.session, expert.id), record, on_roster=expert.status in ON_ROSTER)
    note(tx, expert, "set-absences", None)


def _seal(cipher: PersonCipher, column: Column, number: str, text: str) -> bytes:
    """Bound to its row, too: the number goes along."""
    return cipher.seal(column, number + text)


def _open(cipher: PersonCipher, column: Column, number: str, sealed: bytes) -> str:
    return (cipher.open(column, sealed) or "").removeprefix(number)
