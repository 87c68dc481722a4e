"""Check a whole log from its entries' bytes: canonical form, chain, tiles, roots, signatures, known checkpoints.

Nothing stored is trusted: each hash is computed again, and what the log stores is only compared with that. Work is cut
into runs of bundles, which may go to several processes; memory does not grow with the log.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Literal

from ledger.bundles import CheckedBundle, Finding, check_bundles
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.errors import LedgerError, Refused, Unreadable
from ledger.merkle import Frontier, fold
from ledger.policy import Policy, Trust
from ledger.sources import Source, open_source
from ledger.tiles import HEIGHT, WIDTH, Tile, bundles_of, tiles_of

RUN: Final = 64  # bundles handed out at a time: 16,384 entries
MAX_FINDINGS: Final = 20

Verdict = Literal["proven", "broken", "not-proven"]
Progress = Callable[[int, int], None]  # entries checked, entries in all


@dataclass(frozen=True, slots=True)
class Known:
    """A checkpoint that the verifier has from elsewhere (or that lies beside the log): ``place`` says where."""

    place: str
    signed: SignedCheckpoint


@dataclass(slots=True)
class Report:
    """What a verification found. ``trust`` is None when no policy was given or no trusted key signed."""

    signed: SignedCheckpoint
    findings: list[Finding] = field(default_factory=list)
    trust: Trust | None = None
    known: list[str] = field(default_factory=list)  # known checkpoints that the log extends
    last_hash: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Broken as soon as anything is wrong; proven only with a quorum of cosigners under the caller's policy."""
        if self.findings:
            return "broken"
        return "proven" if self.trust is not None and self.trust.quorum else "not-proven"

    @property
    def first_bad(self) -> int | None:
        """The smallest index at which something is wrong, when a finding has a place."""
        return min((found.index for found in self.findings if found.index is not None), default=None)


def verify(
    place: str,
    *,
    policy: Policy | None = None,
    known: Iterable[Known] = (),
    jobs: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Check the log at ``place`` (directory, zip, http(s) address) with ``jobs`` processes.

    ``policy`` and ``known`` must come from the caller's side. Raises Unreadable or Malformed when there is no readable
    checkpoint to start from; everything that is wrong with the log itself is a finding in the report.
    """
    source = open_source(place)
    signed = parse_signed_checkpoint(source.checkpoint())
    report = Report(signed)
    _judge(report, policy)
    comparisons = _comparisons(report, policy, [*known, *_beside(source)])
    _check_tree(report, source, comparisons, _checked(place, signed.size, _sizes(report, comparisons), jobs), progress)
    report.findings.sort(key=lambda found: (found.index is None, found.index or 0))
    return report


def _judge(report: Report, policy: Policy | None) -> None:
    if policy is None:
        return
    try:
        report.trust = policy.judge(report.signed)
    except Refused as error:
        report.findings.append(Finding(None, error.code, error.params))


def _beside(source: Source) -> list[Known]:
    return [Known(place, parse_signed_checkpoint(data)) for place, data in source.known_checkpoints()]


def _comparisons(report: Report, policy: Policy | None, known: Sequence[Known]) -> list[Known]:
    """Return the known checkpoints to compare roots with; note at once those that are not this log's or are ahead."""
    comparisons = []
    for item in known:
        if item.signed.checkpoint.origin != report.signed.checkpoint.origin or not _is_signed(item.signed, policy):
            report.findings.append(Finding(None, "verify.known-foreign", {"place": item.place}))
        elif item.signed.size > report.signed.size:
            sizes = {"size": report.signed.size, "known": item.signed.size}
            report.findings.append(Finding(report.signed.size, "verify.shorter", {"place": item.place, **sizes}))
        else:
            comparisons.append(item)
    return comparisons


def _is_signed(signed: SignedCheckpoint, policy: Policy | None) -> bool:
    if policy is None:
        return True
    try:
        policy.judge(signed)
    except LedgerError:
        return False
    return True


def _sizes(report: Report, comparisons: Sequence[Known]) -> frozenset[int]:
    return frozenset((report.signed.size, *(item.signed.size for item in comparisons)))


def _check_tree(
    report: Report,
    source: Source,
    comparisons: Sequence[Known],
    bundles: Iterable[CheckedBundle],
    progress: Progress | None,
) -> None:
    size = report.signed.size
    tree = _Rebuilt(_sizes(report, comparisons))
    previous: bytes | None = None
    for checked in bundles:
        report.findings += checked.findings
        if checked.last is None or len(report.findings) >= MAX_FINDINGS:
            return  # a bundle is missing or cut off: nothing after it can be rebuilt
        if checked.first_prev is not None and previous is not None and checked.first_prev != previous.hex():
            report.findings.append(Finding(checked.bundle * WIDTH, "entry.prev", {}))
        previous = checked.last
        tree.add(checked)
        if progress is not None:
            progress(min((checked.bundle + 1) * WIDTH, size), size)
    report.last_hash = None if previous is None else previous.hex()
    _compare(report, source, tree, comparisons)


def _compare(report: Report, source: Source, tree: "_Rebuilt", comparisons: Sequence[Known]) -> None:
    size = report.signed.size
    for tile in tiles_of(size):
        if tile.level > 0:
            report.findings += _compare_tile(source, tile, tree.tile(tile))
    if tree.roots.get(size) != report.signed.root:
        report.findings.append(Finding(None, "verify.root", {"size": size}))
    for item in comparisons:
        if tree.roots.get(item.signed.size) == item.signed.root:
            report.known.append(item.place)
        else:
            place = {"place": item.place, "size": item.signed.size}
            report.findings.append(Finding(None, "verify.known", place))


def _compare_tile(source: Source, tile: Tile, computed: bytes) -> list[Finding]:
    first = tile.index * WIDTH << HEIGHT * tile.level
    try:
        stored = source.tile(tile)
    except Unreadable as error:
        if error.code != "store.missing":
            raise
        return [Finding(None, "verify.missing", {"path": tile.path, "index": first})]
    return [] if stored == computed else [Finding(None, "verify.tile", {"path": tile.path})]


class _Rebuilt:
    """The tree above the bundles, built again, and its roots at the sizes that somebody knows."""

    def __init__(self, wanted: Iterable[int]) -> None:
        self._wanted = frozenset(wanted)
        self._frontier = Frontier()
        self._levels: list[list[bytes]] = [[]]  # [l]: all hashes of tile level l + 1
        self.roots = {0: Frontier().root()} if 0 in self._wanted else {}

    def add(self, checked: CheckedBundle) -> None:
        """Add the next bundle: leaf by leaf where a wanted size lies inside it, as one subtree elsewhere."""
        if checked.leaves:
            for leaf in checked.leaves:
                self._frontier.append(leaf)
                self._note_root()
            if len(checked.leaves) == WIDTH:
                self._add_tile_hash(fold(checked.leaves))
        elif checked.root is not None:
            self._frontier.append_subtree(HEIGHT, checked.root)
            self._note_root()
            self._add_tile_hash(checked.root)

    def tile(self, tile: Tile) -> bytes:
        """Return the bytes that a hash tile above level 0 must have."""
        first = tile.index * WIDTH
        return b"".join(self._levels[tile.level - 1][first : first + tile.width])

    def _note_root(self) -> None:
        if self._frontier.size in self._wanted:
            self.roots[self._frontier.size] = self._frontier.root()

    def _add_tile_hash(self, node: bytes) -> None:
        level = 0
        while True:
            hashes = self._levels[level]
            hashes.append(node)
            if len(hashes) % WIDTH:
                return
            node = fold(hashes[-WIDTH:])
            level += 1
            if level == len(self._levels):
                self._levels.append([])


def _checked(place: str, size: int, wanted: Iterable[int], jobs: int) -> Iterator[CheckedBundle]:
    """Yield every bundle, checked, in order."""
    split = frozenset(point // WIDTH for point in wanted if point % WIDTH)
    bundles = [(tile.index, tile.width) for tile in bundles_of(size)]
    runs = [bundles[start : start + RUN] for start in range(0, len(bundles), RUN)]
    if jobs < 2 or len(runs) < 2:
        for run in runs:
            yield from check_bundles(place, run, split)
        return
    with ProcessPoolExecutor(jobs) as pool:
        waiting: list[Future[list[CheckedBundle]]] = []
        for run in runs:
            waiting.append(pool.submit(check_bundles, place, run, split))
            if len(waiting) > 2 * jobs:
                yield from waiting.pop(0).result()
        while waiting:
            yield from waiting.pop(0).result()
