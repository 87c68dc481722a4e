"""Late recusals: at the bid opening the sealed list is opened once, and the whole candidate table decided again.

docs/spec/draw.md, section 7. Every row is decided, whoever is seated; what is written has one size and tells only which
seats fall vacant. It may be done again until it is committed: the same rows are struck.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws import candidates, rules
from expertpool.draws.bidders import Listed, open_list
from expertpool.draws.candidates import Made
from expertpool.draws.evaluating import with_numbers
from expertpool.draws.events import BiddersMissing, BiddersOpened, BiddersTooFew
from expertpool.draws.keeping import occupants, secrets_of
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import BidderList, Draw, ListState
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import fixed_intent, request_of, seats_of, sitting_of, vacancies_of
from expertpool.draws.seating import lose
from expertpool.draws.stored_strikes import keep_strikes
from expertpool.draws.stored_table import stored_table
from expertpool.draws.supplementing import STANDING
from expertpool.experts.history import lines_with
from expertpool.experts.lifecycle import Pool
from expertpool.projects.queries import latest_sealed
from expertpool.projects.terms import SealedKind
from expertpool.protocol.bidders import Bidders, Late, struck_digest, struck_salt
from expertpool.protocol.decisions import NOTHING
from expertpool.protocol.facts import expert_facts
from expertpool.protocol.request import DrawRequest
from expertpool.protocol.stored_facts import read_stored
from policies.facts import Expert, day_of
from policies.rulebook import Rulebook

OPEN: Final = (DrawState.FILLING, DrawState.FILLED, DrawState.EXHAUSTED, DrawState.RECONVENED)
"""In these a committee may still lose members to the list."""


@dataclass(frozen=True, slots=True)
class Struck:
    """What an opened list does to a draw: which rows of how many are struck, each why, and the commitments (hex)."""

    reasons: Mapping[int, dict[str, Any]]
    size: int
    bidders_digest: str
    rows_digest: str


def open_bidders(parts: Parts, draw_id: str) -> bool:
    """Open the list of a draw with seats once the opening has come; returns whether something was noted or done.

    Raises `ListAltered`, `ListMalformed`, `SealBroken`: the duty officer is told, and nothing is struck.
    """
    with candidates.snapshot(parts.engine) as session:
        draw = session.get_one(Draw, draw_id)
        if not is_due(session, parts, draw):
            return False
        listed = open_list(session, parts, sitting_of(session, draw))
        if _noted(session, draw_id) is _state(listed):
            return False
        struck = _decide(session, parts, draw, listed) if listed is not None and listed.enough else None
    crash_point("draw.bidders-decided")
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        if not is_due(tx.session, parts, draw) or _noted(tx.session, draw_id) is _state(listed):
            return False
        _note(tx, parts, draw, listed, struck)
    return True


def awaited(session: Session, parts: Parts, draw_id: str) -> bool:
    """Whether a list has come, and its opening, and this draw has not seen it yet."""
    draw = session.get_one(Draw, draw_id)
    delivered = latest_sealed(session, draw.session_id, SealedKind.BIDDER_LIST) is not None
    return delivered and is_due(session, parts, draw)


def bidders_of(session: Session, parts: Parts, draw: Draw, made: Made) -> Bidders | None:
    """The bidders that had a part in a draw: at it, or after it; None where they had none. Raises as `open_bidders`."""
    request, noted = request_of(draw), session.get(BidderList, draw.id)
    late = noted is not None and noted.state is ListState.OPENED
    if request.bidders is None and not late:
        return None
    listed = open_list(session, parts, sitting_of(session, draw))
    if listed is None:
        return None
    return _bidders(session, parts, draw, listed, made) if late else Bidders(listed.units)


def is_due(session: Session, parts: Parts, draw: Draw) -> bool:
    """The opening has come for a draw that was decided before it, and no vacancy is open."""
    return (
        draw.state in OPEN
        and parts.transactions.clock.now() >= sitting_of(session, draw).opens_at
        and request_of(draw).bidders is None
        and _noted(session, draw.id) in (None, ListState.MISSING)
        and any(seat.state in STANDING for seat in seats_of(session, draw.id))
        and all(vacancy.refilled for vacancy in vacancies_of(session, draw.id))
    )


def _noted(session: Session, draw_id: str) -> ListState | None:
    found = session.get(BidderList, draw_id)
    return None if found is None else found.state


def _state(listed: Listed | None) -> ListState:
    if listed is None:
        return ListState.MISSING
    return ListState.OPENED if listed.enough else ListState.TOO_FEW


def _decide(session: Session, parts: Parts, draw: Draw, listed: Listed) -> Struck:
    """Decide every row that might be drawn again, in one pass over the roster."""
    made, request = stored_table(session, parts.keys, draw.id), request_of(draw)
    if request.decided_at is None:
        raise LookupError(f"{draw.id} has seats and was not decided")
    book = rules.rulebook(request.rulebook, day_of(request.decided_at))
    bidders = _bidders(session, parts, draw, listed, made)
    late = Late(book, request, bidders)
    reasons: dict[int, dict[str, Any]] = {}
    for row, facts in _facts(session, parts.pool(draw.centre_id), book, request, made):
        if not made.table.lines[row]:
            continue
        extra = made.extras.get(made.experts[row], NOTHING)
        decided = late.decide(made.roster_leaves[row], facts, extra)
        if not decided.lines:
            reasons[row] = _finding(decided.document)
    table_key = secrets_of(session, parts.keys, draw.id).table_key
    digest = struck_digest(struck_salt(table_key), map(made.table.leaf, sorted(reasons)))
    return Struck(reasons, len(made.table), bidders.digest(table_key).hex(), digest.hex())


def _bidders(session: Session, parts: Parts, draw: Draw, listed: Listed, made: Made) -> Bidders:
    persons = with_numbers(session, parts, parts.pool(draw.centre_id), listed.numbers)
    leaves = zip(made.experts, made.roster_leaves, strict=True)
    return Bidders(listed.units, tuple(sorted(leaf for expert, leaf in leaves if expert in persons)))


def _facts(
    session: Session, pool: Pool, book: Rulebook, request: DrawRequest, made: Made
) -> Iterator[tuple[int, Expert]]:
    """Every row with the facts by which it was made: of those whose facts have changed since, as they were then."""
    rows = {leaf: row for row, leaf in enumerate(made.roster_leaves)}
    for match in candidates.found(session, pool, book, request):
        row = None if match.leaf is None else rows.pop(match.leaf, None)
        if row is not None:
            yield row, match.facts
    if rows:
        for leaf, facts in lines_with(session, pool, made.roster_size, rows.keys()):
            yield rows.pop(leaf), expert_facts(read_stored(facts))
    yield from ((row, Expert()) for row in rows.values())  # erased: what is unknown counts against


def _finding(document: bytes) -> dict[str, Any]:
    """The first finding that refuses: it can be decided again from the bundle of an auditor."""
    found: list[dict[str, Any]] = json.loads(document)["findings"]
    return next(each for each in found if each["effect"] in ("refused", "unknown"))


def _note(tx: Transaction, parts: Parts, draw: Draw, listed: Listed | None, struck: Struck | None) -> None:
    """Write what was found, and empty the seats of those who are struck, in the order of their codes."""
    where: dict[str, Any] = {"draw": draw.id, "intent": fixed_intent(tx.session, draw.id).entry.index}
    noted = tx.session.get(BidderList, draw.id) or BidderList(draw_id=draw.id)
    noted.state = _state(listed)
    tx.session.add(noted)
    draw.move()
    if listed is None:
        tx.record(BiddersMissing(**where))
        return
    noted.digest = listed.digest
    if struck is None:
        tx.record(BiddersTooFew(**where, list=listed.digest))
        return
    noted.bidders, noted.struck = struck.bidders_digest, struck.rows_digest
    noted.vacancies = len(vacancies_of(tx.session, draw.id))
    keep_strikes(tx, parts.keys, draw.id, struck.size, struck.reasons)
    tx.session.flush()
    crash_point("draw.bidders-written")
    tx.record(
        BiddersOpened(
            **where, list=listed.digest, bidders=noted.bidders, struck=noted.struck, vacancies=noted.vacancies
        )
    )
    taken = occupants(tx.session, parts.keys, draw.id)
    for seat in seats_of(tx.session, draw.id):
        reason = struck.reasons.get(taken[seat.code, seat.vacancy].row)
        if seat.state in STANDING and reason is not None:
            lose(tx, parts, draw, seat, {"cause": "recused", "finding": reason})
