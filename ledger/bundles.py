"""Check a run of entry bundles on its own: what one process of a verification does."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ledger.entry import check_entries
from ledger.errors import Lang, Malformed, Unreadable, message
from ledger.merkle import HASH_SIZE, fold, leaf_hash
from ledger.sources import Source, open_source
from ledger.tiles import WIDTH, Tile, bundle, whole_frames

MAX_FINDINGS: Final = 20  # after so many a bundle, or a log, is broken enough


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


def check_bundles(source: Source, run: Sequence[tuple[int, int]], split: Collection[int]) -> list[CheckedBundle]:
    """Check bundles (index, width) of a log; those in ``split`` come back leaf by leaf. Raises Unreadable."""
    return [_check_bundle(source, bundle(index, width), split=index in split) for index, width in run]


def check_bundles_at(place: str, run: Sequence[tuple[int, int]], split: Collection[int]) -> list[CheckedBundle]:
    """As ``check_bundles``, in a worker process, which opens the log once and ends with the verification."""
    return check_bundles(_opened(place), run, split)


@lru_cache(maxsize=1)
def _opened(place: str) -> Source:
    return open_source(place)


def broken_link(index: int) -> Finding:
    """The finding that entry ``index`` names another entry than the one before it."""
    if index == 0:
        return Finding(0, "entry.first", {})
    return Finding(index, "entry.prev", {"index": index, "before": index - 1})


def _check_bundle(source: Source, tile: Tile, *, split: bool) -> CheckedBundle:
    first = tile.index * WIDTH
    data = read_or_none(source, tile)
    if data is None:
        return CheckedBundle(tile.index, None, None, None, (), (missing(tile),))
    entries, end = whole_frames(data)
    findings: list[Finding] = []
    if end != len(data) or len(entries) != tile.width:
        findings.append(Finding(first + min(len(entries), tile.width), "bundle.malformed", {"path": tile.path}))
    entries = entries[: tile.width]
    leaves = [leaf_hash(entry) for entry in entries]
    first_prev = _check_entries(entries, leaves, first, findings)
    _compare_leaves(source, Tile(0, tile.index, tile.width), leaves, findings)
    whole = len(entries) == tile.width
    full = whole and tile.width == WIDTH
    return CheckedBundle(
        tile.index,
        first_prev,
        leaves[-1] if whole else None,
        fold(leaves) if full else None,
        tuple(leaves) if whole and (split or not full) else (),
        tuple(findings[:MAX_FINDINGS]),
    )


def _check_entries(entries: list[bytes], leaves: list[bytes], first: int, findings: list[Finding]) -> str | None:
    """Check form, index and chain inside the bundle; return the first entry's ``prev`` for the link before it."""
    first_prev = None
    shift = 0  # how far the entries' own indexes are off: told once, not for each of them
    expected = ""
    for index, (checked, leaf) in enumerate(zip(check_entries(entries), leaves, strict=True), first):
        if isinstance(checked, Malformed):
            findings.append(Finding(index, checked.code, checked.params))
        else:
            claimed, prev = checked
            if claimed - index != shift:
                shift = claimed - index
                if shift:
                    findings.append(Finding(index, "entry.index", {"found": claimed, "expected": index}))
            if index == first:
                first_prev = prev
            elif prev != expected:
                findings.append(broken_link(index))
        expected = leaf.hex()
    return first_prev


def _compare_leaves(source: Source, tile: Tile, leaves: list[bytes], findings: list[Finding]) -> None:
    """Compare with the level-0 tile, whose hashes tell which entry is not the one that was logged."""
    stored = read_or_none(source, tile)
    if stored is None:
        findings.append(missing(tile))
        return
    if stored == b"".join(leaves):
        return
    hashes = [stored[start : start + HASH_SIZE] for start in range(0, len(stored), HASH_SIZE)]
    for index, (leaf, held) in enumerate(zip(leaves, hashes, strict=False), tile.index * WIDTH):
        if leaf != held and len(held) == HASH_SIZE:
            findings.append(Finding(index, "verify.leaf", {"index": index, "path": tile.path}))
            return
    if len(stored) != tile.width * HASH_SIZE:
        findings.append(Finding(None, "verify.tile", {"path": tile.path}))


def read_or_none(source: Source, tile: Tile) -> bytes | None:
    """Return a tile's or bundle's bytes, None when it is not there; raises Unreadable for any other trouble."""
    try:
        return source.tile(tile)
    except Unreadable as error:
        if error.code != "store.missing":
            raise
        return None


def missing(tile: Tile) -> Finding:
    """The finding that a tile or bundle is not there; only a bundle's absence concerns entries."""
    first = tile.index * WIDTH << 8 * max(tile.level, 0)
    return Finding(first if tile.is_bundle else None, "verify.missing", {"path": tile.path, "index": first})
