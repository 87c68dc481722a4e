"""Small pools: rows that a test can read, and the candidates that the protocol reads."""

from array import array
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from hypothesis import strategies as st

from expertpool.protocol.panel import Candidates, Seating
from expertpool.protocol.table import Token

EMPLOYER, AREA = 1, 3


class Row(NamedTuple):
    """One candidate: the lines that it may be drawn for, and its groups."""

    lines: frozenset[int]
    tokens: tuple[Token, ...] = ()
    leaf: bytes = b""


def row(lines: str, employer: str = "", area: str = "") -> Row:
    """A candidate for the lines named by digits, of an employer and an area named by a letter."""
    tokens = [(kind, name.encode().ljust(16)) for kind, name in ((EMPLOYER, employer), (AREA, area)) if name]
    return Row(frozenset(map(int, lines)), tuple(tokens))


def candidates(rows: Sequence[Row]) -> Candidates:
    """The rows as a search reads them; a row that has no leaf gets one by its place."""
    leaves = b"".join(each.leaf or numbered(place) for place, each in enumerate(rows))
    masks = array("L", (sum(1 << line for line in each.lines) for each in rows))
    return Candidates(leaves, masks, lambda place: rows[place].tokens)


def numbered(number: int) -> bytes:
    """32 bytes for a number: a leaf, or a seed."""
    return sha256(number.to_bytes(8)).digest()


TOKENS = st.sets(
    st.tuples(st.sampled_from([EMPLOYER, 2, AREA]), st.sampled_from([b"a" * 16, b"b" * 16, b"c" * 16])), max_size=3
)
ROWS = st.lists(
    st.builds(lambda lines, tokens: Row(frozenset(lines), tuple(sorted(tokens))), st.sets(st.integers(0, 2)), TOKENS),
    min_size=1,
    max_size=9,
)


@st.composite
def seatings(draw: st.DrawFn, rows: st.SearchStrategy[list[Row]] = ROWS) -> tuple[list[Row], Seating]:
    """Any small pool, with seats on up to three lines, caps, and some seated, struck and beside."""
    pool = draw(rows)
    places = st.sets(st.integers(0, len(pool) - 1), max_size=2)
    seating = Seating(
        candidates(pool),
        seats=draw(st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(any)),
        caps=draw(st.dictionaries(st.sampled_from([EMPLOYER, 2, AREA]), st.integers(1, 2))),
        seated=draw(places),
        struck=draw(places),
        beside=draw(st.lists(TOKENS, max_size=1)),
    )
    return pool, seating
