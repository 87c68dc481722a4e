"""The searches of a draw, put together from what the vault keeps: the panel, and each vacancy as it was logged.

Who took which row the vault's working copies tell. Once they are destroyed (``draws.archiving``), it is computed again
from the contributions: the same committee comes out, as it does for everybody who has the bundle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy.orm import Session

from expertpool.draws.candidates import Made
from expertpool.draws.keeping import Secrets, occupants, secrets_of
from expertpool.draws.models import Draw, Seat, Vacancy
from expertpool.draws.parts import Parts
from expertpool.draws.queries import Intended, drawn_before, fixed_intent, has_met, request_of, seats_of, vacancies_of
from expertpool.draws.seeding import beacon_round, seeds_of
from expertpool.draws.stored_strikes import rows_struck
from expertpool.draws.stored_table import stored_table
from expertpool.draws.supplementing import STANDING
from expertpool.protocol.commitments import retained_digest
from expertpool.protocol.openings import RetainedOpened
from expertpool.protocol.panel import Search, Seating, Tokens, search
from expertpool.protocol.seed import Seeds
from expertpool.protocol.table import RowMaker

Rows = Mapping[tuple[str, int], int]
"""By seat code and vacancy (0: at first), which row of the table took the seat."""


@dataclass(frozen=True, slots=True)
class Searches:
    """The table of a draw with its secrets, who sits beside it (``beside``: their tokens), its seeds, its seats.

    ``struck`` are the rows that the bidders strike, in vacancies with a number above ``struck_after``.
    """

    fixed: Intended
    made: Made
    kept: Secrets
    seeds: Seeds
    beside: Sequence[Tokens]
    lines: Mapping[str, int]
    vacancies: Sequence[Vacancy]
    taken: Rows
    struck: frozenset[int] = frozenset()
    struck_after: int = 0

    def panel(self) -> Search:
        """The panel."""
        return self._search(self.seeds.panel, self.fixed.intent.seats)

    def vacancy(self, vacancy: Vacancy) -> Search:
        """A vacancy: one seat on the seat's line, with everyone as they sat when it was logged."""
        wanted = [int(line == self.lines[vacancy.seat]) for line in range(len(self.fixed.intent.seats))]
        seated, struck = self._standing(vacancy.number)
        return self._search(self.seeds.vacancy(vacancy.number), wanted, seated, struck)

    def _standing(self, vacancy: int) -> tuple[list[int], list[int]]:
        """The rows seated and struck when a vacancy was logged: those before it are refilled, later ones are not.

        A seat that could not be filled has nobody. What the bidders strike counts once their list is opened.
        """
        ever = {at: row for at, row in self.taken.items() if at[1] < vacancy}
        last = {code: 0 for code, _ in ever}
        last |= {each.seat: each.number for each in self.vacancies if each.number <= vacancy}
        seated = {row for (code, at), row in ever.items() if at == last[code]}
        bidders = self.struck if vacancy > self.struck_after else frozenset()
        return sorted(seated), sorted((bidders | set(ever.values())) - seated)

    def _search(
        self, seed: bytes, seats: Sequence[int], seated: Sequence[int] = (), struck: Sequence[int] = ()
    ) -> Search:
        caps = {each.kind: each.cap for each in self.fixed.intent.constraints}
        rows = self.made.candidates(self.kept.table_key)
        seating = Seating(rows, seats, caps, seated=seated, struck=struck, beside=self.beside)
        return search(seating, seed, self.fixed.intent.max_attempts)


class Sitting(NamedTuple):
    """Someone whom the first draw seated: the seat, the leaf of the roster, and the groups by name."""

    seat: Seat
    roster_leaf: bytes
    groups: tuple[tuple[int, str], ...]


def searches(session: Session, parts: Parts, fixed: Intended, seeds: Seeds) -> Searches:
    """What a draw's searches need, opened."""
    draw = session.get_one(Draw, fixed.intent.draw)
    kept = secrets_of(session, parts.keys, draw.id)
    staying = opened(sitting(session, parts, draw), kept.table_key)
    made = stored_table(session, parts.keys, draw.id)
    struck, after = rows_struck(session, parts.keys, draw.id, made)
    found = Searches(
        fixed,
        made,
        kept,
        seeds,
        beside=[each.groups.tokens for each in staying],
        lines={seat.code: seat.line for seat in seats_of(session, draw.id)},
        vacancies=vacancies_of(session, draw.id),
        taken={at: each.row for at, each in occupants(session, parts.keys, draw.id).items()},
        struck=struck,
        struck_after=after,
    )
    return found if found.taken or not found.lines else replace(found, taken=_computed_again(found))


def rows_taken(session: Session, parts: Parts, draw_id: str) -> Rows:
    """Everyone who ever took a seat of a draw."""
    copies = {at: each.row for at, each in occupants(session, parts.keys, draw_id).items()}
    if copies or not seats_of(session, draw_id):
        return copies
    fixed = fixed_intent(session, draw_id)
    return searches(session, parts, fixed, seeds_of(session, parts, fixed, beacon_round(session, parts, fixed))).taken


def sitting(session: Session, parts: Parts, draw: Draw) -> list[Sitting]:
    """Whom a supplementary draw retains; nobody for any other."""
    if not draw.supplementary or draw.first_id is None:
        return []
    taken = rows_taken(session, parts, draw.first_id)
    made = stored_table(session, parts.keys, draw.first_id)
    standing = [seat for seat in seats_of(session, draw.first_id) if seat.state in STANDING]
    rows = [taken[seat.code, seat.vacancy] for seat in standing]
    return [Sitting(seat, made.roster_leaves[row], made.groups[row]) for seat, row in zip(standing, rows, strict=True)]


def former(session: Session, parts: Parts, draw: Draw) -> set[str]:
    """Who is not to be drawn again, by expert.

    That is everyone who ever took a seat of the draw that this one supplements; and of an earlier draw for one of these
    lots, where members have met: who evaluates anew is somebody else.
    """
    if draw.supplementary:
        earlier = [] if draw.first_id is None else [draw.first_id]
    else:
        earlier = [each.id for each in drawn_before(session, request_of(draw), draw.id) if has_met(session, each.id)]
    found: set[str] = set()
    for first in earlier:
        made = stored_table(session, parts.keys, first)
        found |= {made.experts[row] for row in rows_taken(session, parts, first).values()}
    return found


def opened(people: Sequence[Sitting], table_key: bytes) -> tuple[RetainedOpened, ...]:
    """What opens the intent's commitments to retained members, in its order."""
    maker = RowMaker(table_key)
    made = [
        RetainedOpened(bytes.fromhex(each.seat.member), maker.open_groups(each.roster_leaf, each.groups))
        for each in people
    ]
    return tuple(sorted(made, key=committed))


def committed(member: RetainedOpened) -> bytes:
    """What the intent says of a retained member (docs/spec/draw.md, section 4)."""
    return retained_digest(member.member, member.groups.commitment())


def _computed_again(found: Searches) -> Rows:
    """The rows of the panel on the seats in their order, then those of the vacancies in theirs."""
    panel: Sequence[Sequence[int]] = found.panel().panel or ()
    rows = [row for line in panel for row in line]
    taken = {(code, 0): row for code, row in zip(found.seeds.seat_codes(len(rows)), rows, strict=True)}
    for vacancy in found.vacancies:
        refilled = replace(found, taken=taken).vacancy(vacancy).panel if vacancy.refilled else None
        if refilled is not None:
            taken[vacancy.seat, vacancy.number] = refilled[found.lines[vacancy.seat]][0]
    return taken
