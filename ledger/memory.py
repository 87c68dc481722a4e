"""A log in memory: for tests, for short-lived work, and to check the others against."""

from collections.abc import Sequence
from hashlib import sha256

from ledger.entry import Draft, Entry, make_entry
from ledger.errors import Unreadable
from ledger.merkle import Frontier, frontier_at
from ledger.tiles import HEIGHT, WIDTH, Tile, is_in_tree, join_bundle


class Tree:
    """All nodes of a growing Merkle tree. An append costs one leaf hash and, on average, one node hash."""

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0])

    def append(self, data: bytes) -> bytes:
        """Add an entry's bytes; returns its leaf hash."""
        leaf = sha256(b"\x00" + data).digest()
        self.append_hash(leaf)
        return leaf

    def append_hash(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        levels, level, node = self._levels, 0, leaf
        nodes = levels[0]
        index = len(nodes)
        nodes.append(node)
        while index & 1:
            node = sha256(b"\x01" + nodes[index - 1] + node).digest()
            level += 1
            index >>= 1
            if level == len(levels):
                levels.append([])
            nodes = levels[level]
            nodes.append(node)

    def node(self, level: int, index: int) -> bytes:
        """Answer for a complete subtree, as ``ledger.merkle`` asks."""
        return self._levels[level][index]

    def frontier(self, size: int | None = None) -> Frontier:
        """Return the right edge of the tree, now or when it had ``size`` leaves."""
        return frontier_at(self.size if size is None else size, self.node)

    def root(self, size: int | None = None) -> bytes:
        """Return the root, now or when the tree had ``size`` leaves."""
        return self.frontier(size).root()


class MemoryLog:
    """A Reader and Appender in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.tree = Tree()
        self._checkpoint: bytes | None = None

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """See ``ledger.store.Appender``."""
        made: list[Entry] = []
        previous = self.entries[-1].hash if self.entries else None
        for index, draft in enumerate(drafts, len(self.entries)):
            made.append(make_entry(draft, index, previous))
            previous = made[-1].hash
        for entry in made:
            self.tree.append_hash(entry.hash)
        self.entries += made
        return made

    def publish(self, checkpoint: bytes) -> None:
        """Serve this signed checkpoint from now on."""
        self._checkpoint = checkpoint

    def checkpoint(self) -> bytes:
        """See ``ledger.store.Reader``."""
        if self._checkpoint is None:
            raise Unreadable("store.missing", path="checkpoint")
        return self._checkpoint

    def tile(self, tile: Tile) -> bytes:
        """See ``ledger.store.Reader``."""
        if not is_in_tree(tile, self.tree.size):
            raise Unreadable("store.missing", path=tile.path)
        first = tile.index * WIDTH
        if tile.is_bundle:
            return join_bundle([entry.data for entry in self.entries[first : first + tile.width]])
        level = tile.level * HEIGHT
        return b"".join(self.tree.node(level, first + offset) for offset in range(tile.width))
