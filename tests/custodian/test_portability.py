"""The branches for Windows, which no test here runs on: its locks stood in for, its missing parts taken away."""

import os
import signal
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from expertpool.cli import stopping
from expertpool.core.clock import FixedClock
from expertpool.core.keyfile import KeyFileExposed
from expertpool.custodian import running
from expertpool.custodian.directory import Config, set_up
from ledger import durable
from ledger.errors import Unreadable
from tests.core.keyfiles import _derive_each_key_only_once
from tests.custodian.village import PASSPHRASE
from tests.ledger.signers import signer
from tests.sealing.world import NOW, credit_code
from tests.service import ORIGIN

__all__ = ["_derive_each_key_only_once"]

KEY = str(signer(ORIGIN).key)
CONFIG = Config("agent.example/a", credit_code(1), ORIGIN, KEY, "https://centre.example")
POLICY = f"log {KEY}\nquorum none\n".encode()


class Locks(ModuleType):
    """What `msvcrt` does with one byte of a file, within this process."""

    LK_LOCK, LK_NBLCK = 1, 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.held: dict[int, int] = {}

    def locking(self, descriptor: int, mode: int, size: int) -> None:
        assert size == 1
        file = os.fstat(descriptor).st_ino
        other = self.held.get(file)
        if other is not None and _is_open(other, file) and other != descriptor:
            assert mode == self.LK_NBLCK, "it would wait for itself"
            raise PermissionError
        self.held[file] = descriptor


def _is_open(descriptor: int, file: int) -> bool:
    try:
        return os.fstat(descriptor).st_ino == file
    except OSError:
        return False


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Locks:
    locks = Locks()
    monkeypatch.setattr(durable, "fcntl", None)
    monkeypatch.setattr(durable, "msvcrt", locks)
    monkeypatch.setattr(durable, "WINDOWS", True)
    return locks


@pytest.mark.usefixtures("_derive_each_key_only_once")
def test_an_agent_is_set_up_and_held_by_one_process(windows: Locks, tmp_path: Path) -> None:
    directory = set_up(tmp_path / "agent", CONFIG, POLICY, PASSPHRASE)
    assert len(windows.held) == 1  # the key file's
    with running.opened(directory, PASSPHRASE, FixedClock(NOW)):
        with pytest.raises(Unreadable) as refused, directory.held():
            pass
        assert refused.value.code == "store.locked"
    with directory.held():
        pass


@pytest.mark.usefixtures("_derive_each_key_only_once")
def test_only_there_the_mode_of_a_key_file_says_nothing(
    windows: Locks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = set_up(tmp_path / "agent", CONFIG, POLICY, PASSPHRASE)
    (tmp_path / "agent" / "keys").chmod(0o666)  # as Windows shows every file that may be written
    directory.keys(PASSPHRASE).close()
    monkeypatch.setattr(durable, "WINDOWS", False)
    with pytest.raises(KeyFileExposed):
        directory.keys(PASSPHRASE)


def test_files_are_replaced_without_flushing_folders(windows: Locks, tmp_path: Path) -> None:
    durable.replace_file(tmp_path / "new" / "file", b"1")
    durable.replace_file(tmp_path / "new" / "file", b"2")
    assert (tmp_path / "new" / "file").read_bytes() == b"2"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("there", "heard"),
    [(("SIGINT", "SIGTERM", "SIGBREAK"), 3), (("SIGINT", "SIGTERM", "SIGHUP"), 3)],
    ids=["windows", "unix"],
)
def test_a_stop_is_heard_by_the_signals_that_there_are(
    there: tuple[str, ...], heard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: dict[int, object] = {}
    made = SimpleNamespace(signal=handlers.__setitem__, **{name: number for number, name in enumerate(there)})
    monkeypatch.setattr(stopping, "signal", made)
    stop = stopping.stop_at_signal()
    assert len(handlers) == heard
    for handler in handlers.values():
        assert callable(handler)
        stop.clear()
        handler(0, None)
        assert stop.is_set()


def test_this_system_is_the_one_that_it_is_taken_for() -> None:
    assert (durable.fcntl is None, durable.msvcrt is None) == (durable.WINDOWS, not durable.WINDOWS)
    assert hasattr(signal, "SIGHUP") is not durable.WINDOWS
