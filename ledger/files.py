"""A log on files: the tlog-tiles layout, ready for any web server, plus the few bytes that an appender needs.

::

    checkpoint, tile/...     what readers see (C2SP tlog-tiles)
    tail                     the entries of the bundle that is not full yet, flushed one append at a time
    head.json                count of full bundles and the hashes of the unfinished tiles above them

An append writes and flushes ``tail``. Every 256th entry turns it into a bundle and its tiles. The order of writing is
bundle, tiles, ``head.json``, ``tail``: after a crash between any two, opening the log finishes or repeats the step.
A crash inside an append may keep the first of its entries; nothing of it was acknowledged.
"""

import json
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from ledger.durable import flush_directory, replace_file
from ledger.entry import Draft, Entry, make_entry
from ledger.errors import Malformed, Unreadable
from ledger.merkle import HASH_SIZE, Frontier, fold, leaf_hash
from ledger.sources import DirectorySource
from ledger.tiles import WIDTH, Tile, bundle, is_in_tree, join_bundle, tiles_of, whole_frames


class FileLog:
    """A Reader and Appender in a directory. One process at a time may append: hold ``durable.only_writer``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._source = DirectorySource(directory)
        self._edge: list[list[bytes]] = []  # [l]: hashes of the unfinished tile at level l + 1
        self._bundles = 0
        self._tail: list[bytes] = []
        self._open()

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._bundles * WIDTH + len(self._tail)

    def root(self) -> bytes:
        """Root of the tree as it stands."""
        return self._frontier().root()

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """See ``ledger.store.Appender``; flushed to disk when it returns."""
        made: list[Entry] = []
        previous = self._last_hash()
        for index, draft in enumerate(drafts, self.size):
            made.append(make_entry(draft, index, previous))
            previous = made[-1].hash
        waiting = [entry.data for entry in made]
        while waiting:
            room = WIDTH - len(self._tail)
            self._extend_tail(waiting[:room])
            waiting = waiting[room:]
            if len(self._tail) == WIDTH:
                self._finish_bundle()
        return made

    def publish(self, checkpoint: bytes) -> None:
        """Write the partial tiles and bundle of the present size, then serve ``checkpoint``."""
        for tile in (*tiles_of(self.size), bundle(self._bundles, len(self._tail))):
            if 0 < tile.width < WIDTH:
                replace_file(self.directory / tile.path, self.tile(tile))
        replace_file(self.directory / "checkpoint", checkpoint)

    def checkpoint(self) -> bytes:
        """See ``ledger.store.Reader``."""
        return self._source.checkpoint()

    def tile(self, tile: Tile) -> bytes:
        """See ``ledger.store.Reader``."""
        if not is_in_tree(tile, self.size):
            raise Unreadable("store.missing", path=tile.path)
        if tile.is_bundle and tile.index == self._bundles:
            return join_bundle(self._tail[: tile.width])
        if tile.level == 0 and tile.index == self._bundles:
            return b"".join(leaf_hash(data) for data in self._tail[: tile.width])
        edge = self._edge[tile.level - 1] if 0 < tile.level <= len(self._edge) else []
        if tile.level > 0 and tile.index == self._bundles >> 8 * tile.level and tile.width <= len(edge):
            return b"".join(edge[: tile.width])
        return self._source.tile(tile)

    def _frontier(self) -> Frontier:
        nodes = [node for level in reversed(self._edge) for node in _complete_subtrees(level)]
        nodes += _complete_subtrees([leaf_hash(data) for data in self._tail])
        return Frontier(self.size, nodes)

    def _last_hash(self) -> bytes | None:
        if self._tail:
            return leaf_hash(self._tail[-1])
        if self._bundles:
            return self._source.tile(Tile(0, self._bundles - 1))[-HASH_SIZE:]
        return None

    def _extend_tail(self, entries: list[bytes]) -> None:
        with (self.directory / "tail").open("ab") as file:
            file.write(join_bundle(entries))
            file.flush()
            os.fsync(file.fileno())
        self._tail += entries

    def _finish_bundle(self) -> None:
        leaves = [leaf_hash(data) for data in self._tail]
        replace_file(self.directory / bundle(self._bundles).path, join_bundle(self._tail))
        replace_file(self.directory / Tile(0, self._bundles).path, b"".join(leaves))
        edge = [list(level) for level in self._edge]
        index, node = self._bundles, fold(leaves)
        for level in range(1, 9):
            if len(edge) < level:
                edge.append([])
            edge[level - 1].append(node)
            index, offset = divmod(index, WIDTH)
            if offset < WIDTH - 1:
                break
            replace_file(self.directory / Tile(level, index).path, b"".join(edge[level - 1]))
            node, edge[level - 1] = fold(edge[level - 1]), []
        head = {"bundles": self._bundles + 1, "edge": [[node.hex() for node in level] for level in edge]}
        replace_file(self.directory / "head.json", json.dumps(head).encode())
        replace_file(self.directory / "tail", b"")
        self._bundles, self._edge, self._tail = self._bundles + 1, edge, []

    def _open(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._read_head()
        tail = self.directory / "tail"
        if not tail.exists():
            replace_file(tail, b"")
            flush_directory(self.directory)
        data = tail.read_bytes()
        entries, whole = whole_frames(data)
        if whole < len(data):  # a crash cut off the last append, which was never acknowledged
            replace_file(tail, data[:whole])
        if entries and self._bundles and entries[0] == self._first_of_last_bundle():
            replace_file(tail, b"")  # a crash came after the bundle was finished
            entries = []
        self._tail = entries
        if len(self._tail) == WIDTH:
            self._finish_bundle()

    def _read_head(self) -> None:
        path = self.directory / "head.json"
        if not path.exists():
            return
        try:
            head = json.loads(path.read_bytes())
            self._bundles = int(head["bundles"])
            self._edge = [[bytes.fromhex(node) for node in level] for level in head["edge"]]
            self._frontier()
        except (ValueError, TypeError, KeyError, Malformed):
            raise Unreadable("store.damaged", path=path, why="head.json") from None

    def _first_of_last_bundle(self) -> bytes:
        entries, _ = whole_frames(self._source.tile(bundle(self._bundles - 1)))
        return entries[0]


def _complete_subtrees(hashes: list[bytes]) -> list[bytes]:
    """Fold neighbouring hashes into the complete subtrees of their count, largest first."""
    starts = [0]
    for bit in reversed(range(len(hashes).bit_length())):
        if len(hashes) >> bit & 1:
            starts.append(starts[-1] + (1 << bit))
    return [fold(hashes[start:end]) for start, end in pairwise(starts)]
