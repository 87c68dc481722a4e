"""The right edge of a log's hash tiles: those above level 0 that are not full yet.

Whoever grows a log bundle by bundle (an appender, or a verification that builds everything again) keeps this edge and
no more, so memory does not grow with the log.
"""

from collections.abc import Iterator, Sequence
from itertools import count, pairwise

from ledger.errors import Malformed
from ledger.merkle import HASH_SIZE, Frontier, fold
from ledger.tiles import HEIGHT, WIDTH, Tile


class TileEdge:
    """The unfinished tiles above ``bundles`` full bundles; ``levels[l]`` are the hashes of the one at level l + 1.

    Raises Malformed when the hashes are not as many as that count of bundles has.
    """

    def __init__(self, bundles: int = 0, levels: Sequence[Sequence[bytes]] = ()) -> None:
        self.bundles = bundles
        self.levels = [list(level) for level in levels]
        widths = [bundles >> HEIGHT * level & WIDTH - 1 for level in range(len(levels))]
        lengths = {len(node) for level in self.levels for node in level}
        fits = bundles >= 0 and bundles >> HEIGHT * len(levels) == 0 and widths == [len(level) for level in levels]
        if not fits or lengths - {HASH_SIZE}:
            raise Malformed("proof.hash")

    def add(self, root: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Add the next full bundle by the root of its entries; yields each tile that is full with it, lowest first."""
        self.bundles += 1
        for level in count(1):
            if level > len(self.levels):
                self.levels.append([])
            hashes = self.levels[level - 1]
            hashes.append(root)
            if len(hashes) < WIDTH:
                return
            root = fold(hashes)
            self.levels[level - 1] = []
            yield Tile(level, (self.bundles >> HEIGHT * level) - 1), b"".join(hashes)

    def unfinished(self) -> Iterator[tuple[Tile, bytes]]:
        """Yield the tiles as far as they are filled."""
        for level, hashes in enumerate(self.levels, 1):
            if hashes:
                yield Tile(level, self.bundles >> HEIGHT * level, len(hashes)), b"".join(hashes)

    def frontier(self) -> Frontier:
        """Return the frontier of the tree of these bundles."""
        nodes = [node for level in reversed(self.levels) for node in _complete_subtrees(level)]
        return Frontier(self.bundles * WIDTH, nodes)

    def copy(self) -> "TileEdge":
        """Return an independent edge of the same tree."""
        return TileEdge(self.bundles, self.levels)


def _complete_subtrees(hashes: list[bytes]) -> list[bytes]:
    """Fold neighbouring hashes into the complete subtrees of their count, largest first."""
    starts = [0]
    for bit in reversed(range(len(hashes).bit_length())):
        if len(hashes) >> bit & 1:
            starts.append(starts[-1] + (1 << bit))
    return [fold(hashes[start:end]) for start, end in pairwise(starts)]
