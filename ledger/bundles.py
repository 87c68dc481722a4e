"""Check a run of entry bundles on its own: what one process of a verification does."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger.entry import NO_PREVIOUS, check_entry
from ledger.errors import Lang, Malformed, Unreadable, message
from ledger.merkle import HASH_SIZE, fold, leaf_hash
from ledger.sources import Source, open_source
from ledger.tiles import WIDTH, Tile, bundle, whole_frames


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a log; ``index`` is the entry where it shows, None when it has no one place."""

    index: int | None
    code: str
    params: Mapping[str, Any]

    def text(self, lang: Lang) -> str:
        """What is wrong, for people."""
        return message(self.code, lang, **self.params)


@dataclass(frozen=True, slots=True)
class CheckedBundle:
    """What the rest of a verification needs of one bundle.

    ``root`` is the bundle's subtree when it is full; ``leaves`` all leaf hashes, only where asked for or not full.
    ``first_prev`` is None when the first entry could not be read; ``last`` is None when entries are missing.
    """

    bundle: int
    first_prev: str | None
    last: bytes | None
    root: bytes | None
    leaves: tuple[bytes, ...]
    findings: tuple[Finding, ...]


def check_bundles(place: str, run: Sequence[tuple[int, int]], split: Collection[int]) -> list[CheckedBundle]:
    """Check bundles (index, width) of the log at ``place``; those in ``split`` come back leaf by leaf."""
    source = _opened(place)
    return [_check_bundle(source, bundle(index, width), split=index in split) for index, width in run]


@lru_cache(maxsize=1)
def _opened(place: str) -> Source:
    return open_source(place)


def _check_bundle(source: Source, tile: Tile, *, split: bool) -> CheckedBundle:
    first = tile.index * WIDTH
    try:
        data = source.tile(tile)
    except Unreadable as error:
        if error.code != "store.missing":
            raise
        found = Finding(first, "verify.missing", {"path": tile.path, "index": first})
        return CheckedBundle(tile.index, None, None, None, (), (found,))
    entries, end = whole_frames(data)
    findings: list[Finding] = []
    if end != len(data) or len(entries) != tile.width:
        findings.append(Finding(first + min(len(entries), tile.width), "bundle.malformed", {"path": tile.path}))
    entries = entries[: tile.width]
    leaves = [leaf_hash(entry) for entry in entries]
    first_prev = _check_entries(entries, leaves, first, findings)
    _compare_leaves(source, Tile(0, tile.index, tile.width), leaves, findings)
    if len(entries) < tile.width:
        return CheckedBundle(tile.index, first_prev, None, None, (), tuple(findings))
    full = tile.width == WIDTH
    return CheckedBundle(
        tile.index,
        first_prev,
        leaves[-1],
        fold(leaves) if full else None,
        () if full and not split else tuple(leaves),
        tuple(findings),
    )


def _check_entries(entries: list[bytes], leaves: list[bytes], first: int, findings: list[Finding]) -> str | None:
    """Check form, index and chain inside the bundle; return the first entry's ``prev`` for the seam before it."""
    first_prev = None
    for offset, data in enumerate(entries):
        index = first + offset
        try:
            claimed, prev = check_entry(data)
        except Malformed as error:
            findings.append(Finding(index, error.code, error.params))
            continue
        if claimed != index:
            findings.append(Finding(index, "entry.index", {"found": claimed, "expected": index}))
        if offset:
            expected = leaves[offset - 1].hex()
        else:
            first_prev = prev
            expected = NO_PREVIOUS if index == 0 else first_prev
        if prev != expected:
            findings.append(Finding(index, "entry.prev", {}))
    return first_prev


def _compare_leaves(source: Source, tile: Tile, leaves: list[bytes], findings: list[Finding]) -> None:
    """Compare with the level-0 tile, whose hashes tell which entry is not the one that was logged."""
    first = tile.index * WIDTH
    try:
        stored = source.tile(tile)
    except Unreadable as error:
        if error.code != "store.missing":
            raise
        findings.append(Finding(None, "verify.missing", {"path": tile.path, "index": first}))
        return
    if stored == b"".join(leaves):
        return
    for offset, leaf in enumerate(leaves):
        if stored[offset * HASH_SIZE : (offset + 1) * HASH_SIZE] != leaf:
            findings.append(Finding(first + offset, "verify.leaf", {"index": first + offset}))
            return
    findings.append(Finding(None, "verify.tile", {"path": tile.path}))
