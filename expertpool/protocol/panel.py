"""Who is drawn: tickets, attempts, and the first attempt that keeps every constraint.

docs/spec/draw.md, section 7. An attempt takes for each line the rows with the lowest tickets, which is a set of rows
picked uniformly; keeping the first attempt that is allowed, and mending none, leaves it uniform among those allowed.
"""

from array import array
from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import compress

from expertpool.protocol.encoding import u32
from expertpool.protocol.table import LEAF_BYTES, MOST_LINES, Token

DOMAIN = b"expertpool:panel/v1:tick"

Tokens = Collection[Token]
Caps = Mapping[int, int]
"""For a kind of group, how many members may belong to the same one."""
Attempt = tuple[tuple[int, ...], ...]
"""For each line the rows with the lowest tickets, in the order of their tickets."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows of a candidate table, without an object for each: a pool has a million.

    `leaves` holds 32 bytes a row, all different. `lines` holds for each row the lines for which it may be drawn: bit
    `i` for line `i`, no bit for whoever is excluded. `tokens_of` gives a row's tokens; a search asks only for rows that
    an attempt selected or that are seated, so that a bundle need not open any others.

    Raises `ValueError` when leaves and lines do not have the same number of rows.
    """

    leaves: bytes
    lines: "array[int]"
    tokens_of: Callable[[int], Tokens]

    def __post_init__(self) -> None:
        """Check the lengths."""
        if len(self.leaves) != LEAF_BYTES * len(self.lines):
            raise ValueError(f"{len(self.leaves)} bytes of leaves for {len(self.lines)} rows")


@dataclass(frozen=True, slots=True)
class Seating:
    """What a search is to seat: `seats` on each line, for a vacancy one on the seat's line and none on the others.

    Rows that are `seated` or `struck` are not drawn. The tokens of the seated count, and so do those of each member who
    sits `beside` them without a row among the candidates.

    Raises `ValueError` unless there are seats, on at most 32 lines.
    """

    candidates: Candidates
    seats: Sequence[int]
    caps: Caps
    seated: Collection[int] = ()
    struck: Collection[int] = ()
    beside: Sequence[Tokens] = ()

    def __post_init__(self) -> None:
        """Check the seats."""
        if not any(self.seats) or min(self.seats) < 0 or len(self.seats) > MOST_LINES:
            raise ValueError(f"seats on 1 to {MOST_LINES} lines are needed, not {list(self.seats)}")

    def open_lines(self) -> "array[int]":
        """Give the lines for which each row may be drawn, none for the seated and the struck."""
        lines = self.candidates.lines[:]
        for row in (*self.seated, *self.struck):
            lines[row] = 0
        return lines

    def eligible(self) -> list["array[int]"] | None:
        """Give the rows that may be drawn for each line; None when a line has fewer of them than seats."""
        lines, every = self.open_lines(), range(len(self.candidates.lines))
        rows = [
            array("I", compress(every, map((1 << line).__and__, lines)) if wanted else ())
            for line, wanted in enumerate(self.seats)
        ]
        enough = all(len(found) >= wanted for found, wanted in zip(rows, self.seats, strict=True))
        return rows if enough else None

    def already(self) -> list[Tokens]:
        """Give the tokens of each member who sits already."""
        return [*self.beside, *map(self.candidates.tokens_of, self.seated)]


@dataclass(frozen=True, slots=True)
class Search:
    """The attempts made, from attempt 0. `accepted` is the index of the last, or None: the search is exhausted."""

    attempts: tuple[Attempt, ...]
    accepted: int | None

    @property
    def panel(self) -> Attempt | None:
        """The rows seated on each line, unless the search is exhausted."""
        return None if self.accepted is None else self.attempts[self.accepted]


def search(seating: Seating, seed: bytes, max_attempts: int) -> Search:
    """Find the first of `max_attempts` attempts that is allowed. When a line has fewer rows than seats, none is made.

    Raises `ValueError` for a seed that is not 32 bytes.
    """
    if len(seed) != 32:
        raise ValueError(f"a seed of {len(seed)} bytes instead of 32")
    eligible = seating.eligible()
    if eligible is None:
        return Search((), None)
    leaves, already = seating.candidates.leaves, seating.already()
    attempts: list[Attempt] = []
    for number in range(max_attempts):
        attempt = tuple(
            lowest(leaves, rows, wanted, _block(seed, number, line)) if wanted else ()
            for line, (rows, wanted) in enumerate(zip(eligible, seating.seats, strict=True))
        )
        attempts.append(attempt)
        if allowed(seating, attempt, already):
            return Search(tuple(attempts), number)
    return Search(tuple(attempts), None)


def ticket(seed: bytes, attempt: int, line: int, leaf: bytes) -> bytes:
    """Give the ticket (32 bytes) of a row for one line in one attempt."""
    return sha256(_block(seed, attempt, line) + leaf).digest()


def lowest(leaves: bytes, rows: Iterable[int], wanted: int, block: bytes) -> tuple[int, ...]:
    """Give the `wanted` (one or more) rows with the lowest (ticket, leaf), in that order.

    All tickets of a line begin with the same `block` of SHA-256: it is hashed once, its state copied for each row.
    """
    begun = sha256(block).copy
    best: list[tuple[bytes, bytes, int]] = []
    highest = b"\xff" * 32
    for row in rows:
        state = begun()
        state.update(leaf := leaves[LEAF_BYTES * row : LEAF_BYTES * (row + 1)])
        drawn = state.digest()
        if drawn <= highest:
            insort(best, (drawn, leaf, row))
            del best[wanted:]
            if len(best) == wanted:
                highest = best[-1][0]
    return tuple(row for _, _, row in best)


def allowed(seating: Seating, attempt: Attempt, already: Sequence[Tokens]) -> bool:
    """Say whether all selected rows are different and, with those who sit `already`, no group is above its cap."""
    rows = [row for line in attempt for row in line]
    return len(set(rows)) == len(rows) and within(seating.caps, [*already, *map(seating.candidates.tokens_of, rows)])


def within(caps: Caps, members: Iterable[Tokens]) -> bool:
    """Say whether at most as many members as its cap carry the same token, for every kind that has a cap."""
    carried = Counter(token for tokens in members for token in set(tokens) if token[0] in caps)
    return all(count <= caps[kind] for (kind, _), count in carried.items())


def _block(seed: bytes, attempt: int, line: int) -> bytes:
    """Give what every ticket of a line in an attempt begins with: 64 bytes, one block of SHA-256."""
    return DOMAIN + seed + u32(attempt) + u32(line)
