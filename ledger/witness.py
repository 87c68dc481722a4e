"""A witness (C2SP tlog-witness): cosigns a log's checkpoints for as long as each extends the one before.

It states that it has seen one history and no other. So nothing is answered before it is durable, the check and the
store are one act, and a witness that cannot read its past says so and stops.
"""

import base64
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.checkpoint import SignedCheckpoint, parse_decimal, parse_signed_checkpoint
from ledger.cosignature import cosign
from ledger.errors import Malformed, Refused
from ledger.merkle import EMPTY_ROOT, verify_consistency
from ledger.note import Note, Signature, verified_by
from ledger.receipt import parse_hashes
from ledger.witness_state import Cosigned, StateDirectory, exclusive, origin_hash

MAX_REQUEST_BYTES: Final = 256 * 1024

Clock = Callable[[], int]  # POSIX seconds


class UnknownLog(Refused):
    """No log of that origin is known here, or none of its checkpoints was ever cosigned."""


class NotTrusted(Refused):
    """No valid signature by a trusted key of the log."""


class Conflict(Refused):
    """The request starts from another size than the last one cosigned, which is ``size``."""

    def __init__(self, size: int, evidence: str) -> None:
        super().__init__("witness.conflict", size=size)
        self.size = size
        self.evidence = evidence


class Inconsistent(Refused):
    """The log signed a checkpoint that is not shown to extend the last one cosigned."""

    def __init__(self, reason: Refused, evidence: str) -> None:
        super().__init__(reason.code, **reason.params)
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Request:
    """An add-checkpoint request: ``proof`` leads from the tree of ``old_size`` to that of ``signed``."""

    old_size: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint

    def to_bytes(self) -> bytes:
        """The request's body."""
        lines = (f"old {self.old_size}", *(base64.b64encode(node).decode() for node in self.proof), "")
        return "".join(line + "\n" for line in lines).encode() + self.signed.to_bytes()


def parse_request(body: bytes) -> Request:
    """Read the body of an add-checkpoint request; raises Malformed. Verifies nothing."""
    if len(body) > MAX_REQUEST_BYTES:
        raise Malformed("witness.request", why="too-large")
    head, separator, note = body.partition(b"\n\n")
    try:
        old, *proof = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("witness.request", why="not-ascii") from None
    if not separator or not old.startswith("old "):
        raise Malformed("witness.request", why="no-old-line")
    return Request(parse_decimal(old.removeprefix("old ")), parse_hashes(proof), parse_signed_checkpoint(note))


class Witness:
    """The one place that cosigns. Thread-safe; get one from ``open_witness``."""

    def __init__(self, directory: StateDirectory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._signer = directory.signer()
        self._trusted = directory.logs()
        self._by_hash = {origin_hash(origin): origin for origin in self._trusted}
        self._latest = {origin: directory.load(origin, self._signer.key) for origin in self._trusted}
        self._time = max((known.time for known in self._latest.values() if known), default=1)
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name of the witness's key."""
        return self._signer.key.name

    def add_checkpoint(self, body: bytes) -> Signature:
        """Check a request, store its checkpoint durably and return the cosignature, in the order of tlog-witness.

        Raises Malformed, UnknownLog, NotTrusted, Conflict, Inconsistent; Refused when the clock has gone back;
        Unreadable when the store fails. After each of these nothing is cosigned.
        """
        request = parse_request(body)
        origin, signed = request.signed.checkpoint.origin, request.signed
        by_log = self._signatures_of_log(signed)
        if request.old_size > signed.size:
            raise Malformed("proof.sizes", old=request.old_size, new=signed.size)
        with self._lock:
            known = self._known(origin)
            size = known.signed.size if known else 0
            if request.old_size != size:
                evidence = self._directory.keep_evidence(origin, body, known) if _is_fork(known, signed) else ""
                raise Conflict(size, evidence)
            try:
                _check_consistency(request, known)
            except Refused as reason:
                evidence = self._directory.keep_evidence(origin, body, known)
                raise Inconsistent(reason, evidence) from None
            return self._cosign(signed, by_log)

    def checkpoint(self, name: str) -> bytes:
        """Return the last cosigned checkpoint of the log with that origin hash; raises UnknownLog."""
        origin = self._by_hash.get(name)
        with self._lock:
            known = self._known(origin) if origin is not None else None
        if known is None:
            raise UnknownLog("witness.unknown-log")
        return known.signed.to_bytes()

    def _signatures_of_log(self, signed: SignedCheckpoint) -> list[Signature]:
        keys = self._trusted.get(signed.checkpoint.origin)
        if keys is None:
            raise UnknownLog("witness.unknown-log")
        try:
            verified = verified_by(signed.note, keys)
        except Refused as error:
            raise NotTrusted(error.code, **error.params) from None
        if not verified:
            raise NotTrusted("note.no-known-signature")
        return [signature for _, signature in verified]

    def _known(self, origin: str) -> Cosigned | None:
        if origin not in self._latest:
            self._latest[origin] = self._directory.load(origin, self._signer.key)
        return self._latest[origin]

    def _cosign(self, signed: SignedCheckpoint, by_log: Sequence[Signature]) -> Signature:
        now = self._clock()
        if now < self._time:
            raise Refused("witness.clock", now=now, last=self._time)
        cosignature = cosign(signed, self._signer, now)
        stored = SignedCheckpoint(signed.checkpoint, Note(signed.note.text, (*by_log, cosignature)))
        self._time = now
        # Until the store has succeeded only the disk knows which checkpoint is the last; a failed one is read again.
        del self._latest[signed.checkpoint.origin]
        self._directory.store(stored)
        self._latest[signed.checkpoint.origin] = Cosigned(stored, now)
        return cosignature


@contextmanager
def open_witness(path: Path, clock: Clock) -> Iterator[Witness]:
    """Hold the directory and check every file in it; raises Refused or Unreadable instead of starting from nothing."""
    directory = StateDirectory(path)
    directory.signer()  # a mistyped path is told as such, and no lock file is left there
    with exclusive(path):
        yield Witness(directory, clock)


def _check_consistency(request: Request, known: Cosigned | None) -> None:
    """Check what tlog-witness answers with 422; ``request.old_size`` is already that of ``known``."""
    signed = request.signed
    if signed.size == 0 and signed.root != EMPTY_ROOT:
        raise Refused("proof.root")
    if request.old_size == 0 or known is None:  # every tree extends the empty one
        if request.proof:
            raise Refused("proof.length", found=len(request.proof), expected=0)
        return
    verify_consistency(request.old_size, signed.size, request.proof, known.signed.root, signed.root)


def _is_fork(known: Cosigned | None, signed: SignedCheckpoint) -> bool:
    """Whether the log signed two trees of one size: proof of a split view whatever the request's old size."""
    return known is not None and known.signed.size == signed.size and known.signed.root != signed.root
