"""How the agent is: read beside a running one, from its directory alone, without its passphrase."""

import json
import shutil
from datetime import datetime
from typing import Any, Final

from expertpool.custodian.consenting import REASON
from expertpool.custodian.directory import Directory
from expertpool.custodian.memory import Memory

LATEST: Final = 20
SILENT_S: Final = 300
"""After how many seconds without contact the owner ought to look."""


def status(directory: Directory) -> dict[str, Any]:
    """Everything that the commands and the status page show, as JSON.

    Moments are POSIX seconds by the agent's own clock, or null. Raises `NotSetUp`, `ConfigDamaged`, `MemoryLost`,
    `MemoryRestored`.
    """
    config = directory.config()
    memory = directory.memory()
    try:
        last, disk = memory.last_checkpoint(), shutil.disk_usage(directory.path)
        log_time = memory.log_time()
        return {
            "organisation": config.organisation,
            "name": config.name,
            "origin": config.origin,
            "url": config.url,
            "ask": config.ask,
            "size": memory.frontier().size,
            "root": None if last is None else last.root.hex(),
            "contact": memory.current_at() or None,
            "log_time": None if log_time is None else log_time.timestamp(),
            "cosigned": memory.cosigned(),
            "cosigned_at": memory.cosigned_at(),
            "witnessed": memory.witnessed(),
            "contributions": memory.contributions(),
            "contributed": memory.contributed_to()[:LATEST],
            "waiting": memory.waiting(),
            "to_approve": [_to_approve(memory, entry) for entry in memory.to_approve()],
            "refusals": memory.refusals()[:LATEST],
            "committees": directory.committees.draws(),
            "openings": [{**json.loads(each.statement), "told": each.told} for each in memory.openings()],
            "keys": json.loads(memory.shown("keys") or "[]"),
            "trouble": json.loads(memory.shown("trouble") or "null"),
            "alarm": memory.alarm(),
            "alarms": memory.alarms(),
            "clock": memory.noted() or None,
            "disk": {"free": disk.free, "total": disk.total},
        }
    finally:
        memory.close()


def is_silent(found: dict[str, Any], now: datetime) -> bool:
    """Whether the agent has had no contact with the centre for longer than it should."""
    return found["contact"] is None or now.timestamp() - found["contact"] > SILENT_S


def _to_approve(memory: Memory, entry: int) -> dict[str, Any]:
    """What an entry asks of the owner."""
    kept = memory.entry(entry)
    kind, draw = (None, None) if kept is None else (kept.entry.kind, kept.entry.body.get("draw"))
    return {"entry": entry, "kind": kind, "draw": draw, "reason": memory.shown(REASON.format(entry=entry))}
