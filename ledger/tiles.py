"""Tiles and entry bundles (C2SP tlog-tiles): a log as static files that any web server can serve.

A tile holds up to 256 neighbouring hashes of one tree level (levels 0, 8, 16, ...); an entry bundle holds the up to 256
entries below a level-0 tile, each prefixed by its length (uint16, big-endian). Path arithmetic only: no I/O here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.entry import MAX_ENTRY_BYTES
from ledger.errors import Malformed
from ledger.merkle import HASH_SIZE

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT

_PATH: Final = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x\d{3}/){0,6}\d{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Address of a tile (``level`` 0 to 63) or an entry bundle (``level`` -1); ``width`` 256 is a full one."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def is_bundle(self) -> bool:
        """Whether this addresses entries, not hashes."""
        return self.level < 0

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix: ``tile/0/x001/x234/067.p/8``."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.is_bundle else str(self.level)
        return f"tile/{level}/{number}" + ("" if self.width == WIDTH else f".p/{self.width}")


def bundle(index: int, width: int = WIDTH) -> Tile:
    """Address the ``index``-th entry bundle."""
    return Tile(-1, index, width)


def parse_path(path: str) -> Tile:
    """Read a tile path; raises Malformed unless it is the one way to write that tile."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Malformed("tile.path", path=path[:80])
    level, number, width = match.groups()
    tile = Tile(
        -1 if level == "entries" else int(level),
        int(number.replace("x", "").replace("/", "")),
        WIDTH if width is None else int(width),
    )
    if tile.path != path or (width is not None and tile.width >= WIDTH):
        raise Malformed("tile.path", path=path[:80])
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Every hash tile of a tree of ``size`` leaves, full ones first within each level."""
    level = 0
    while size >> HEIGHT * level:
        yield from tiles_at(level, size)
        level += 1


def tiles_at(level: int, size: int) -> Iterator[Tile]:
    """The hash tiles of one level of a tree of ``size`` leaves, full ones first."""
    full, partial = divmod(size >> HEIGHT * level, WIDTH)
    yield from (Tile(level, index) for index in range(full))
    if partial:
        yield Tile(level, full, partial)


def bundles_of(size: int, start: int = 0) -> Iterator[Tile]:
    """The entry bundles of a log of ``size`` entries, from bundle ``start``."""
    full, partial = divmod(size, WIDTH)
    yield from (bundle(index) for index in range(start, full))
    if partial and full >= start:
        yield bundle(full, partial)


def is_in_tree(tile: Tile, size: int) -> bool:
    """Whether a tree of ``size`` leaves has that many hashes (or entries) at that place."""
    count = size >> HEIGHT * max(tile.level, 0)
    return 0 < tile.width <= WIDTH and tile.index * WIDTH + tile.width <= count


def split_tile(data: bytes, tile: Tile) -> list[bytes]:
    """Return the tile's hashes; raises Malformed when there are not exactly ``tile.width``."""
    if len(data) != tile.width * HASH_SIZE:
        raise Malformed("tile.length", path=tile.path)
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def join_bundle(entries: Sequence[bytes]) -> bytes:
    """Write an entry bundle."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise Malformed("entry.too-long", size=len(entry))
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def split_bundle(data: bytes, tile: Tile) -> list[bytes]:
    """Return the bundle's entries; raises Malformed when there are not exactly ``tile.width``."""
    entries, end = whole_frames(data)
    if end != len(data) or len(entries) != tile.width:
        raise Malformed("bundle.malformed", path=tile.path)
    return entries


def whole_frames(data: bytes) -> tuple[list[bytes], int]:
    """Return the whole length-prefixed records at the start of ``data``, and where the last of them ends."""
    records, position, length = [], 0, len(data)
    while position + 2 <= length:
        start = position + 2
        end = start + (data[position] << 8 | data[position + 1])
        if end > length:
            break
        records.append(data[start:end])
        position = end
    return records, position
