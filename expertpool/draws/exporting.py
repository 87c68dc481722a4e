"""Makes the bundle of a closed draw: docs/spec/bundle.md. The vault's host alone can, because it has the openings.

The public bundle opens the groups of the rows that attempts selected, and no person. The auditor's bundle opens every
decision and the roster, so that eligibility can be decided again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerEntry
from expertpool.core.transaction import DISCLOSURE_KEY, disclosures_context
from expertpool.draws import candidates, rules
from expertpool.draws.candidates import Made
from expertpool.draws.contributing import proofs_of
from expertpool.draws.errors import NoSuchDraw, NotClosed, NotCosigned
from expertpool.draws.events import DrawVacated, SeatLost
from expertpool.draws.keeping import Secrets, open_padded, secrets_of
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import BidderList, Draw, ListState, Vacancy
from expertpool.draws.parts import Parts
from expertpool.draws.queries import Intended, entries_of, intended, request_of, seats_of, vacancies_of
from expertpool.draws.searching import opened, searches, sitting
from expertpool.draws.seeding import beacon_round, seeds_of
from expertpool.draws.stored_strikes import rows_struck
from expertpool.draws.stored_table import stored_table
from expertpool.draws.striking import bidders_of
from expertpool.experts.history import opened_lines
from expertpool.protocol.bidders import struck_salt
from expertpool.protocol.bundle import Audit, Bundle, Kept, ProvenEntry, decision_line, roster_head
from expertpool.protocol.decisions import NOTHING, Decider
from expertpool.protocol.facts import expert_facts
from expertpool.protocol.openings import (
    AnswerOpened,
    BeaconOpened,
    ContributionOpened,
    LotsOpened,
    Openings,
    RowOpened,
    StruckOpened,
)
from expertpool.protocol.panel import Search
from expertpool.protocol.roster import parse_line
from expertpool.protocol.seed import Seeds
from expertpool.protocol.stored_facts import read_stored
from expertpool.protocol.table import RowMaker
from ledger.checkpoint import SignedCheckpoint
from ledger.disclosure import parse_disclosure
from ledger.entry import Entry, parse_entry
from ledger.merkle import inclusion_proof
from ledger.store import nodes_of
from policies.facts import day_of

IN_A_BUNDLE: Final = frozenset(
    {
        "draw.requested",
        "draw.accepted",
        "draw.intended",
        "draw.contributed",
        "draw.stepped-in",
        "draw.completed",
        "draw.exhausted",
        "draw.vacated",
        "draw.refilled",
        "draw.vacancy-exhausted",
        "draw.bidders-opened",
        "draw.seat-lost",
        "draw.filled",
        "draw.closed",
        "draw.released",
    }
)


SEATING: Final = frozenset({"draw.completed", "draw.refilled"})


@dataclass(frozen=True, slots=True)
class _Proofs:
    """Proves entries for one checkpoint."""

    checkpoint: SignedCheckpoint
    log: SqlLog

    def of(self, entry: Entry) -> ProvenEntry:
        size = self.checkpoint.size
        return ProvenEntry(entry, tuple(inclusion_proof(entry.index, size, nodes_of(self.log, size))))


def export(parts: Parts, draw_id: str, *, audit: bool) -> Bundle:
    """The bundle of a draw that is over. Raises `NoSuchDraw`, `NotClosed`, `NotCosigned`."""
    with candidates.snapshot(parts.engine) as session:
        draw, fixed = session.get(Draw, draw_id), intended(session, draw_id)
        if draw is None:
            raise NoSuchDraw
        if fixed is None or not _is_over(session, draw):
            raise NotClosed
        own = [entry for entry in entries_of(session, draw_id) if entry.kind in IN_A_BUNDLE]
        proofs = _Proofs(_checkpoint(parts, own[-1].index), SqlLog(parts.engine))
        vacated = [entry for entry in own if entry.kind in (DrawVacated.kind, SeatLost.kind)]
        named = {each.registered for each in (*fixed.intent.contributors, *fixed.intent.alternates)}
        if fixed.intent.first is not None:
            named |= _of_first(session, draw, fixed.intent.first)
        entries = sorted({entry.index: entry for entry in (*own, *_entries(session, named))}.items())
        made, kept = stored_table(session, parts.keys, draw_id), secrets_of(session, parts.keys, draw_id)
        return Bundle(
            draw=draw_id,
            intent=fixed.entry.index,
            checkpoint=proofs.checkpoint.to_bytes(),
            entries=tuple(proofs.of(entry) for _, entry in entries),
            openings=_openings(session, parts, draw, fixed, made=made, kept=kept),
            table=made.table,
            audit=_audit(session, parts, draw, proofs, vacated, made=made, kept=kept) if audit else None,
        )


def _of_first(session: Session, draw: Draw, first: int) -> set[int]:
    """The first intent, and where members are retained the entries that seated them."""
    if not draw.supplementary or draw.first_id is None:
        return {first}
    seating = (entry.index for entry in entries_of(session, draw.first_id) if entry.kind in SEATING)
    return {first, *seating}


def _is_over(session: Session, draw: Draw) -> bool:
    """A draw that seated nobody is over when it is exhausted; with seats, its seed may be known at its close."""
    return draw.state is DrawState.CLOSED or (draw.state is DrawState.EXHAUSTED and not seats_of(session, draw.id))


def _checkpoint(parts: Parts, index: int) -> SignedCheckpoint:
    """The newest checkpoint that covers an entry and that a quorum cosigned. Raises `NotCosigned`."""
    for signed in checkpoints.covering(parts.engine, index):
        if parts.policy is not None and parts.policy.judge(signed).quorum:
            return signed
    raise NotCosigned


def _entries(session: Session, indexes: set[int]) -> list[Entry]:
    found = select(LedgerEntry.data).where(LedgerEntry.index.in_(indexes))
    return [parse_entry(data) for data in session.scalars(found)]


def _openings(session: Session, parts: Parts, draw: Draw, fixed: Intended, *, made: Made, kept: Secrets) -> Openings:
    request, mixed_in = request_of(draw), beacon_round(session, parts, fixed)
    maker = RowMaker(kept.table_key)
    seeds = seeds_of(session, parts, fixed, mixed_in)
    rows = sorted(set(_selected(session, parts, fixed, seeds)))
    return Openings(
        contributions=tuple(
            ContributionOpened(organisation, proof)
            for organisation, proof in proofs_of(session, parts, draw.id, fixed.intent).items()
        ),
        lots=LotsOpened(kept.lot_key, request.project, request.lots),
        groups=tuple(
            RowOpened(made.table.leaf(row), maker.open_groups(made.roster_leaves[row], made.groups[row]))
            for row in rows
        ),
        retained=opened(sitting(session, parts, draw), kept.table_key),
        answers=tuple(_answers(parts, vacancies_of(session, draw.id))),
        beacon=None if mixed_in is None else BeaconOpened(mixed_in.signature, mixed_in.previous or None),
        struck=_struck(session, parts, draw, made, kept),
    )


def _struck(session: Session, parts: Parts, draw: Draw, made: Made, kept: Secrets) -> StruckOpened | None:
    noted = session.get(BidderList, draw.id)
    if noted is None or noted.state is not ListState.OPENED:
        return None
    rows, _ = rows_struck(session, parts.keys, draw.id, made)
    return StruckOpened(struck_salt(kept.table_key), tuple(made.table.leaf(row) for row in sorted(rows)))


def _selected(session: Session, parts: Parts, fixed: Intended, seeds: Seeds) -> Iterator[int]:
    """The rows that any attempt of any search selected."""
    found = searches(session, parts, fixed, seeds)
    yield from _rows(found.panel())
    for vacancy in vacancies_of(session, fixed.intent.draw):
        if vacancy.refilled:
            yield from _rows(found.vacancy(vacancy))


def _rows(found: Search) -> Iterator[int]:
    return (row for attempt in found.attempts for line in attempt for row in line)


def _answers(parts: Parts, vacancies: Sequence[Vacancy]) -> Iterator[AnswerOpened]:
    for vacancy in vacancies:
        where = f"draw_vacancies:{vacancy.draw_id}/{vacancy.number}"
        answer = open_padded(parts.keys, vacancy.evidence, where).get("answer")
        if answer is not None:
            yield AnswerOpened(vacancy.number, answer["code"], bytes.fromhex(answer["salt"]))


def _audit(
    session: Session, parts: Parts, draw: Draw, proofs: _Proofs, vacated: Sequence[Entry], *, made: Made, kept: Secrets
) -> Audit:
    request = request_of(draw)
    if request.decided_at is None:
        raise NotClosed
    book = rules.rulebook(request.rulebook, day_of(request.decided_at))
    pool = parts.pool(draw.centre_id)
    opened = opened_lines(session, pool, made.roster_size)
    bidders = bidders_of(session, parts, draw, made)
    known = None if bidders is None or request.bidders is None else bidders.units
    by_leaf = {line.leaf: line.facts for lines in opened.lines.values() for line in map(parse_line, lines)}
    return Audit(
        request=request.plain(),
        salt=kept.request_salt,
        table_key=kept.table_key,
        rulebook=book.canonical(),
        decisions=Kept(list(_decisions(made, by_leaf, candidates.decider(book, request, known)))),
        roster=Kept(list(_roster(session, proofs, opened.lines, opened.erased))),
        bidders=bidders,
        evidence=tuple(_evidence(session, parts, entry) for entry in vacated),
    )


def _evidence(session: Session, parts: Parts, vacated: Entry) -> str:
    """The disclosure of why a seat fell vacant, as it was made with the entry. Raises `SealBroken`."""
    sealed = session.get_one(LedgerEntry, vacated.index).sealed
    if sealed is None:
        raise LookupError(f"entry {vacated.index} hides nothing")
    opened = json.loads(parts.keys.open(DISCLOSURE_KEY, sealed, disclosures_context(vacated.index)))
    return next(str(text) for text in opened if parse_disclosure(text).name == "evidence")


def _decisions(made: Made, facts: Mapping[bytes, str | None], decides: Decider) -> Iterator[bytes]:
    for expert, leaf in zip(made.experts, made.roster_leaves, strict=True):
        known = expert_facts(read_stored(facts[leaf] or "{}"))
        yield decision_line(leaf, decides.decide(known, made.extras.get(expert, NOTHING)).document)


def _roster(
    session: Session, proofs: _Proofs, lines: Mapping[int, list[bytes]], erased: Mapping[int, list[bytes]]
) -> Iterator[bytes]:
    for entry in sorted(_entries(session, set(lines)), key=lambda each: each.index):
        yield roster_head(proofs.of(entry), len(lines[entry.index]), erased.get(entry.index, ()))
        yield from lines[entry.index]
