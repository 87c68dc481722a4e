"""Whether a submitted request can be drawn: the ladder is climbed, the rules about counts are asked.

What it counts stays in the vault and in the ledger's hidden fields. Outside nobody learns more than accepted, returned
or referred, and for which article.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertpool.draws import candidates, rules
from expertpool.draws.bidders import usable_list
from expertpool.draws.candidates import Counted, Extras, Made
from expertpool.draws.engagements import engagements_but
from expertpool.draws.models import Draw
from expertpool.draws.parts import Parts
from expertpool.draws.queries import request_of
from expertpool.draws.searching import former
from expertpool.draws.suspending import binding
from expertpool.experts.eligibility_queries import AT_ONCE
from expertpool.experts.lifecycle import Origin, Pool, Status
from expertpool.experts.mirror_queries import mirror_fact
from expertpool.experts.models import Expert, RosterLine
from expertpool.experts.protection import Protector
from expertpool.projects.queries import person_of, recusals_of
from expertpool.projects.terms import RecusalKind
from expertpool.protocol.bidders import Bidders
from expertpool.protocol.decisions import Extra
from expertpool.protocol.request import DrawRequest
from policies.decision import Decision
from policies.facts import Mirror, Removals, day_of
from policies.rulebook import Rulebook

SETTLED = "status.settled"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of it: the decided request (with its rung), the decision, the counts, the table if it was asked for.

    With a table the request commits to the bidders, if they were known.
    """

    request: DrawRequest
    book: Rulebook
    decision: Decision
    counted: Counted
    made: Made | None


def evaluate(
    session: Session, parts: Parts, draw: Draw, now: datetime, *, table_key: bytes | None = None
) -> Evaluation:
    """Evaluate a draw's request as of now, in a session that sees one state (`candidates.snapshot`).

    With a key the candidate table is made too, of the rung that is used: so the pool is read but once.
    """
    asked = request_of(draw)
    book = rules.rulebook(asked.rulebook, day_of(now))
    pool = parts.pool(draw.centre_id)
    listed = usable_list(session, parts, draw, now)
    bidders = None if listed is None else Bidders(listed.units)
    units = None if bidders is None else bidders.units
    extras = known_beyond(session, parts, draw, pool, () if listed is None else listed.numbers)
    enough = rules.enough(book, asked.regime, sum(asked.seats))
    request, counted, counts, made = asked, Counted(), list[int](), None
    for rung in rules.rungs(book, asked.regime):
        request = asked.decided(now, rung)
        if table_key is None:
            counted = candidates.count(session, pool, book, request, extras, bidders=units)
        else:
            made = candidates.make(session, pool, book, request, extras=extras, table_key=table_key, bidders=units)
            counted = made.counted
        counts.append(counted.eligible)
        if counted.eligible >= enough:
            break
    decisions = [
        rules.on_request(book, request, now, supplementary=draw.supplementary),
        rules.on_counts(book, request, tuple(counts), eligible=counted.eligible, recused=counted.recused),
        rules.on_pool(book, asked.regime, _removals(session, book, asked, pool, now), _mirror(session, pool, now)),
    ]
    findings = (finding for decision in decisions for finding in decision.findings)
    if bidders is not None and table_key is not None:
        request = replace(request, bidders=bidders.digest(table_key).hex())
    return Evaluation(request, book, Decision.of(findings), counted, made)


def known_beyond(session: Session, parts: Parts, draw: Draw, pool: Pool, numbers: Collection[str] = ()) -> Extras:
    """What the roster does not say: who sits elsewhere, was named or bids in person, is suspended for a seat.

    ``numbers`` are the identity numbers of those who bid.
    """
    engagements = engagements_but(session, parts.keys, draw.id)
    named = with_numbers(session, parts, pool, {*numbers, *_named(session, parts, draw)})
    sat, suspended = former(session, parts, draw), binding(session, parts)
    return {
        expert: Extra(tuple(engagements.get(expert, ())), expert in sat, expert in named, suspended.get(expert, ()))
        for expert in engagements.keys() | named | sat | suspended.keys()
    }


def with_numbers(session: Session, parts: Parts, pool: Pool, numbers: Collection[str]) -> set[str]:
    """The experts of a pool with one of these identity numbers.

    The whole pool's indexes are read, so that no statement tells who is meant.
    """
    if not numbers:
        return set()
    protector = Protector(parts.service_keys)
    indexes = {protector.blind_index(pool, "id_number", number) for number in numbers}
    everyone = select(Expert.id, Expert.id_number_index)
    everyone = everyone.where(Expert.centre_id == pool.centre_id, Expert.origin == pool.origin)
    rows = session.execute(everyone, execution_options={"yield_per": AT_ONCE})
    return {expert for expert, index in rows if index in indexes}


def _named(session: Session, parts: Parts, draw: Draw) -> set[str]:
    """The identity numbers of whom the initiator named in person; a name alone joins nobody."""
    numbers = set()
    for recusal in recusals_of(session, draw.project_id):
        if recusal.kind is RecusalKind.PERSON and recusal.withdrawn is None:
            person = person_of(parts.service_keys, recusal)
            if person is not None and person.id_number is not None:
                numbers.add(person.id_number)
    return numbers


def _removals(session: Session, book: Rulebook, request: DrawRequest, pool: Pool, now: datetime) -> Removals:
    """Who was taken off the roster, or suspended on it, within the settling time."""
    applies = book.applies(SETTLED, request.regime)
    days = book.values(SETTLED, request.regime).number("days") if applies else 0
    of_pool = (Expert.centre_id == pool.centre_id, Expert.origin == pool.origin)
    lately = select(Expert.status, func.count()).where(*of_pool, Expert.since > now - timedelta(days=days))
    by_status = {status: number for status, number in session.execute(lately.group_by(Expert.status))}  # noqa: C416
    off = by_status.get(Status.LEFT, 0) + by_status.get(Status.REMOVED, 0)
    there = select(func.count()).select_from(RosterLine)
    there = there.where(RosterLine.centre_id == pool.centre_id, RosterLine.origin == pool.origin, RosterLine.on_roster)
    return Removals((session.scalar(there) or 0) + off, off + by_status.get(Status.SUSPENDED, 0))


def _mirror(session: Session, pool: Pool, now: datetime) -> Mirror | None:
    """The day of the province's last signed head; None for a pool of one's own."""
    return mirror_fact(session, pool.centre_id, day_of(now)) if pool.origin is Origin.MIRRORED else None
