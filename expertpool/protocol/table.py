"""The candidate table: one row for everyone who matches, the excluded too. docs/spec/draw.md, section 3.

The vault makes it from the roster and a fresh key; everyone checks the rows against the intent. The salts come from the
key, so that who has the key and the roster can make the very same table again.
"""

import hmac
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from expertpool.protocol.commitments import SALT_BYTES
from expertpool.protocol.encoding import domain, tagged, u8, u32
from expertpool.protocol.errors import Malformed
from ledger.merkle import Frontier, leaf_hash

ROW_BYTES: Final = 68
LEAF_BYTES: Final = 32
TOKEN_BYTES: Final = 16
MOST_LINES: Final = 32
EMPLOYER: Final = 1

Token = tuple[int, bytes]
"""Kind (u8) and 16 bytes: equal for members of one group in one draw, unlike in any other draw."""


class Row(NamedTuple):
    """One candidate as the table shows it: ``lines`` has a bit for each line; 0 is whoever is excluded."""

    leaf: bytes
    lines: int
    groups: bytes

    @property
    def data(self) -> bytes:
        """The row's bytes."""
        return self.leaf + u32(self.lines) + self.groups


class GroupsOpened(NamedTuple):
    """What opens a row's commitment to its groups."""

    salt: bytes
    tokens: tuple[Token, ...]

    def commitment(self) -> bytes:
        """The commitment that the row must have."""
        listed = b"".join(u8(kind) + token for kind, token in self.tokens)
        return tagged("groups", self.salt + u8(len(self.tokens)) + listed)


class RowMaker:
    """Makes the rows of one draw under its table key (32 secret bytes)."""

    def __init__(self, table_key: bytes) -> None:
        # A million rows: the keyed states are made once and copied.
        self._row = hmac.new(table_key, b"row", sha256)
        self._groups = hmac.new(table_key, b"groups", sha256)
        self._token = hmac.new(table_key, b"token", sha256)
        self._leaf = sha256(domain("row"))
        self._tokens: dict[tuple[int, str], bytes] = {}

    def row(self, roster_leaf: bytes, decision: bytes, lines: Iterable[int], groups: Iterable[tuple[int, str]]) -> Row:
        """The row of a candidate; ``decision`` is the canonical document that says what was decided and why."""
        leaf = self._leaf.copy()
        leaf.update(_salt(self._row, roster_leaf) + roster_leaf + sha256(decision).digest())
        mask = sum(1 << line for line in lines)
        return Row(leaf.digest(), mask, self.open_groups(roster_leaf, groups).commitment())

    def open_groups(self, roster_leaf: bytes, groups: Iterable[tuple[int, str]]) -> GroupsOpened:
        """What opens the commitment to a candidate's groups, each given by kind and name."""
        tokens = tuple(sorted({(kind, self.token(kind, name)) for kind, name in groups}))
        return GroupsOpened(_salt(self._groups, roster_leaf), tokens)

    def token(self, kind: int, name: str) -> bytes:
        """What stands for a group in this draw."""
        known = self._tokens.get((kind, name))
        if known is None:
            state = self._token.copy()
            state.update(u8(kind) + name.encode())
            known = self._tokens[kind, name] = state.digest()[:TOKEN_BYTES]
        return known


class Table:
    """The rows as one byte string, in the protocol's order. ``len`` is how many there are."""

    def __init__(self, data: bytes) -> None:
        """Raises `Malformed` unless these are whole rows, strictly ascending by leaf."""
        if len(data) % ROW_BYTES:
            raise Malformed(field="table")
        self.data = data
        self.leaves = b"".join(data[at : at + LEAF_BYTES] for at in range(0, len(data), ROW_BYTES))
        self.lines = array("I", (int.from_bytes(data[at + 32 : at + 36]) for at in range(0, len(data), ROW_BYTES)))
        rising = (self.leaf(place) < self.leaf(place + 1) for place in range(len(self) - 1))
        if not all(rising):
            raise Malformed(field="table")

    def __len__(self) -> int:
        return len(self.data) // ROW_BYTES

    def __iter__(self) -> Iterator[Row]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: int) -> Row:
        at = place * ROW_BYTES
        return Row(self.leaf(place), self.lines[place], self.data[at + 36 : at + ROW_BYTES])

    def leaf(self, place: int) -> bytes:
        """The leaf of the row at a place."""
        return self.leaves[place * LEAF_BYTES : (place + 1) * LEAF_BYTES]

    def root(self) -> bytes:
        """The root that the intent names."""
        tree = Frontier()
        for at in range(0, len(self.data), ROW_BYTES):
            tree.append(leaf_hash(self.data[at : at + ROW_BYTES]))
        return tree.root()


def make_table(rows: Sequence[Row]) -> Table:
    """The table of these rows. Raises `Malformed` when two have the same leaf."""
    return Table(b"".join(row.data for row in sorted(rows)))


def _salt(state: "hmac.HMAC", roster_leaf: bytes) -> bytes:
    keyed = state.copy()
    keyed.update(roster_leaf)
    return keyed.digest()[:SALT_BYTES]
