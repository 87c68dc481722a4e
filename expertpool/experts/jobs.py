"""What the pool has the worker do: forget former contacts and sheets that nobody confirmed, and work off the others."""

import threading
from collections.abc import Mapping
from typing import Final

import structlog

from expertpool.core.errors import ExpertpoolError
from expertpool.core.jobs import Handler
from expertpool.core.settings import Settings
from expertpool.core.transaction import Transactions
from expertpool.core.upkeep import Task
from expertpool.experts import former_contacts, uploads
from expertpool.experts.importer import run_one
from expertpool.experts.protection import Keys

HANDLERS: Final[Mapping[str, Handler]] = {}

UPKEEP: Final[Mapping[str, Task]] = {
    "imports.forget": uploads.sweep,
    "contacts.forget": former_contacts.sweep,
}

log = structlog.get_logger("importer")


def follow(transactions: Transactions, keys: Keys, pause_s: float, stop: threading.Event) -> None:
    """Work off the sheets that wait until told to stop; what breaks is tried again when its lease has run out."""
    while not stop.is_set():
        try:
            busy = run_one(transactions, keys, stop.is_set)
        except Exception as error:  # noqa: BLE001 -- whatever it raises, the next sheet is worked off
            reason = error.code if isinstance(error, ExpertpoolError) else type(error).__name__
            log.warning("importer.broke-off", reason=reason)
            busy = False
        if not busy:
            stop.wait(pause_s)


def start(transactions: Transactions, keys: Keys, settings: Settings, stop: threading.Event) -> list[threading.Thread]:
    """Begin to follow, in a thread of its own: a sheet takes minutes, and the worker's jobs go on meanwhile."""
    args = (transactions, keys, settings.outbox.poll_ms / 1000, stop)
    thread = threading.Thread(target=follow, args=args, name="importer", daemon=True)
    thread.start()
    return [thread]


BESIDE: Final = (start,)
