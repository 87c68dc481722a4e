"""An agent in a process of its own, which dies where it is told to."""

from datetime import datetime
from pathlib import Path

from expertpool.core.clock import FixedClock
from expertpool.custodian import running
from expertpool.custodian.directory import Directory
from expertpool.custodian.keysets import rotate
from expertpool.custodian.offline import take_turn
from tests.custodian.village import PASSPHRASE
from tests.faults.children import die_at


def one_round(path: Path, now: datetime, point: str) -> None:
    """A round of the agent in this directory, killed at the crash point."""
    with running.opened(Directory(path), PASSPHRASE, FixedClock(now)) as agent:
        die_at(point)
        agent.round()


def rotate_until(path: Path, made: int) -> None:
    """Change the keys of the agent in this directory, killed when so many were made."""
    die_at("custodian.key-made", made)
    rotate_now(Directory(path))


def rotate_now(directory: Directory) -> Path:
    """Change the keys, as the command does; gives the file to be registered."""
    with directory.held(), directory.keys(PASSPHRASE) as keys:
        memory = directory.memory()
        try:
            return rotate(directory, keys, memory)
        finally:
            memory.close()


def one_turn(path: Path, now: datetime, point: str, draw: str) -> None:
    """An owner's turn in an opening without the centre, killed at the crash point."""
    directory = Directory(path)
    with directory.keys(PASSPHRASE) as keys:
        die_at(point)
        take_turn(directory, keys, now, draw=draw, shares=None, reason="中心断电")
