"""kill -9 at every step of an append, a full bundle and a publication, and at random: nothing acknowledged is lost."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import Unreadable
from ledger.files import FileLog
from ledger.verify import verify
from tests.ledger import crash_child
from tests.ledger.logs import POLICY, drafts, entries, signed, tree_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9 and no fork")
ROOT = Path(__file__).parents[2]
STATES = [sum(crash_child.BATCHES[:done]) for done in range(len(crash_child.BATCHES) + 1)]
DATA = entries(STATES[-1] + 10)
TREE = tree_of(DATA)


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", crash_child.__name__, *arguments], stdout=subprocess.PIPE, cwd=ROOT)


def check_readers(directory: Path) -> int:
    """Whatever is published is whole; returns its size."""
    try:
        report = verify(str(directory), policy=POLICY)
    except Unreadable as error:
        if error.code in {"source.not-a-ledger", "source.not-found"}:
            return 0
        raise
    assert report.verdict == "proven"
    return report.checked


def check_writer(directory: Path) -> int:
    """The log opens again, holds what it should, and goes on; returns its size before that."""
    log = FileLog(directory)
    size = log.size
    assert log.root() == TREE.root(size)
    log.append(drafts(size, 7))
    log.publish(signed(DATA[: size + 7], root=TREE.root(size + 7)).to_bytes())
    assert check_readers(directory) == FileLog(directory).size == size + 7
    return size


def test_killed_before_every_change_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a killed process loses nothing that it has written
    with start(str(tmp_path), "each") as child:
        assert child.wait(60) == 0
    places = sorted(tmp_path.iterdir(), key=lambda path: int(path.name))
    assert len(places) > 60
    reached = set()
    for place in places:
        acknowledged = [0, *map(int, (place / "acknowledged").read_text().split())][-1]
        assert check_readers(place / "log") in STATES[: STATES.index(acknowledged) + 1]
        size = check_writer(place / "log")
        assert size in STATES, "an append is recorded whole or not at all"
        assert acknowledged <= size <= STATES[min(STATES.index(acknowledged) + 1, len(STATES) - 1)]
        reached.add((acknowledged, size))
    assert {(size, size) for size in STATES} <= reached
    assert {(old, new) for old, new in reached if old < new}, "some died between flushing and acknowledging"


def test_killed_at_random(tmp_path: Path) -> None:
    chance = random.Random(2026)
    size = 0
    for _ in range(6):
        with start(str(tmp_path), "run") as child:
            assert child.stdout is not None
            acknowledged = [int(child.stdout.readline()) for _ in range(chance.randint(1, 12))]
            child.kill()
            acknowledged += [int(line) for line in child.stdout.read().split(b"\n")[:-1]]
        assert acknowledged[0] > size
        assert check_readers(tmp_path / "log") <= acknowledged[-1]
        log = FileLog(tmp_path / "log")
        assert acknowledged[-1] <= log.size <= acknowledged[-1] + 100
        assert log.root() == tree_of(entries(log.size)).root()
        size = log.size
