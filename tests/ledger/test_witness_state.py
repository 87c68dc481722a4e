"""The witness's memory: what was answered is in it whatever happens, and what is not whole stops the witness."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import durable
from ledger.cosignature import cosign
from ledger.errors import LedgerError, Malformed, Refused, Unreadable
from ledger.note import parse_signer_key
from ledger.witness import Conflict, Inconsistent, open_witness
from ledger.witness_state import StateDirectory, add_log, init, origin_hash
from tests.ledger.witnessed_log import ORIGIN, START, WITNESS, Clock, Log, make_witness, size_known, state_file

# Answers requests as a server would and is killed in the last one.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from ledger.witness import open_witness

directory, step, *requests = sys.argv[1:]
fsync, replace, fsyncs, armed = os.fsync, Path.replace, [], []

def die_at(reached):
    if armed and reached == step:
        os.kill(os.getpid(), signal.SIGKILL)

def clock():
    die_at("checked")
    return 1_800_000_000

def dying_fsync(descriptor):
    die_at("written" if not fsyncs else "")
    fsync(descriptor)
    fsyncs.append(descriptor)
    die_at("synced" if len(fsyncs) == 1 else "stored")

def dying_replace(self, target):
    replace(self, target)
    die_at("renamed")

with open_witness(Path(directory), clock) as witness:
    os.fsync, Path.replace = dying_fsync, dying_replace
    for request in requests:
        if request == requests[-1]:
            armed.append(True)
            fsyncs.clear()
        print(witness.add_checkpoint(Path(request).read_bytes()).line(), end="", flush=True)
        die_at("answered")
"""


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def directory(tmp_path: Path, log: Log) -> Path:
    return make_witness(tmp_path / "w", log)


# Kill -9


@pytest.mark.parametrize(
    ("step", "size"),
    [("checked", 5), ("written", 5), ("synced", 5), ("renamed", 9), ("stored", 9), ("answered", 9)],
)
def test_killed_at_any_step_it_stands_by_every_answer(
    tmp_path: Path, directory: Path, log: Log, step: str, size: int
) -> None:
    requests = []
    for old, new in [(0, 3), (3, 5), (5, 9)]:
        requests.append(tmp_path / f"request-{new}")
        requests[-1].write_bytes(log.request(old, new))
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, directory, step, *requests], capture_output=True, check=False, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    answers = killed.stdout.splitlines()
    assert len(answers) == (3 if step == "answered" else 2)
    with open_witness(directory, Clock()) as witness:
        assert size_known(witness, log) == size
        if step == "answered" or size == 5:
            assert answers[-1] in witness.checkpoint(origin_hash(ORIGIN)).decode()
        with pytest.raises((Conflict, Inconsistent)):
            witness.add_checkpoint(log.fork(at=4).request(5, 9))
        witness.add_checkpoint(log.request(size, 9))


def test_nothing_is_answered_before_it_is_durable(directory: Path, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(descriptor: int) -> None:
        events.append("fsync directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync file")
        fsync(descriptor)

    def noting_replace(self: Path, target: Path) -> Path:
        events.append(f"rename to {target.name}")
        return replace(self, target)

    with open_witness(directory, Clock()) as witness:
        monkeypatch.setattr(os, "fsync", noting_fsync)
        monkeypatch.setattr(Path, "replace", noting_replace)
        witness.add_checkpoint(log.request(0, 3))
    assert events == ["fsync file", f"rename to {origin_hash(ORIGIN)}", "fsync directory"]


# A failing disk


def failing_fsync(monkeypatch: pytest.MonkeyPatch, fails: Callable[[int], bool]) -> None:
    fsync = os.fsync

    def failing(descriptor: int) -> None:
        if fails(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)


def test_a_full_disk_cosigns_nothing_and_loses_nothing(
    directory: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_witness(directory, Clock()) as witness:
        witness.add_checkpoint(log.request(0, 3))
        before = state_file(directory).read_bytes()
        with monkeypatch.context() as patch:
            failing_fsync(patch, stat.S_ISREG)
            with pytest.raises(Unreadable) as refused:
                witness.add_checkpoint(log.request(3, 5))
        assert refused.value.code == "witness.write"
        assert state_file(directory).read_bytes() == before == witness.checkpoint(origin_hash(ORIGIN))
        witness.add_checkpoint(log.request(3, 5))
    assert len(list((directory / "state").iterdir())) == 1


def test_after_a_rename_that_may_not_last_the_disk_is_asked(
    directory: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_witness(directory, Clock()) as witness:
        witness.add_checkpoint(log.request(0, 3))
        with monkeypatch.context() as patch:
            failing_fsync(patch, stat.S_ISDIR)
            with pytest.raises(Unreadable):
                witness.add_checkpoint(log.request(3, 5))
            with pytest.raises(Unreadable):  # not even published while it is not known to last
                witness.checkpoint(origin_hash(ORIGIN))
        assert size_known(witness, log) == 5


# Damage


def other_witness(data: bytes, log: Log, tmp_path: Path) -> bytes:
    with open_witness(make_witness(tmp_path / "other", log), Clock()) as witness:
        witness.add_checkpoint(log.request(0, 3))
    return state_file(tmp_path / "other").read_bytes()


def other_log(data: bytes, log: Log, tmp_path: Path) -> bytes:
    other = Log(origin="other.example/log")
    signer = parse_signer_key((tmp_path / "w" / "key").read_text().strip())
    signed = other.signed(3)
    return signed.note.adding([cosign(signed, signer, START)]).to_bytes()


DAMAGE: dict[str, Callable[[bytes, Log, Path], bytes]] = {
    "emptied": lambda data, log, tmp_path: b"",
    "zeroed": lambda data, log, tmp_path: bytes(len(data)),
    "cut off": lambda data, log, tmp_path: data[:-1],
    "cut to half": lambda data, log, tmp_path: data[: len(data) // 2],
    "doubled": lambda data, log, tmp_path: data * 2,
    "another size": lambda data, log, tmp_path: data.replace(b"\n3\n", b"\n2\n"),
    "not cosigned": lambda data, log, tmp_path: log.signed(3).to_bytes(),
    "cosigned by another witness": other_witness,
    "of another log": other_log,
    "never cosigned, of another log": lambda data, log, tmp_path: b"never cosigned: other.example/log\n",
    "never cosigned, cut off": lambda data, log, tmp_path: b"never cosigned: " + ORIGIN.encode(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_state_does_not_start(tmp_path: Path, directory: Path, log: Log, damage: str) -> None:
    with open_witness(directory, Clock()) as witness:
        witness.add_checkpoint(log.request(0, 3))
    file = state_file(directory)
    file.write_bytes(DAMAGE[damage](file.read_bytes(), log, tmp_path))
    with pytest.raises(Unreadable) as refused, open_witness(directory, Clock()):
        pytest.fail("started")
    assert refused.value.code == "witness.damaged"


def test_a_lost_state_is_not_begun_again(directory: Path, log: Log) -> None:
    state_file(directory).unlink()
    with pytest.raises(Unreadable) as refused, open_witness(directory, Clock()):
        pytest.fail("started")
    assert refused.value.code == "witness.lost"
    with pytest.raises(Unreadable):  # nor by naming the log again
        add_log(directory, str(log.signer.key))
    assert not state_file(directory).exists()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("key", None, "witness.not-initialised"),
        ("key", b"", "key.malformed"),
        ("key", b"\xff", "key.malformed"),
        ("logs", None, "store.missing"),
        ("logs", b"\n", "witness.damaged"),
        ("logs", b"\xff\n", "witness.damaged"),
    ],
)
def test_other_files_must_be_whole_too(directory: Path, name: str, content: bytes | None, code: str) -> None:
    if content is None:
        (directory / name).unlink()
    else:
        (directory / name).write_bytes(content)
    with pytest.raises(LedgerError) as refused, open_witness(directory, Clock()):
        pytest.fail("started")
    assert refused.value.code == code


def test_a_file_that_cannot_be_read_is_told(directory: Path) -> None:
    state_file(directory).unlink()
    state_file(directory).mkdir()
    with pytest.raises(Unreadable) as refused, open_witness(directory, Clock()):
        pytest.fail("started")
    assert refused.value.code == "source.unreadable"


def test_what_a_killed_write_left_behind_is_not_read(directory: Path, log: Log) -> None:
    (directory / "state" / ".new-left").write_bytes(b"half a check")
    with open_witness(directory, Clock()) as witness:
        witness.add_checkpoint(log.request(0, 3))


# One process


def test_a_second_witness_on_a_directory_does_not_start(directory: Path, log: Log) -> None:
    with open_witness(directory, Clock()) as witness:
        with pytest.raises(Unreadable) as refused, open_witness(directory, Clock()):
            pytest.fail("started")
        assert refused.value.code == "store.locked"
        with pytest.raises(Unreadable):
            add_log(directory, str(Log(origin="other.example/log").signer.key))
        witness.add_checkpoint(log.request(0, 3))
    with open_witness(directory, Clock()) as witness:
        assert size_known(witness, log) == 3


def test_of_two_processes_at_once_one_cosigns(directory: Path, log: Log, tmp_path: Path) -> None:
    (tmp_path / "request").write_bytes(log.request(0, 3))
    program = """
import sys
from pathlib import Path
from ledger.errors import Unreadable
from ledger.witness import open_witness
try:
    with open_witness(Path(sys.argv[1]), lambda: 1_800_000_000) as witness:
        witness.add_checkpoint(Path(sys.argv[2]).read_bytes())
        print("cosigned", flush=True)
        sys.stdin.read()
except Unreadable as error:
    print(error.code, flush=True)
"""
    command = [sys.executable, "-c", program, str(directory), str(tmp_path / "request")]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
    ):
        said = sorted(process.stdout.readline() for process in (one, other) if process.stdout)
        one.communicate(timeout=30)
        other.communicate(timeout=30)
    assert said == ["cosigned\n", "store.locked\n"]
    assert (one.returncode, other.returncode) == (0, 0)


def test_without_file_locks_no_witness_starts(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "fcntl", None)
    with pytest.raises(Refused) as refused, open_witness(directory, Clock()):
        pytest.fail("started")
    assert refused.value.code == "witness.platform"


# Making one, and naming logs


def test_a_new_witness_has_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    key = init(tmp_path / "w", WITNESS)
    assert StateDirectory(tmp_path / "w").signer().key == key
    assert stat.S_IMODE((tmp_path / "w" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "w").stat().st_mode) == 0o700


def test_a_directory_with_anything_in_it_is_left_alone(directory: Path, tmp_path: Path) -> None:
    key = (directory / "key").read_bytes()
    with pytest.raises(Refused) as refused:
        init(directory, WITNESS)
    assert refused.value.code == "witness.not-empty"
    assert (directory / "key").read_bytes() == key
    (directory / "key").unlink()  # a state without its key is somebody's past
    with pytest.raises(Refused):
        init(directory, WITNESS)


def test_a_name_that_no_note_can_carry_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        init(tmp_path / "w", "two words")
    assert not (tmp_path / "w").exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unreadable) as refused:
        init(tmp_path / "file" / "w", WITNESS)
    assert refused.value.code == "witness.write"


def test_a_mistyped_directory_is_told_and_not_made(tmp_path: Path, log: Log) -> None:
    with pytest.raises(Refused) as refused, open_witness(tmp_path / "x", Clock()):
        pytest.fail("started")
    assert refused.value.code == "witness.not-initialised"
    with pytest.raises(Refused):
        add_log(tmp_path / "x", str(log.signer.key))
    assert not (tmp_path / "x").exists()


def test_a_log_named_again_keeps_its_state(directory: Path, log: Log) -> None:
    with open_witness(directory, Clock()) as witness:
        witness.add_checkpoint(log.request(0, 3))
    known, logs = state_file(directory).read_bytes(), (directory / "logs").read_bytes()
    add_log(directory, str(log.signer.key))
    assert (state_file(directory).read_bytes(), (directory / "logs").read_bytes()) == (known, logs)
    (directory / "logs").write_bytes(b"")  # taken off the list by hand, and put there again
    add_log(directory, f" {log.signer.key}\n")
    assert (state_file(directory).read_bytes(), (directory / "logs").read_bytes()) == (known, logs)
