"""Receipts (C2SP tlog-proof): a file that proves offline that one entry is in the log.

A receipt holds the entry's index, its inclusion proof and a cosigned checkpoint; the entry itself rides along as
``extra``, which the format says to trust only after the proof over it has been checked, as ``check`` does.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.checkpoint import SignedCheckpoint, parse_decimal, parse_signed_checkpoint
from ledger.entry import Entry, parse_entry
from ledger.errors import Malformed
from ledger.merkle import HASH_SIZE, Node, inclusion_proof, leaf_hash, verify_inclusion
from ledger.note import decode_base64
from ledger.policy import Policy, Trust

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_RECEIPT_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """An inclusion proof with its checkpoint. ``extra`` is the entry's bytes, or empty when it travels apart."""

    index: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint
    extra: bytes = b""

    def to_bytes(self) -> bytes:
        """The receipt as a ``.tlog-proof`` file."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += (base64.b64encode(node).decode() for node in self.proof)
        return "".join(line + "\n" for line in (*lines, "")).encode() + self.signed.to_bytes()

    def check(self, policy: Policy, data: bytes | None = None) -> tuple[Entry, Trust]:
        """Check that the entry (``data``, or the one inside) is in the log that ``policy`` trusts.

        Returns the entry and who vouches for it; raises Refused or Malformed. A missing quorum raises as well.
        """
        data = self.extra if data is None else data
        trust = policy.require(self.signed)
        verify_inclusion(self.index, self.signed.size, leaf_hash(data), self.proof, self.signed.root)
        entry = parse_entry(data)
        if entry.index != self.index:
            raise Malformed("entry.index", found=entry.index, expected=self.index)
        return entry, trust


def make_receipt(data: bytes, index: int, signed: SignedCheckpoint, node: Node) -> Receipt:
    """Build the receipt of the entry ``data`` at ``index`` under ``signed``, from the tree's nodes."""
    return Receipt(index, tuple(inclusion_proof(index, signed.size, node)), signed, data)


def parse_receipt(data: bytes) -> Receipt:
    """Read a ``.tlog-proof`` file; raises Malformed. Verifies nothing."""
    if len(data) > MAX_RECEIPT_BYTES:
        raise Malformed("receipt.malformed", why="too-large")
    head, separator, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("receipt.malformed", why="not-ascii") from None
    if not separator or lines.pop(0) != HEADER:
        raise Malformed("receipt.malformed", why="no-header")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _decode(lines.pop(0).removeprefix("extra "), "extra-line")
        if not extra:
            raise Malformed("receipt.malformed", why="extra-line")
    if not lines or not lines[0].startswith("index "):
        raise Malformed("receipt.malformed", why="no-index")
    index = parse_decimal(lines.pop(0).removeprefix("index "))
    return Receipt(index, parse_hashes(lines), parse_signed_checkpoint(note), extra)


def parse_hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Read base64 hashes, one a line, at most 63 (a proof in a tree of 2^63 leaves); raises Malformed."""
    hashes = tuple(_decode(line, "proof-lines") for line in lines)
    if len(hashes) > 63 or any(len(node) != HASH_SIZE for node in hashes):
        raise Malformed("receipt.malformed", why="proof-lines")
    return hashes


def _decode(text: str, why: str) -> bytes:
    raw = decode_base64(text)
    if raw is None:
        raise Malformed("receipt.malformed", why=why)
    return raw
