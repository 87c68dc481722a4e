"""An expert's way through the pool, as the ledger has it: what was done, when, by whom, on what ground, in which entry.

Grounds and verbs are hidden fields of the entries, opened here for the pool's own managers. Nothing of a draw is among
them: a draw leaves no mark on an expert (ADR 21).

Public: `story_of`, `Act`.
"""

import json
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.ledger_tables import LedgerBatch, LedgerEntry, LedgerImage
from expertpool.core.transaction import DISCLOSURE_KEY, disclosures_context
from expertpool.experts.events import ExpertsEnrolled
from expertpool.experts.models import Expert
from expertpool.experts.protection import Keys
from expertpool.identity.models import Actor
from ledger.disclosure import Disclosure, parse_disclosure
from ledger.entry import parse_entry

BULK: Final = "bulk-enrol"


class Act(NamedTuple):
    """One thing that was done to an expert. ``verb``: see `words.DONE`; ``by`` is the account, or a service's name."""

    entry: int
    at: datetime
    verb: str
    ground: str | None
    by: str


def story_of(session: Session, keys: Keys, expert_id: str) -> list[Act]:
    """Everything that was recorded of an expert, the latest first; what was erased is left out."""
    entries = session.scalars(
        select(LedgerEntry).where(LedgerEntry.index.in_(_entries_of(session, expert_id))).order_by(LedgerEntry.index)
    ).all()
    acts = [act for entry in entries for act in _acts(keys, entry, expert_id)]
    codes = select(Actor.id, Actor.code).where(Actor.id.in_({act.by for act in acts}))
    known = dict(session.execute(codes).all())
    return [act._replace(by=known.get(act.by, act.by)) for act in reversed(acts)]


def _entries_of(session: Session, expert_id: str) -> set[int]:
    """The entries that left an image of the expert: a batch's images stand under minus its number."""
    images = select(LedgerImage.entry).where(
        LedgerImage.row_table == Expert.__tablename__, LedgerImage.row_key == expert_id
    )
    numbers = set(session.scalars(images))
    batches = select(LedgerBatch.entry).where(LedgerBatch.number.in_({-number for number in numbers if number < 0}))
    staged = {entry for entry in session.scalars(batches) if entry is not None}
    return {number for number in numbers if number >= 0} | staged


def _acts(keys: Keys, entry: LedgerEntry, expert_id: str) -> list[Act]:
    said = parse_entry(entry.data)
    at, opened = datetime.fromisoformat(said.time), _opened(keys, entry)
    if said.kind == ExpertsEnrolled.kind:
        grounds = [str(each.value) for each in opened if each.name == "ground"]
        return [Act(entry.index, at, BULK, grounds[0] if grounds else None, said.actor)]
    changes = [each.value for each in opened if isinstance(each.value, dict) and each.value.get("expert") == expert_id]
    return [Act(entry.index, at, str(change["verb"]), change["ground"], said.actor) for change in changes]


def _opened(keys: Keys, entry: LedgerEntry) -> list[Disclosure]:
    if entry.sealed is None:
        return []
    texts = json.loads(keys.open(DISCLOSURE_KEY, entry.sealed, disclosures_context(entry.index)))
    return [parse_disclosure(text) for text in texts]
