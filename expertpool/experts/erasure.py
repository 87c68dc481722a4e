"""Erasure after an expert has gone (DESIGN 6): contact data at once, the rest when its retention ends.

Facts that a draw used stay until then. What is erased stays committed to: the ledger keeps the hashes, and nobody can
open them any more.

Public: `erase_contact`, `erase_record`.
"""

import json
from base64 import b64decode
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from expertpool.core.ledger_tables import LedgerBatch, LedgerEntry, LedgerImage
from expertpool.core.transaction import DISCLOSURE_KEY, Transaction, disclosures_context
from expertpool.experts import former_contacts, validation
from expertpool.experts.acts import note, require_expert
from expertpool.experts.errors import RetentionRuns, StillInPool
from expertpool.experts.lifecycle import GONE
from expertpool.experts.models import ErasedLine, Expert, PersonKey, RosterLine, Training
from expertpool.experts.protection import Keys
from expertpool.experts.queries import line_of
from expertpool.protocol.facts import Record, write
from ledger.disclosure import parse_disclosure
from policies.dates import shift
from policies.facts import Expert as Facts
from policies.facts import day_of


def erase_contact(tx: Transaction, expert_id: str, *, ground: str) -> Expert:
    """Erase phone and bank account of somebody who has gone, with their key and every image that held them.

    Raises `NotPermitted`, `ExpertUnknown`, `StillInPool`, `GroundMissing`.
    """
    expert = _gone(tx, expert_id)
    ground = validation.check_ground(ground)
    former_contacts.forget(tx.session, expert_id)
    expert.phone_sealed = expert.phone_index = expert.account_sealed = expert.account_index = None
    tx.session.get_one(PersonKey, expert_id).contact = None
    _erase_images(tx.session, Expert.__tablename__, expert_id)
    note(tx, expert, "erase-contact", ground)
    return expert


def erase_record(tx: Transaction, keys: Keys, expert_id: str, *, years: int, ground: str) -> Expert:
    """Erase all that is left of somebody: identity, facts, trainings, and what the entries hold sealed of them.

    ``years``: how long records are kept after somebody has gone (settings, ``retention.expert_years``). The row stays,
    empty, so that what refers to it still does. Raises `RetentionRuns` and as `erase_contact`.
    """
    expert = erase_contact(tx, expert_id, ground=ground)
    until = retained_until(expert, years)
    if day_of(tx.now) <= until:
        raise RetentionRuns(until.isoformat())
    for column in ("name_sealed", "id_number_sealed", "code_sealed", "ground_sealed", "id_number_index", "code_index"):
        setattr(expert, column, None)
    tx.session.get_one(PersonKey, expert_id).identity = None
    line = line_of(tx.session, expert_id)
    _keep_leaves(tx.session, expert_id)
    line.facts, line.person, line.area = write(Record(Facts())), None, None
    line.version, line.leaf = 0, None
    _erase_images(tx.session, RosterLine.__tablename__, expert_id)
    for training in tx.session.scalars(select(Training).where(Training.expert_id == expert_id)):
        _erase_images(tx.session, Training.__tablename__, training.id)
        tx.session.delete(training)
    _erase_disclosures(tx.session, keys, expert_id)
    note(tx, expert, "erase-record", ground)
    return expert


def retained_until(expert: Expert, years: int) -> date:
    """The last day on which the record of somebody who has gone is kept: the anniversary of the day they went."""
    return shift(day_of(expert.since), years=years)


def _gone(tx: Transaction, expert_id: str) -> Expert:
    expert = require_expert(tx, expert_id, "expert.erase")
    if expert.status not in GONE:
        raise StillInPool
    return expert


def _erase_images(session: Session, table: str, key: str) -> None:
    at = (LedgerImage.row_table == table, LedgerImage.row_key == key)
    session.execute(update(LedgerImage).where(*at).values(data=None))


def _keep_leaves(session: Session, expert_id: str) -> None:
    """Keep the leaves of an expert's lines, with their entries, before the lines go."""
    kept: set[bytes] = set()
    for number, data in _images(session, RosterLine.__tablename__, expert_id):
        values = json.loads(data)[3]
        leaf = b64decode(values["leaf"] or "")
        if leaf and leaf not in kept:
            kept.add(leaf)
            session.add(ErasedLine(leaf=leaf, entry=_entry(session, number)))


def _erase_disclosures(session: Session, keys: Keys, expert_id: str) -> None:
    """Take an expert's changes out of what the entries hold sealed. Every change has left an image of the expert."""
    at = (LedgerImage.row_table == Expert.__tablename__, LedgerImage.row_key == expert_id, LedgerImage.entry >= 0)
    for index in list(session.scalars(select(LedgerImage.entry).where(*at))):
        entry = session.get_one(LedgerEntry, index)
        if entry.sealed is None:
            continue
        context = disclosures_context(index)
        opened = [parse_disclosure(text) for text in json.loads(keys.open(DISCLOSURE_KEY, entry.sealed, context))]
        left = [each.encoded for each in opened if not _is_about(each.value, expert_id)]
        entry.sealed = keys.seal(DISCLOSURE_KEY, json.dumps(left).encode(), context) if left else None


def _is_about(value: object, expert_id: str) -> bool:
    return isinstance(value, dict) and value.get("expert") == expert_id


def _images(session: Session, table: str, key: str) -> list[tuple[int, bytes]]:
    """The images of a row that are not erased, oldest first, each with the number under which it stands."""
    at = (LedgerImage.row_table == table, LedgerImage.row_key == key)
    images = session.execute(select(LedgerImage.entry, LedgerImage.data).where(*at).order_by(LedgerImage.entry))
    return [(number, data) for number, data in images if data is not None]


def _entry(session: Session, number: int) -> int:
    """The entry under whose number an image stands: a batch's number is minus its own."""
    return number if number >= 0 else session.get_one(LedgerBatch, -number).entry or 0
