"""For those who keep it running: is the process alive, and can it do its work?"""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, json

from expertpool.core import checkpoints
from expertpool.core.ledger_store import SqlLog
from expertpool.web.access import public
from expertpool.web.edge import edge
from expertpool.web.errors import SignerLate

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def alive() -> dict[str, Any]:
    """The process answers. Says nothing of what it depends on: restarting it would mend none of that."""
    return {"status": "ok"}


@health.get("/readyz")
@public
def ready() -> dict[str, Any]:
    """The database answers and the signer keeps up. Raises Unavailable, which tells a balancer to look elsewhere."""
    parts = edge()
    signed = checkpoints.latest(parts.engine)
    size = 0 if signed is None else signed.size
    waiting = SqlLog(parts.engine).entries(size, size + 1)
    limit = timedelta(seconds=parts.settings.ledger.ack_timeout_s)
    if waiting and parts.clock.now() - datetime.fromisoformat(json.loads(waiting[0])["time"]) > limit:
        raise SignerLate(parts.settings.ledger.ack_timeout_s)
    return {"status": "ok"}
