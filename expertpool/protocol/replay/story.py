"""What happened in a draw, by the entries of its bundle."""

from dataclasses import dataclass
from typing import Final

from expertpool.protocol.intent import KIND, Contributor
from expertpool.protocol.replay.steps import shown
from ledger.entry import Entry

COMPLETED: Final = "draw.completed"
EXHAUSTED: Final = "draw.exhausted"
REFILLED: Final = "draw.refilled"
VACATED: Final = "draw.vacated"
VACANCY_EXHAUSTED: Final = "draw.vacancy-exhausted"
LOST: Final = "draw.seat-lost"
BIDDERS_OPENED: Final = "draw.bidders-opened"
OF_THE_DRAW: Final = frozenset({"draw.requested", "draw.accepted", KIND})
OF_THE_INTENT: Final = frozenset(
    {
        "draw.contributed",
        "draw.stepped-in",
        COMPLETED,
        EXHAUSTED,
        VACATED,
        REFILLED,
        LOST,
        BIDDERS_OPENED,
        VACANCY_EXHAUSTED,
        "draw.filled",
        "draw.closed",
        "draw.released",
    }
)
RESULT_OF_FIRST: Final = frozenset({COMPLETED, REFILLED})


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A seat that fell vacant, and the entry of how that ended: refilled, or exhausted."""

    number: int
    vacated: Entry
    ended: Entry

    @property
    def seat(self) -> str:
        """The seat's code."""
        return shown(self.vacated, "seat", str)


@dataclass(frozen=True, slots=True)
class Opened:
    """That the bidder list was opened after the draw; ``after`` is how many vacancies were ended before."""

    entry: Entry
    after: int


@dataclass(frozen=True, slots=True)
class Story:
    """What happened. ``counting``: whose contributions the seed is made of, in the order of the protocol."""

    counting: tuple[Contributor, ...]
    contributed: dict[str, Entry]
    result: Entry
    vacancies: tuple[Vacancy, ...]
    opened: Opened | None = None
