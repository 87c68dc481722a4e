"""What every place that holds a log can do, whichever it is: memory, files, an archive, an address, a database."""

from collections.abc import Sequence
from typing import Protocol

from ledger.entry import Draft, Entry
from ledger.merkle import Node, fold
from ledger.tiles import HEIGHT, WIDTH, Tile, split_tile


class Reader(Protocol):
    """Reads a log as tlog-tiles resources. Nothing that it returns may be believed before it is verified."""

    def checkpoint(self) -> bytes:
        """The latest signed checkpoint; raises Unreadable when there is none."""

    def tile(self, tile: Tile) -> bytes:
        """The hashes or entries at an address; raises Unreadable when they are not there."""


class Appender(Protocol):
    """Adds entries. An entry is recorded when ``append`` has returned (and what surrounds it has committed)."""

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Place the drafts at the end, in order, all or none; raises Malformed for one that is not allowed."""


def nodes_of(reader: Reader, size: int) -> Node:
    """Answer for the nodes of the tree of ``size`` leaves from a reader's tiles, each read once."""
    read: dict[tuple[int, int], list[bytes]] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        place = (tile_level, first // WIDTH)
        if place not in read:
            width = min(WIDTH, (size >> HEIGHT * tile_level) - place[1] * WIDTH)
            tile = Tile(*place, width)
            read[place] = split_tile(reader.tile(tile), tile)
        offset = first % WIDTH
        return fold(read[place][offset : offset + (1 << height)])

    return node
