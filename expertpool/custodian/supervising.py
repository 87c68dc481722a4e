"""Whether a key is a supervisor's: shown by the log before what it signs for, long enough, and never revoked."""

from datetime import timedelta

from expertpool.custodian.memory import Kept, Memory


def is_supervisors(key: bytes, before: Kept, memory: Memory, settling: timedelta) -> bool:
    """Whether the log showed this key as a supervisor's ``settling`` before an entry, and shows no end of it."""
    ended = {kept.entry.body.get("public") for kept in memory.entries("supervisor-key.revoked")}
    return any(
        kept.entry.body.get("public") == key.hex()
        and kept.entry.body.get("public") not in ended
        and kept.earliest + settling.total_seconds() <= before.latest
        for kept in memory.entries("supervisor-key.approved")
    )
