"""The roster as it was: rebuilt from the images that the entries commit to, for ourselves and for auditors.

Public: `roster_at` (our own reconstruction), `lines_with` (facts of single lines as they were), `opened_lines` (what an
auditor is shown, for `roster.rebuild`), `index_differences` (the index of claims against the lines).
"""

import json
from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from expertpool.core.ledger_tables import LedgerBatch, LedgerEntry, LedgerImage
from expertpool.core.staging import visible_images
from expertpool.experts.acts import claims_of
from expertpool.experts.lifecycle import Pool
from expertpool.experts.models import ErasedLine, RosterClaim, RosterLine
from expertpool.protocol.facts import read
from expertpool.protocol.roster import Line, Rebuilt
from ledger.entry import parse_entry

_AT_ONCE = 1000


class Opened(NamedTuple):
    """What an auditor of one pool is shown up to a ledger size; see ``roster.rebuild``."""

    said: Mapping[int, Mapping[str, Any]]
    lines: Mapping[int, list[bytes]]
    erased: Mapping[int, list[bytes]]


def roster_at(session: Session, pool: Pool, size: int) -> Rebuilt:
    """The roster as of a ledger size: everyone's last line before entry ``size``."""
    last = {line.expert: line for _, line in _lines(session, pool, size)}
    return Rebuilt({expert: line for expert, line in last.items() if line.facts is not None}, erased=0)


def lines_with(session: Session, pool: Pool, size: int, leaves: Collection[bytes]) -> Iterator[tuple[bytes, str]]:
    """The facts of lines as they were below a ledger size, by leaf, read one after the other; erased ones are left out.

    For the few whose lines have changed since: the whole history is read, whoever they are.
    """
    wanted = set(leaves)
    for _, line in _lines(session, pool, size):
        if line.facts is not None and (leaf := line.leaf) in wanted:
            wanted.remove(leaf)
            yield leaf, line.facts


def opened_lines(session: Session, pool: Pool, size: int) -> Opened:
    """Everything that `roster.rebuild` needs: what the entries say, their lines, and the leaves of erased ones."""
    said = dict(_said(session, pool, size))
    lines: dict[int, list[bytes]] = {entry: [] for entry in said}
    versions: dict[str, int] = {}
    for entry, line in _lines(session, pool, size):
        if line.version != versions.get(line.expert):
            lines[entry].append(line.data)
        versions[line.expert] = line.version
    erased: dict[int, list[bytes]] = {}
    for entry, leaf in session.execute(select(ErasedLine.entry, ErasedLine.leaf).where(ErasedLine.entry < size)):
        if entry in said:
            erased.setdefault(entry, []).append(leaf)
    return Opened(said, lines, erased)


def index_differences(session: Session) -> set[tuple[str, str]]:
    """Claims (claim, expert) that are in the index and not in the lines, or the other way round: should be none."""
    columns = select(RosterLine.expert_id, RosterLine.facts).where(RosterLine.on_roster)
    lines = session.execute(columns.execution_options(yield_per=_AT_ONCE))
    expected = {(claim, expert) for expert, facts in lines for claim in claims_of(read(facts))}
    staged = select(RosterClaim.claim, RosterClaim.expert_id).join(
        RosterLine, RosterLine.expert_id == RosterClaim.expert_id
    )
    return expected ^ {(claim, expert) for claim, expert in session.execute(staged)}


def _lines(session: Session, pool: Pool, size: int) -> Iterator[tuple[int, Line]]:
    """Every committed state of every line of the pool, in the order of the entries; erased ones are left out."""
    batch = select(LedgerBatch.entry).where(LedgerBatch.number == -LedgerImage.entry).scalar_subquery()
    entry = case((LedgerImage.entry >= 0, LedgerImage.entry), else_=batch)
    images = (
        select(entry, LedgerImage.data)
        .where(LedgerImage.row_table == RosterLine.__tablename__, visible_images(), entry < size)
        .where(LedgerImage.data.is_not(None))
        .order_by(entry, LedgerImage.position)
    )
    for index, data in session.execute(images.execution_options(yield_per=_AT_ONCE)):
        values = json.loads(data or b"[]")[3]
        if values is not None and values["version"] and Pool(values["centre_id"], values["origin"]) == pool:
            yield index, _line(values)


def _line(values: Mapping[str, Any]) -> Line:
    person = None if values["person"] is None else b64decode(values["person"])
    facts = values["facts"] if values["on_roster"] else None
    return Line(b64decode(values["salt"]), values["expert_id"], values["version"], person, facts)


def _said(session: Session, pool: Pool, size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    entries = select(LedgerEntry.index, LedgerEntry.data).where(LedgerEntry.index < size).order_by(LedgerEntry.index)
    for index, data in session.execute(entries.execution_options(yield_per=_AT_ONCE)):
        body = parse_entry(data).body
        if "roster" in body and (body["centre"], body["origin"]) == (pool.centre_id, pool.origin):
            yield index, body["roster"]
