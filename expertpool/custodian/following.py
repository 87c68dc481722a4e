"""Following the log: every entry is fetched and hashed onto the agent's own tree, so nothing has to be proved to it.

A checkpoint that the log signed and that does not continue what was followed is an alarm: somebody set the log back,
cut it short or shows different people different logs. Bytes that simply do not add up are fetched again later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn

from expertpool.core.clock import Clock
from expertpool.core.faults import crash_point
from expertpool.custodian.errors import Alarm, EntriesBad, LogForked, LogMalformed, LogRolledBack, NotThisLog
from expertpool.custodian.memory import HEADS_KEPT, KEPT, Memory
from ledger.checkpoint import SignedCheckpoint
from ledger.durable import replace_file
from ledger.entry import NO_PREVIOUS, Entry, check_entries, parse_entry
from ledger.errors import LedgerError, Malformed
from ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash
from ledger.note import VerifierKey
from ledger.store import Reader
from ledger.tiles import WIDTH, bundles_of, split_bundle

_KEPT: Final = tuple(b'"kind":"' + kind.encode() for kind in KEPT)


@dataclass(slots=True)
class _Read:
    """A tree as far as it was read, and the entries worth keeping."""

    frontier: Frontier
    last: bytes | None
    kept: list[Entry]
    heads: list[tuple[int, bytes]]
    """The last sizes on the way, with their roots."""
    newest: bytes
    """The last entry's bytes."""
    bad: int | None
    """The first entry that is not as it must be, form, index and chain."""


class Follower:
    """Keeps the tree in a `Memory`; what contradicts it goes to the folder ``evidence``."""

    def __init__(self, memory: Memory, source: Reader, key: VerifierKey, evidence: Path, clock: Clock) -> None:
        self._memory = memory
        self._source = source
        self._key = key
        self._evidence = evidence
        self._clock = clock

    def check(self, signed: SignedCheckpoint) -> None:
        """Raises `NotThisLog` unless the log's key signed this checkpoint."""
        try:
            origin = signed.opened_by(self._key).origin
        except LedgerError:
            raise NotThisLog(self._key.name) from None
        if origin != self._key.name:
            raise NotThisLog(self._key.name)

    def follow(self, signed: SignedCheckpoint) -> None:
        """Read on to this checkpoint, which `check` has passed; durable on return.

        Raises an `Alarm`, `EntriesBad`, and Unreadable when entries cannot be had. An older checkpoint that was
        followed before is nothing new; of one that never was, nothing can be said.
        """
        frontier = self._memory.frontier()
        known = self._memory.head(signed.size)
        if known is not None and known != signed.root:
            entry = self._differs_from(signed.size)
            raise self._alarm(LogForked(evidence="", known=signed.size, entry=entry), signed)
        if signed.size <= frontier.size:
            return
        read = self._read(frontier.copy(), self._memory.last_hash(), signed)
        if read.frontier.root() != signed.root:
            self._judge(signed, frontier)
        if read.bad is not None:
            raise self._alarm(LogMalformed(evidence="", malformed=read.bad), signed)
        crash_point("custodian.followed")
        self._memory.advance(
            signed,
            read.frontier,
            read.kept,
            read.last or b"",
            seen=self._clock.now(),
            heads=read.heads,
            time=parse_entry(read.newest).time,
        )
        crash_point("custodian.remembered")

    def expect(self, newest: SignedCheckpoint) -> None:
        """Raise `LogRolledBack` where the log's newest checkpoint is smaller than what was followed."""
        self.check(newest)
        size = self._memory.frontier().size
        if newest.size < size:
            raise self._alarm(LogRolledBack(evidence="", known=size, found=newest.size), newest)

    def _read(self, frontier: Frontier, last: bytes | None, signed: SignedCheckpoint) -> _Read:
        """Hash the entries from the frontier to the checkpoint onto it. Raises `EntriesBad` for what are no entries."""
        read = _Read(frontier, last, [], [], b"", None)
        for entries in self._entries(frontier.size, signed.size):
            for data, checked in zip(entries, check_entries(entries), strict=True):
                place, previous = frontier.size, NO_PREVIOUS if read.last is None else read.last.hex()
                if checked != (place, previous) and read.bad is None:
                    read.bad = place
                elif any(kind in data for kind in _KEPT) and not isinstance(checked, Malformed):
                    read.kept.append(parse_entry(data))
                read.last, read.newest = leaf_hash(data), data
                frontier.append(read.last)
                if signed.size - frontier.size < HEADS_KEPT:
                    read.heads.append((frontier.size, frontier.root()))
        return read

    def _entries(self, start: int, size: int) -> Iterator[list[bytes]]:
        for tile in bundles_of(size, start // WIDTH):
            try:
                entries = split_bundle(self._source.tile(tile), tile)
            except Malformed:
                raise EntriesBad(size) from None
            yield entries[max(0, start - tile.index * WIDTH) :]

    def _judge(self, signed: SignedCheckpoint, ours: Frontier) -> NoReturn:
        """Find out why the entries do not add up: another history under the log's own signature, or spoilt bytes?"""
        theirs, there = Frontier(), EMPTY_ROOT
        for entries in self._entries(0, signed.size):
            for data in entries:
                theirs.append(leaf_hash(data))
                if theirs.size == ours.size:
                    there = theirs.root()
        if ours.size and theirs.root() == signed.root and there != ours.root():
            entry = self._differs_from(ours.size)
            raise self._alarm(LogForked(evidence="", known=ours.size, entry=entry), signed)
        raise EntriesBad(signed.size)

    def _differs_from(self, size: int) -> int:
        """From which entry on, at the latest, what is served now differs from what was followed up to ``size``.

        Roots are remembered of the last sizes only, and whoever forks a log may serve what it likes.
        """
        served = Frontier()
        for entries in self._entries(0, size):
            for data in entries[: size - served.size]:
                served.append(leaf_hash(data))
                known = self._memory.head(served.size) if served.size > size - HEADS_KEPT else None
                if known is not None and known != served.root():
                    return served.size - 1
        return size - 1

    def _alarm(self, alarm: Alarm, signed: SignedCheckpoint) -> Alarm:
        """Keep the two checkpoints that cannot both be true, and stop for good."""
        known = self._memory.last_checkpoint()
        notes = [b"" if known is None else known.to_bytes(), signed.to_bytes()]
        folder = self._evidence / sha256(b"".join(notes)).hexdigest()[:32]
        for name, note in zip(("known", "shown"), notes, strict=True):
            replace_file(folder / name, note, 0o600)
        alarm.evidence = str(folder)
        self._memory.raise_alarm(alarm.as_dict())
        return alarm
