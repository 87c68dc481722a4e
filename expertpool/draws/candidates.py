"""The candidate table of a request, made from the roster as of one ledger size. The vault alone makes it.

Every holder of a matching claim in the opened areas gets a row, whoever is excluded too. Nobody else can tell from the
table who that is: salts and tokens come from the table key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.ledger_tables import LedgerHead
from expertpool.experts.eligibility_queries import Match, matching, whole_roster
from expertpool.experts.lifecycle import Pool
from expertpool.protocol.decisions import NOTHING, Decided, Decider, Extra
from expertpool.protocol.panel import Candidates
from expertpool.protocol.request import DrawRequest
from expertpool.protocol.table import RowMaker, Table, Token
from policies.eligibility import MATCH
from policies.facts import Unit
from policies.rulebook import Rulebook

Extras = Mapping[str, Extra]
"""What is known beyond the roster, by expert."""
Units = tuple[Unit, ...] | None
"""The bidders, where they are known."""


@dataclass(slots=True)
class Counted:
    """How many match, may be drawn, and were kept out by nothing but the requester's own recusals."""

    matching: int = 0
    eligible: int = 0
    per_line: dict[int, int] = field(default_factory=dict)
    recused: int = 0

    def add(self, decided: Decided, *, recused: bool) -> None:
        """Count one candidate."""
        self.matching += 1
        self.recused += recused
        self.eligible += bool(decided.lines)
        for line in decided.lines:
            self.per_line[line] = self.per_line.get(line, 0) + 1


@dataclass(frozen=True, slots=True)
class Made:
    """A table, and who stands on each of its rows: expert, roster leaf, groups by name."""

    table: Table
    experts: list[str]
    roster_leaves: list[bytes]
    groups: list[tuple[tuple[int, str], ...]]
    extras: Extras
    roster_size: int
    counted: Counted

    def candidates(self, table_key: bytes) -> Candidates:
        """The rows as a search takes them."""
        maker = RowMaker(table_key)

        def tokens_of(row: int) -> tuple[Token, ...]:
            return maker.open_groups(self.roster_leaves[row], self.groups[row]).tokens

        return Candidates(self.table.leaves, self.table.lines, tokens_of)


def decider(book: Rulebook, request: DrawRequest, bidders: Units = None) -> Decider:
    """Whoever decides the candidates of a decided request."""
    return Decider(book, request.regime, request.for_rules(book, bidders))


def snapshot(engine: Engine) -> Session:
    """A session that sees one state of the database from its first read on, also on PostgreSQL."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    return Session(engine.execution_options(**READ_ONLY))


def roster_size(session: Session) -> int:
    """The ledger size that this session sees."""
    return session.scalars(select(LedgerHead.size)).one()


def found(session: Session, pool: Pool, book: Rulebook, request: DrawRequest) -> Iterator[Match]:
    """Everyone on the roster who matches; where the rulebook asks for no specialty, the whole roster."""
    if book.applies(MATCH, request.regime):
        return matching(session, pool, request.for_rules(book))
    return whole_roster(session, pool)


def count(
    session: Session, pool: Pool, book: Rulebook, request: DrawRequest, extras: Extras, *, bidders: Units = None
) -> Counted:
    """Count the candidates of a request without making a table."""
    counted = Counted()
    for _, decided, recused in _decide(session, pool, book, request, extras, bidders=bidders):
        counted.add(decided, recused=recused)
    return counted


def make(
    session: Session,
    pool: Pool,
    book: Rulebook,
    request: DrawRequest,
    *,
    extras: Extras,
    table_key: bytes,
    bidders: Units = None,
) -> Made:
    """Make the table of a decided request from what this session sees. Raises `Malformed` for two equal leaves."""
    size = roster_size(session)
    maker, counted = RowMaker(table_key), Counted()
    rows = []
    for match, decided, recused in _decide(session, pool, book, request, extras, bidders=bidders):
        if match.leaf is None:
            continue  # the act that changes it is not committed
        counted.add(decided, recused=recused)
        row = maker.row(match.leaf, decided.document, decided.lines, decided.groups)
        rows.append((row.data, match.expert_id, match.leaf, decided.groups))
    rows.sort()
    return Made(
        Table(b"".join(data for data, _, _, _ in rows)),
        [expert for _, expert, _, _ in rows],
        [leaf for _, _, leaf, _ in rows],
        [groups for _, _, _, groups in rows],
        {expert: extras[expert] for _, expert, _, _ in rows if expert in extras},
        size,
        counted,
    )


def _decide(
    session: Session, pool: Pool, book: Rulebook, request: DrawRequest, extras: Extras, *, bidders: Units
) -> Iterator[tuple[Match, Decided, bool]]:
    """Everyone who matches, decided; and whether they would be eligible had the requester named nobody for recusal."""
    decides, without = decider(book, request, bidders), decider(book, _without_recusals(request), bidders)
    for match in found(session, pool, book, request):
        extra = extras.get(match.expert_id, NOTHING)
        decided, recused = decides.decide(match.facts, extra), False
        if not decided.lines and (request.recused or extra.named):
            recused = bool(without.decide(match.facts, extra._replace(named=False)).lines)
        yield match, decided, recused


def _without_recusals(request: DrawRequest) -> DrawRequest:
    return replace(request, recused=())
