"""Follow a log: copy what is new of it, and keep nothing that its signed checkpoint does not commit to.

Tiles are copied from the top of the tree down. The unfinished ones add up to the signed root; each full one is compared
with its hash in the tile above it, and each entry bundle with its level-0 tile, before the file is written. So a copy
that is cut short is good as far as it goes, and the next run takes it up from there.

::

    checkpoint, tile/...    the copy (C2SP tlog-tiles); ``checkpoint`` is replaced last, when all below it is there
    checkpoints/SIZE        the checkpoints that it had before: a verification compares them too
    .next                   the checkpoint that is being copied: the log is held to it as soon as we have seen it
    evidence/SIZE-ROOT      signed checkpoints that were refused because they contradict the copy
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.durable import only_writer, replace_file
from ledger.errors import Refused, Unreadable, about
from ledger.merkle import HASH_SIZE, consistency_proof, fold, frontier_at, leaf_hash, verify_consistency
from ledger.policy import Policy, Trust
from ledger.sources import DirectorySource, Source, open_source
from ledger.store import nodes_of
from ledger.tiles import HEIGHT, WIDTH, Tile, bundles_of, split_bundle, split_tile, tiles_at
from ledger.verify import Progress

_NEXT: Final = ".next"


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds now, who vouches for it, and how many entries it had ``before``."""

    signed: SignedCheckpoint
    trust: Trust
    before: int

    @property
    def is_proven(self) -> bool:
        """Whether the policy's quorum of cosigners, not the log's own word alone, stands behind it."""
        return self.trust.quorum and bool(self.trust.cosigners)


def mirror(place: str, folder: Path, policy: Policy, progress: Progress | None = None) -> Copied:
    """Bring the copy in ``folder`` up to the log at ``place`` (an http(s) address; a directory or zip does as well).

    Raises Refused, and leaves the copy as it was, when no log key of the policy signed, when the log is forked or was
    set back, or when a file is not what the checkpoint commits to; Unreadable and Malformed when something cannot be
    read or was cut off. Whatever was copied until then is not copied again.
    """
    source = open_source(place)
    with _writing(folder), only_writer(folder):
        held, unfinished = (_kept(folder / name, policy) for name in ("checkpoint", _NEXT))
        with about(f"{place.rstrip('/')}/checkpoint"):
            served = parse_signed_checkpoint(source.checkpoint())
            trust = policy.judge(served)
        before = [known for known in (held, unfinished) if known is not None]
        with about(place):
            edge = _Edge(source, served)
            for known in before:
                _check_continues(known, served, edge, folder)
            replace_file(folder / _NEXT, served.to_bytes())
            _copy(source, edge, DirectorySource(folder), progress)
        if held is not None and held.size == served.size and policy.judge(held).quorum and not trust.quorum:
            served, trust = held, policy.judge(held)  # cosigners have not come to this signature of the same tree yet
        _finish(folder, held, served, before)
    return Copied(served, trust, held.size if held is not None else 0)


def _kept(path: Path, policy: Policy) -> SignedCheckpoint | None:
    if not path.exists():
        return None
    with about(path):
        signed = parse_signed_checkpoint(path.read_bytes())
        policy.judge(signed)
    return signed


class _Edge:
    """The tiles of a checkpoint that are not full, read once: what was checked is what is written."""

    def __init__(self, source: Source, signed: SignedCheckpoint) -> None:
        self._source = source
        self._read: dict[Tile, bytes] = {}
        self.size = signed.size
        if frontier_at(self.size, nodes_of(self, self.size)).root() != signed.root:
            raise Refused("mirror.root", size=self.size)

    def checkpoint(self) -> bytes:
        return self._source.checkpoint()

    def tile(self, tile: Tile) -> bytes:
        if tile not in self._read:
            self._read[tile] = self._source.tile(tile)
        return self._read[tile]


def _check_continues(known: SignedCheckpoint, served: SignedCheckpoint, edge: _Edge, folder: Path) -> None:
    """Raise Refused unless the served checkpoint extends one that we know; keep what was signed as evidence."""
    if served.checkpoint.origin != known.checkpoint.origin:
        raise Refused("checkpoint.origin", found=served.checkpoint.origin, expected=known.checkpoint.origin)
    evidence = folder / "evidence" / f"{served.size}-{served.root.hex()[:16]}"
    sizes = {"size": served.size, "known": known.size, "evidence": evidence}
    if served.size < known.size:
        replace_file(evidence, served.to_bytes())
        raise Refused("mirror.set-back", **sizes)
    if known.size and _earlier_root(edge, known.size, served) != known.root:
        replace_file(evidence, served.to_bytes())
        raise Refused("mirror.fork", **sizes)


def _earlier_root(edge: _Edge, size: int, signed: SignedCheckpoint) -> bytes:
    """The root that the first ``size`` entries have under a signed checkpoint.

    The served tiles tell it, and the consistency proof made of them shows that they do belong to the signed root: so a
    damaged tile is never taken for a fork.
    """
    node = nodes_of(edge, signed.size)
    root = frontier_at(size, node).root()
    verify_consistency(size, signed.size, consistency_proof(size, signed.size, node), root, signed.root)
    return root


def _copy(source: Source, edge: _Edge, copy: DirectorySource, progress: Progress | None) -> None:
    size = edge.size
    for level in reversed(range(-(-size.bit_length() // HEIGHT))):
        for tile in tiles_at(level, size):
            if not (copy.directory / tile.path).exists():
                data = source.tile(tile) if tile.width == WIDTH else edge.tile(tile)
                _check(tile, data, copy, size)
                replace_file(copy.directory / tile.path, data)
    for tile in bundles_of(size):
        if not (copy.directory / tile.path).exists():
            data = source.tile(tile)
            _check(tile, data, copy, size)
            replace_file(copy.directory / tile.path, data)
        if progress is not None:
            progress(tile.index * WIDTH + tile.width, size)


def _check(tile: Tile, data: bytes, copy: DirectorySource, size: int) -> None:
    """Compare a tile or bundle with the hashes that were copied, and checked, before it."""
    if tile.is_bundle:
        hashes = b"".join(map(leaf_hash, split_bundle(data, tile)))
        expected = copy.tile(Tile(0, tile.index, tile.width))
    elif tile.width < WIDTH:
        return  # the unfinished tiles were added up to the signed root
    else:
        number, offset = divmod(tile.index, WIDTH)
        above = Tile(tile.level + 1, number, min(WIDTH, (size >> HEIGHT * (tile.level + 1)) - number * WIDTH))
        hashes = fold(split_tile(data, tile))
        expected = copy.tile(above)[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]
    if hashes != expected:
        raise Refused("mirror.tile", path=tile.path, size=size)


def _finish(
    folder: Path, held: SignedCheckpoint | None, now: SignedCheckpoint, before: Iterable[SignedCheckpoint]
) -> None:
    """Let the copy stand at the new checkpoint; then drop the unfinished tiles of those before."""
    if held is not None and held.size != now.size:
        replace_file(folder / "checkpoints" / f"{held.size:08}", held.to_bytes())
    replace_file(folder / "checkpoint", now.to_bytes())
    (folder / _NEXT).unlink()
    needed = set(_unfinished(now.size))
    for tile in (tile for known in before for tile in _unfinished(known.size) if tile not in needed):
        path = folder / tile.path
        path.unlink(missing_ok=True)
        with suppress(OSError):  # another width of the same tile is still there
            path.parent.rmdir()


def _unfinished(size: int) -> Iterator[Tile]:
    for level in range(-(-size.bit_length() // HEIGHT)):
        index, width = divmod(size >> HEIGHT * level, WIDTH)
        if width:
            yield Tile(level, index, width)
            if level == 0:
                yield Tile(-1, index, width)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable("store.unwritable", path=folder, why=error.strerror) from None
