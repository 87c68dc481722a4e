"""The searches of a draw, made again one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from expertpool.protocol.intent import Intent
from expertpool.protocol.panel import Candidates, Search, Seating, Tokens, search
from expertpool.protocol.replay.steps import Differs, shown
from expertpool.protocol.replay.story import COMPLETED, REFILLED
from ledger.entry import Entry


@dataclass
class Seat:
    """A seat by its code: its line, who sits (the place of a row; None: nobody), and the commitment to the answer."""

    line: int
    row: int | None
    answer: str


@dataclass
class Drawn:
    """The searches so far: seats by code, all rows that any attempt selected, everyone who ever sat.

    ``struck``: the rows that the bidders strike, from the opening of their list on. In a vacancy that was
    logged before a seat was lost, whoever loses it sits.
    """

    candidates: Candidates
    beside: Sequence[Tokens]
    seats: dict[str, Seat] = field(default_factory=dict)
    selected: set[int] = field(default_factory=set)
    sat: set[int] = field(default_factory=set)
    struck: frozenset[int] = frozenset()

    def search(self, intent: Intent, seats: Sequence[int], seed: bytes, ended: Entry) -> Search:
        """Make the search again whose end is logged, as things stand. Raises `Differs` when it ends otherwise.

        No more attempts are made than the entry says, however many the intent allows.
        """
        said, most = shown(ended, "attempts", int), intent.max_attempts
        seated = {seat.row for seat in self.seats.values() if seat.row is not None}
        seating = Seating(
            self.candidates,
            seats,
            {each.kind: each.cap for each in intent.constraints},
            seated=seated,
            struck=(self.sat | self.struck) - seated,
            beside=self.beside,
        )
        found = search(seating, seed, min(most, max(said, 1)))
        self.selected.update(row for attempt in found.attempts for line in attempt for row in line)
        drawn = ended.kind in (COMPLETED, REFILLED)
        if len(found.attempts) != said or drawn != (found.panel is not None) or not (drawn or said in (0, most)):
            raise Differs(
                f"重新抽取 {len(found.attempts)} 轮，结束方式与第 {ended.index} 条所记（{said} 轮）不同。",
                f"Drawn again, {len(found.attempts)} attempts end otherwise than the {said} of entry {ended.index}.",
                entry=ended.index,
                attempts=len(found.attempts),
            )
        return found
