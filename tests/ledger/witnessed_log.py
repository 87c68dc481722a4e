"""A small log for the witness's tests, honest or not: what it signs and what it claims are two things."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from ledger.merkle import consistency_proof, fold, frontier_at, leaf_hash
from ledger.note import NoteSigner, generate_key, parse_signer_key
from ledger.witness import Conflict, Request, Witness, open_witness
from ledger.witness_server import WitnessServer
from ledger.witness_state import add_log, init

ORIGIN = "centre.example/log"
WITNESS = "office.example/w1"
START = 1_800_000_000  # POSIX seconds


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Log:
    """A log of 64 entries; ``forked_at`` makes those from there on others than the honest log's."""

    def __init__(self, signer: NoteSigner | None = None, *, origin: str = ORIGIN, forked_at: int = 64) -> None:
        self.origin = origin
        self.signer = signer or parse_signer_key(generate_key(origin)[0])
        self.leaves = [leaf_hash(b"%d %d" % (i, i >= forked_at)) for i in range(64)]

    def fork(self, at: int) -> "Log":
        """The same log with another history from entry ``at`` on."""
        return Log(self.signer, origin=self.origin, forked_at=at)

    def node(self, level: int, index: int) -> bytes:
        return fold(self.leaves[index << level : (index + 1) << level])

    def signed(self, size: int, *extensions: str) -> SignedCheckpoint:
        return sign_checkpoint(
            Checkpoint(self.origin, size, frontier_at(size, self.node).root(), extensions), self.signer
        )

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return tuple(consistency_proof(old, new, self.node))

    def request(self, old: int, new: int) -> bytes:
        return Request(old, self.proof(old, new), self.signed(new)).to_bytes()


def make_witness(path: Path, *logs: Log) -> Path:
    """A witness's directory that knows the logs."""
    init(path, WITNESS)
    for log in logs:
        add_log(path, str(log.signer.key))
    return path


def state_file(path: Path, origin: str = ORIGIN) -> Path:
    return path / "state" / hashlib.sha256(origin.encode()).hexdigest()


def size_known(witness: Witness, log: Log) -> int:
    """The size that the witness says it is at, asked as the protocol has it."""
    with pytest.raises(Conflict) as refused:
        witness.add_checkpoint(Request(63, log.proof(63, 64), log.signed(64)).to_bytes())
    return refused.value.size


@contextmanager
def serving(directory: Path, clock: Clock) -> Iterator[WitnessServer]:
    with open_witness(directory, clock) as witness:
        server = WitnessServer("127.0.0.1", 0, witness)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()
