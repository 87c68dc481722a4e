"""Check a whole log from its entries' bytes: canonical form, chain, tiles, roots, signatures, known checkpoints.

Nothing stored is trusted: each hash is computed again, and what the log stores is only compared with that. Work is cut
into runs of bundles, which may go to several processes; memory does not grow with the log.
"""

import signal
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal

from ledger.bundles import (
    MAX_FINDINGS,
    CheckedBundle,
    Finding,
    broken_link,
    check_bundles,
    check_bundles_at,
    missing,
    read_or_none,
)
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.edge import TileEdge
from ledger.entry import NO_PREVIOUS
from ledger.errors import LedgerError, Unreadable, about
from ledger.merkle import Frontier
from ledger.policy import Policy, Trust
from ledger.sources import Source, open_source
from ledger.tiles import HEIGHT, WIDTH, Tile, bundles_of

RUN: Final = 64  # bundles handed out at a time: 16,384 entries

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
    checked: int = 0  # entries; fewer than the size when so much is wrong, or missing, that the rest tells no more
    last_hash: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Broken as soon as anything is wrong; proven only with a quorum of cosigners under the caller's policy.

        A policy that asks for nobody (``quorum none``) is met by nobody, and nobody proves nothing.
        """
        if self.findings:
            return "broken"
        vouched = self.trust is not None and self.trust.quorum and bool(self.trust.cosigners)
        return "proven" if vouched else "not-proven"

    @property
    def first_bad(self) -> int | None:
        """The first entry at which something is wrong; None when nothing that is wrong has a place.

        A broken link is blamed on the entry before it, unless something else speaks against the one that holds it: an
        entry whose own ``prev`` was changed no longer fits the next link either.
        """
        links = {found.index for found in self.findings if found.index is not None and found.code == "entry.prev"}
        others = {found.index for found in self.findings if found.index is not None and found.code != "entry.prev"}
        first = min(links | others, default=None)
        if first is None or first in others or first + 1 in links:
            return first
        return first - 1


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
    checkpoint to start from, or reading fails on the way; what is wrong with the log itself is a finding in the report.
    """
    source = open_source(place)
    report = Report(_read_checkpoint(f"{place.rstrip('/')}/checkpoint", source.checkpoint()))
    _judge(report, policy)
    beside = [Known(where, _read_checkpoint(where, data)) for where, data in source.known_checkpoints()]
    comparisons = _comparisons(report, policy, [*known, *beside])
    tree = _Rebuilt((report.signed.size, *(item.signed.size for item in comparisons)))
    with closing(_checked(place, source, tree.split, report.signed.size, jobs)) as bundles:
        whole = _rebuild(report, source, tree, bundles, progress)
    if whole:
        _compare(report, source, tree, comparisons)
    report.findings.sort(key=lambda found: (found.index is None, found.index or 0))
    return report


def _read_checkpoint(place: str, data: bytes) -> SignedCheckpoint:
    with about(place):
        return parse_signed_checkpoint(data)


def _judge(report: Report, policy: Policy | None) -> None:
    if policy is None:
        return
    try:
        report.trust = policy.judge(report.signed)
    except LedgerError as error:
        report.findings.append(Finding(None, error.code, error.params))


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


def _rebuild(
    report: Report,
    source: Source,
    tree: "_Rebuilt",
    bundles: Iterable[CheckedBundle],
    progress: Progress | None,
) -> bool:
    """Build the tree again bundle by bundle, in order; whether it got to the end."""
    size = report.signed.size
    previous = NO_PREVIOUS
    for checked in bundles:
        report.findings += checked.findings
        if checked.first_prev is not None and checked.first_prev != previous:
            report.findings.append(broken_link(checked.bundle * WIDTH))
        if checked.last is None or len(report.findings) >= MAX_FINDINGS:
            return False  # nothing above or after a bundle that is missing or cut off can be built again
        report.findings += [found for tile, data in tree.add(checked) for found in _compare_tile(source, tile, data)]
        previous = checked.last.hex()
        report.checked = min((checked.bundle + 1) * WIDTH, size)
        if progress is not None:
            progress(report.checked, size)
    report.last_hash = previous if size else None
    return True


def _compare(report: Report, source: Source, tree: "_Rebuilt", comparisons: Sequence[Known]) -> None:
    size = report.signed.size
    for tile, data in tree.edge.unfinished():
        report.findings += _compare_tile(source, tile, data)
    if tree.roots[size] != report.signed.root:
        report.findings.append(Finding(None, "verify.root", {"size": size}))
    for item in comparisons:
        if tree.roots[item.signed.size] == item.signed.root:
            report.known.append(item.place)
        else:
            report.findings.append(Finding(None, "verify.known", {"place": item.place, "size": item.signed.size}))


def _compare_tile(source: Source, tile: Tile, computed: bytes) -> list[Finding]:
    stored = read_or_none(source, tile)
    if stored is None:
        return [missing(tile)]
    return [] if stored == computed else [Finding(None, "verify.tile", {"path": tile.path})]


class _Rebuilt:
    """The tree above the bundles, built again, and its roots at the sizes that somebody knows."""

    def __init__(self, wanted: Iterable[int]) -> None:
        self._wanted = frozenset(wanted)
        self._frontier = Frontier()
        self.split = frozenset(size // WIDTH for size in self._wanted if size % WIDTH)  # bundles needed leaf by leaf
        self.edge = TileEdge()
        self.roots: dict[int, bytes] = {}
        self._note_root()

    def add(self, checked: CheckedBundle) -> Iterator[tuple[Tile, bytes]]:
        """Add the next bundle; yields the tiles above level 0 that are full with it."""
        for leaf in checked.leaves:
            self._frontier.append(leaf)
            self._note_root()
        if checked.root is not None:
            if not checked.leaves:
                self._frontier.append_subtree(HEIGHT, checked.root)
                self._note_root()
            yield from self.edge.add(checked.root)

    def _note_root(self) -> None:
        if self._frontier.size in self._wanted:
            self.roots[self._frontier.size] = self._frontier.root()


def _checked(place: str, source: Source, split: frozenset[int], size: int, jobs: int) -> Generator[CheckedBundle]:
    """Yield every bundle, checked, in order. Never lists them all: the size is only what a checkpoint claims."""
    bundles = ((tile.index, tile.width) for tile in bundles_of(size))
    runs = iter(lambda: list(islice(bundles, RUN)), [])
    if jobs < 2 or size <= RUN * WIDTH:
        for run in runs:
            yield from check_bundles(source, run, split)
        return
    try:
        with ProcessPoolExecutor(jobs, initializer=_leave_interrupts_to_the_parent) as pool:
            waiting: list[Future[list[CheckedBundle]]] = []
            try:
                for run in runs:
                    waiting.append(pool.submit(check_bundles_at, place, run, split))
                    if len(waiting) > 2 * jobs:
                        yield from waiting.pop(0).result()
                while waiting:
                    yield from waiting.pop(0).result()
            finally:
                pool.shutdown(cancel_futures=True)
    except (BrokenProcessPool, OSError, NotImplementedError, ImportError):  # killed, or the system has no more to give
        raise Unreadable("verify.processes", jobs=jobs) from None


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
