"""An agent in a process of its own, which dies where it is told to."""

from datetime import datetime
from pathlib import Path

from expertpool.core.clock import FixedClock
from expertpool.custodian import running
from expertpool.custodian.directory import Directory
from tests.custodian.village import PASSPHRASE
from tests.faults.children import die_at


def one_round(path: Path, now: datetime, point: str) -> None:
    """A round of the agent in this directory, killed at the crash point."""
    with running.opened(Directory(path), PASSPHRASE, FixedClock(now)) as agent:
        die_at(point)
        agent.round()
