"""The searches of a draw, put together from what the vault keeps: the panel, and each vacancy as it was logged."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from expertpool.draws.candidates import Made
from expertpool.draws.keeping import Secrets, occupants, secrets_of
from expertpool.draws.models import Draw, Vacancy
from expertpool.draws.parts import Parts
from expertpool.draws.queries import Intended, seats_of, vacancies_of
from expertpool.draws.stored_table import stored_table
from expertpool.draws.supplementing import opened, sitting
from expertpool.protocol.panel import Search, Seating, Tokens, search
from expertpool.protocol.seed import Seeds


@dataclass(frozen=True, slots=True)
class Searches:
    """The table of a draw with its secrets, who sits beside it (``beside``: their tokens), and its seeds."""

    fixed: Intended
    made: Made
    kept: Secrets
    seeds: Seeds
    beside: Sequence[Tokens]

    def panel(self) -> Search:
        """The panel."""
        return self._search(self.seeds.panel, self.fixed.intent.seats)

    def vacancy(self, session: Session, parts: Parts, vacancy: Vacancy) -> Search:
        """A vacancy: one seat on the seat's line, with everyone as they sat when it was logged."""
        lines = {seat.code: seat.line for seat in seats_of(session, vacancy.draw_id)}
        wanted = [int(line == lines[vacancy.seat]) for line in range(len(self.fixed.intent.seats))]
        seated, struck = standing(session, parts, vacancy.draw_id, vacancy.number)
        return self._search(self.seeds.vacancy(vacancy.number), wanted, seated, struck)

    def _search(
        self, seed: bytes, seats: Sequence[int], seated: Sequence[int] = (), struck: Sequence[int] = ()
    ) -> Search:
        caps = {each.kind: each.cap for each in self.fixed.intent.constraints}
        rows = self.made.candidates(self.kept.table_key)
        seating = Seating(rows, seats, caps, seated=seated, struck=struck, beside=self.beside)
        return search(seating, seed, self.fixed.intent.max_attempts)


def searches(session: Session, parts: Parts, fixed: Intended, seeds: Seeds) -> Searches:
    """What a draw's searches need, opened."""
    draw = session.get_one(Draw, fixed.intent.draw)
    kept = secrets_of(session, parts.keys, draw.id)
    staying = opened(sitting(session, parts, draw), kept.table_key)
    beside = [each.groups.tokens for each in staying]
    return Searches(fixed, stored_table(session, parts.keys, draw.id), kept, seeds, beside)


def standing(session: Session, parts: Parts, draw_id: str, vacancy: int) -> tuple[list[int], list[int]]:
    """The rows seated and struck when a vacancy was logged: those before it are refilled, later ones are not.

    A seat that could not be filled has nobody.
    """
    ever = {at: each.row for at, each in occupants(session, parts.keys, draw_id).items() if at[1] < vacancy}
    last = {code: 0 for code, _ in ever}
    last |= {each.seat: each.number for each in vacancies_of(session, draw_id) if each.number <= vacancy}
    seated = {row for (code, at), row in ever.items() if at == last[code]}
    return sorted(seated), sorted(set(ever.values()) - seated)
