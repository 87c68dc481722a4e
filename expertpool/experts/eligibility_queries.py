"""Who of a pool may be asked at all: found by specialty through an index, then decided one after the other.

    rules = Eligibility(book, regime, request)
    for found in matching(session, pool, request):          # by index: as many rows as there are holders
        decision = rules.decide(found.facts)

A claim covers what lies below it, so whoever holds the code asked for or any class above it matches; climbing the
shortage ladder opens more (``policies.specialties``). Suspended experts are on the roster and come along: the candidate
table has a row for everyone who matches, the excluded too (DESIGN 4). Rows are read some at a time, so memory does not
grow with the pool.

Public: `matching`, `whole_roster`, `matching_lines`, `Match`, `abundance`, `Abundance`.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, String, false, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from expertpool.experts.lifecycle import Pool
from expertpool.experts.models import RosterClaim, RosterLine
from expertpool.experts.queries import claim_key
from expertpool.protocol.facts import expert_facts
from expertpool.protocol.stored_facts import read_stored
from policies import areas
from policies.apply import decide
from policies.decision import REFUSING, Effect
from policies.facts import Expert, Request
from policies.facts import Pool as Counted
from policies.rulebook import Rulebook
from policies.rules.specialty import accepted

AT_ONCE: Final = 1_000
"""How many rows are held in memory."""


class Match(NamedTuple):
    """A line of the roster that matches; ``leaf`` is what the ledger commits to, None in the act that changes it."""

    expert_id: str
    leaf: bytes | None
    facts: Expert


class Abundance(StrEnum):
    """All that is told of a count outside the vault: 充足, 偏少, 不足 (DESIGN 4)."""

    ENOUGH = "enough"
    THIN = "thin"
    TOO_FEW = "too_few"


def matching(session: Session, pool: Pool, request: Request) -> Iterator[Match]:
    """The lines of a pool's roster that match a request by specialty and area, each once, in no particular order.

    Raises `BadInput` for an unknown specialty.
    """
    rows = session.execute(matching_lines(pool, request), execution_options={"yield_per": AT_ONCE})
    for expert_id, leaf, facts in rows:
        yield Match(expert_id, leaf, expert_facts(read_stored(facts)))


def whole_roster(session: Session, pool: Pool) -> Iterator[Match]:
    """Every line of a pool's roster, for a rulebook that asks for no specialty, in no particular order."""
    lines = select(RosterLine.expert_id, RosterLine.leaf, RosterLine.facts).where(
        RosterLine.centre_id == pool.centre_id, RosterLine.origin == pool.origin, RosterLine.on_roster
    )
    for expert_id, leaf, facts in session.execute(lines, execution_options={"yield_per": AT_ONCE}):
        yield Match(expert_id, leaf, expert_facts(read_stored(facts)))


def matching_lines(pool: Pool, request: Request) -> Select[str, bytes | None, str]:
    """What `matching` reads. A request whose lines or areas are unknown matches nobody."""
    claims = sorted({claim_key(key) for line in request.lines or () for key in accepted(line)})
    held = select(RosterClaim.expert_id).where(RosterClaim.claim.in_(claims))
    return select(RosterLine.expert_id, RosterLine.leaf, RosterLine.facts).where(
        RosterLine.expert_id.in_(held),
        _Beside(RosterLine.centre_id) == pool.centre_id,
        RosterLine.origin == pool.origin,
        RosterLine.on_roster,
        _lies_in(request.areas or ()),
    )


def abundance(book: Rulebook, regime: str, seats: int, eligible: int) -> Abundance:
    """How a number of eligible experts compares with the seats, by the rulebook's rule on thin pools.

    A book without that rule calls nothing thin. Raises `BadInput` for a regime that the book does not have.
    """
    effects = {finding.effect for finding in decide(book, regime, Counted(seats, eligible)).findings}
    if effects & REFUSING:
        return Abundance.TOO_FEW
    return Abundance.THIN if Effect.WARNED in effects else Abundance.ENOUGH


class _Beside(FunctionElement[str]):
    """A column by which rows are not to be looked for, only checked.

    SQLite has no statistics, would guess a pool's index to be small, and read the whole pool by it. PostgreSQL has
    some, and must see the plain column to use them: it would guess an expression to be true of few rows.
    """

    type = String()
    inherit_cache = True


@compiles(_Beside)
def _plain(element: _Beside, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_Beside, "sqlite")
def _without_index(element: _Beside, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def _lies_in(opened: tuple[str, ...]) -> ColumnElement[bool]:
    """One area lies in another by its first digits; the whole country has none in common."""
    prefixes = [areas.prefix(areas.current(code)) for code in opened]
    return or_(false(), *(RosterLine.area.startswith(prefix) for prefix in prefixes))
