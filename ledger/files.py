"""A log on files: the tlog-tiles layout, ready for any web server, and the one file that an appender goes on from.

::

    checkpoint, tile/...     what readers see (C2SP tlog-tiles)
    tail                     the entries that no full bundle holds yet

``tail`` starts with a line of JSON after its SHA-256, the state below its entries: the count of full bundles and the
hashes of the unfinished tiles above them. Then comes one record for each append: length (8 bytes, big-endian), SHA-256,
entries.

An append adds one record and flushes it, so it is recorded whole or not at all. Once 256 entries have gathered, their
bundle and tiles are written, then a new ``tail`` in place of the old one; whatever a crash interrupts here is done
again with the same bytes.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ledger.checkpoint import parse_signed_checkpoint
from ledger.durable import replace_file
from ledger.edge import TileEdge
from ledger.entry import Draft, Entry, make_entry
from ledger.errors import LedgerError, Unreadable
from ledger.merkle import HASH_SIZE, Frontier, fold, leaf_hash
from ledger.sources import DirectorySource
from ledger.tiles import HEIGHT, WIDTH, Tile, bundle, is_in_tree, join_bundle, whole_frames

_RECORD_HEADER = 8 + HASH_SIZE


class FileLog:
    """A Reader and Appender in a directory. One process at a time may append: hold ``durable.only_writer``.

    Raises Unreadable when the directory holds a log whose ``tail`` is missing, damaged or behind its checkpoint.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._source = DirectorySource(directory)
        self._path = directory / "tail"
        self._edge = TileEdge()
        self._tail: list[bytes] = []
        self._end = 0  # where in the file the next record goes
        self._open()

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._edge.bundles * WIDTH + len(self._tail)

    def root(self) -> bytes:
        """Root of the tree as it stands."""
        return self.frontier().root()

    def frontier(self) -> Frontier:
        """The tree's right edge as it stands."""
        frontier = self._edge.frontier()
        for data in self._tail:
            frontier.append(leaf_hash(data))
        return frontier

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """See ``ledger.store.Appender``; flushed to disk when it returns. OSError: nothing was appended."""
        made: list[Entry] = []
        previous = self._last_hash()
        for index, draft in enumerate(drafts, self.size):
            made.append(make_entry(draft, index, previous))
            previous = made[-1].hash
        self._finish_bundles()
        if made:
            self._record([entry.data for entry in made])
        with suppress(OSError):  # the entries are recorded; the next append or publish meets this again, and first
            self._finish_bundles()
        return made

    def publish(self, checkpoint: bytes) -> None:
        """Write the unfinished bundle and tiles as of a signed checkpoint's size, then serve it."""
        size = parse_signed_checkpoint(checkpoint).size
        self._finish_bundles()
        for tile in _unfinished(size):
            if not is_in_tree(Tile(tile.level, tile.index), self.size):
                replace_file(self.directory / tile.path, self.tile(tile))
        replace_file(self.directory / "checkpoint", checkpoint)

    def checkpoint(self) -> bytes:
        """See ``ledger.store.Reader``."""
        return self._source.checkpoint()

    def tile(self, tile: Tile) -> bytes:
        """See ``ledger.store.Reader``."""
        if not is_in_tree(tile, self.size):
            raise Unreadable("store.missing", path=tile.path)
        if tile.level <= 0 and tile.index >= self._edge.bundles:
            first = (tile.index - self._edge.bundles) * WIDTH
            entries = self._tail[first : first + tile.width]
            return join_bundle(entries) if tile.is_bundle else b"".join(map(leaf_hash, entries))
        for unfinished, hashes in self._edge.unfinished():
            if (tile.level, tile.index) == (unfinished.level, unfinished.index) and tile.width <= unfinished.width:
                return hashes[: tile.width * HASH_SIZE]
        return self._source.tile(tile)

    def _last_hash(self) -> bytes | None:
        if self._tail:
            return leaf_hash(self._tail[-1])
        if self._edge.bundles:
            return self._source.tile(Tile(0, self._edge.bundles - 1))[-HASH_SIZE:]
        return None

    def _record(self, entries: list[bytes]) -> None:
        record = _record(entries)
        try:
            with self._path.open("r+b") as file:
                file.seek(self._end)
                file.truncate()  # what an append that failed may have left
                file.write(record)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):  # if even this fails, the next append starts with it
                os.truncate(self._path, self._end)
            raise
        self._end += len(record)
        self._tail += entries

    def _finish_bundles(self) -> None:
        """Write the full bundles of the tail with the tiles that they complete, then a tail without them."""
        full = len(self._tail) // WIDTH
        if not full:
            return
        edge = self._edge.copy()
        finished = [tile for number in range(full) for tile in self._finish_bundle(number, edge)]
        self._replace_tail(edge, self._tail[full * WIDTH :])
        for tile in finished:
            shutil.rmtree(self.directory / f"{tile.path}.p", ignore_errors=True)  # its partial forms

    def _finish_bundle(self, number: int, edge: TileEdge) -> Iterator[Tile]:
        entries = self._tail[number * WIDTH : (number + 1) * WIDTH]
        leaves = [leaf_hash(data) for data in entries]
        files = [(bundle(edge.bundles), join_bundle(entries)), (Tile(0, edge.bundles), b"".join(leaves))]
        for tile, data in (*files, *edge.add(fold(leaves))):
            replace_file(self.directory / tile.path, data)
            yield tile

    def _replace_tail(self, edge: TileEdge, entries: list[bytes]) -> None:
        data = _head(edge) + (_record(entries) if entries else b"")
        replace_file(self._path, data)
        self._edge, self._tail, self._end = edge, entries, len(data)

    def _open(self) -> None:
        if not self._path.exists():
            if any((self.directory / name).exists() for name in ("checkpoint", "tile")):
                raise Unreadable("store.damaged", path=self._path, why="no-tail")
            self._replace_tail(TileEdge(), [])
            return
        line, newline, records = self._path.read_bytes().partition(b"\n")
        try:
            self._edge = _read_head(line)
            self._tail, flushed = _flushed(records)
        except (LedgerError, ValueError):
            raise Unreadable("store.damaged", path=self._path, why="bad-tail") from None
        self._end = len(line) + len(newline) + flushed
        if (self.directory / "checkpoint").exists() and parse_signed_checkpoint(self.checkpoint()).size > self.size:
            raise Unreadable("store.damaged", path=self._path, why="tail-behind")
        self._finish_bundles()


def _head(edge: TileEdge) -> bytes:
    levels = [[node.hex() for node in level] for level in edge.levels]
    text = json.dumps({"bundles": edge.bundles, "edge": levels}).encode()
    return sha256(text).hexdigest().encode() + b" " + text + b"\n"


def _read_head(line: bytes) -> TileEdge:
    digest, _, text = line.partition(b" ")
    if sha256(text).hexdigest().encode() != digest:
        raise ValueError
    head = json.loads(text)
    return TileEdge(head["bundles"], [[bytes.fromhex(node) for node in level] for level in head["edge"]])


def _record(entries: list[bytes]) -> bytes:
    data = join_bundle(entries)
    return len(data).to_bytes(8, "big") + sha256(data).digest() + data


def _flushed(records: bytes) -> tuple[list[bytes], int]:
    """Return the recorded entries, and where the next record goes: over one that a crash kept from being flushed.

    Such a record can only be the last; ValueError for a damaged one before others, which were acknowledged.
    """
    entries: list[bytes] = []
    position = 0
    while length := int.from_bytes(records[position : position + 8], "big"):
        start = position + _RECORD_HEADER
        end = start + length
        data = records[start:end]
        if len(data) != length or sha256(data).digest() != records[position + 8 : start]:
            if end < len(records):
                raise ValueError
            break
        entries += whole_frames(data)[0]
        position = end
    return entries, position


def _unfinished(size: int) -> Iterator[Tile]:
    """The partial bundle and tiles of a log of ``size`` entries."""
    if size % WIDTH:
        yield bundle(size // WIDTH, size % WIDTH)
    for level in range(0, size.bit_length(), HEIGHT):
        index, width = divmod(size >> level, WIDTH)
        if width:
            yield Tile(level // HEIGHT, index, width)
