"""Cosignatures (C2SP tlog-cosignature, Ed25519 "cosignature/v1"): an outsider saw this tree head, and when.

A cosignature states that, as of its time, no larger consistent tree of that log was known to the cosigner.
"""

from ledger.checkpoint import SignedCheckpoint
from ledger.errors import Malformed
from ledger.note import COSIGNATURE_V1, NoteSigner, Signature, cosigned_message

MAX_TIMESTAMP = 2**63 - 1


def cosign(checkpoint: SignedCheckpoint, signer: NoteSigner, timestamp: int) -> Signature:
    """Cosign a checkpoint at ``timestamp`` (POSIX seconds, never zero); the caller has checked consistency first."""
    if signer.key.algorithm != COSIGNATURE_V1:
        raise Malformed("key.algorithm", alg=f"0x{signer.key.algorithm:02x}")
    if not 0 < timestamp <= MAX_TIMESTAMP:
        raise Malformed("cosignature.malformed")
    stamp = timestamp.to_bytes(8, "big")
    value = stamp + signer.sign_bytes(cosigned_message(stamp, checkpoint.note.text.encode()))
    return Signature(signer.key.name, signer.key.key_id, value)


def cosigned_at(signature: Signature) -> int:
    """Return the time (POSIX seconds) that a cosignature states; verify it before believing it."""
    timestamp = int.from_bytes(signature.value[:8], "big")
    if len(signature.value) != 72 or not 0 < timestamp <= MAX_TIMESTAMP:
        raise Malformed("cosignature.malformed")
    return timestamp
