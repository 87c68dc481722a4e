"""A draw as the public sees it: its steps and its seats by code, told by its entries and by nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from expertpool.audit.indexing import CLOSED, VACATED
from expertpool.audit.terms import moment_of
from ledger.entry import Entry

REACHED: Final[Mapping[str, tuple[str, ...]]] = {
    "requested": ("draw.requested", "draw.accepted", "draw.returned", "draw.referred"),
    "committed": ("draw.intended",),
    "contributed": ("draw.contributed", "draw.stepped-in"),
    "drawn": ("draw.completed", "draw.exhausted"),
    "seated": ("draw.filled",),
    "closed": (CLOSED,),
}
"""The steps in their order, and the entries by which each is reached."""
ENDINGS: Final = frozenset({"draw.cancelled", "draw.aborted", "draw.exhausted", "draw.vacancy-exhausted"})
INTERRUPTIONS: Final = frozenset({"draw.postponed", "draw.suspended", "draw.returned", "draw.referred"})
RESUMPTIONS: Final = frozenset({"draw.resumed", "draw.reconvened", "draw.requested", "draw.accepted"})
_SEATED: Final[Mapping[str, str]] = {
    "draw.accepted-seat": "accepted",
    "draw.filled": "accepted",
    "draw.refilled": "drawn",
    "draw.signed-in": "signed-in",
    "draw.seat-lost": "vacant",
    "draw.vacancy-exhausted": "unfillable",
    VACATED: "vacant",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``name`` is a key of `REACHED`; ``entries`` are those by which it was reached, in order."""

    name: str
    entries: Sequence[int]
    at: datetime | None
    done: bool


@dataclass(slots=True)
class SeatStory:
    """One seat: its state after the last entry about it, and how often it fell vacant."""

    code: str
    state: str
    entry: int
    vacancies: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A draw. ``troubled`` is the kind of the entry that ended or interrupted it, while nothing came after."""

    steps: Sequence[Step]
    seats: Sequence[SeatStory]
    required: int
    contributed: int
    vacancies: int
    troubled: str | None
    closed: bool
    entries: Sequence[Entry] = field(repr=False)


def story_of(entries: Sequence[Entry]) -> Story:
    """Tell a draw from its entries, which are in their order."""
    intent = next((entry for entry in entries if entry.kind == "draw.intended"), None)
    contributed = [entry for entry in entries if entry.kind == "draw.contributed"]
    required = _whole(intent.body.get("required")) if intent else 0
    return Story(
        steps=[_step(name, kinds, entries, required) for name, kinds in REACHED.items()],
        seats=_seats(entries),
        required=required,
        contributed=len(contributed),
        vacancies=sum(entry.kind == VACATED for entry in entries),
        troubled=_trouble(entries),
        closed=any(entry.kind == CLOSED for entry in entries),
        entries=entries,
    )


def _step(name: str, kinds: tuple[str, ...], entries: Sequence[Entry], required: int) -> Step:
    own = [entry for entry in entries if entry.kind in kinds]
    enough = sum(entry.kind == "draw.contributed" for entry in own) >= required if name == "contributed" else True
    last = own[-1] if own else None
    return Step(name, [entry.index for entry in own], moment_of(last) if last else None, bool(own) and enough)


def _seats(entries: Sequence[Entry]) -> list[SeatStory]:
    seats: dict[str, SeatStory] = {}
    for entry in entries:
        if entry.kind == "draw.completed":
            for each in entry.body["seats"]:
                seats[each["seat"]] = SeatStory(each["seat"], "drawn", entry.index)
        state, seat = _SEATED.get(entry.kind), seats.get(str(entry.body.get("seat")))
        if state and seat:
            seat.state, seat.entry = state, entry.index
            seat.vacancies += entry.kind == VACATED
    return [seats[code] for code in sorted(seats)]


def _trouble(entries: Sequence[Entry]) -> str | None:
    trouble = None
    for entry in entries:
        if entry.kind in ENDINGS or entry.kind in INTERRUPTIONS:
            trouble = entry.kind
        elif entry.kind in RESUMPTIONS and trouble in INTERRUPTIONS:
            trouble = None
    return trouble


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
