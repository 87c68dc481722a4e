"""Several processes as one: a death is named and stops everything, stopping goes backwards, nobody is left."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from expertpool.cli import supervisor as supervisor_module
from expertpool.cli.ports import PortInUse, refuse_used_port
from expertpool.cli.supervisor import Ended, Program, Supervisor

WAITS = """
import pathlib, signal, sys, threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
pathlib.Path(sys.argv[1]).write_text("started")
stop.wait()
with open(sys.argv[2], "a") as log: log.write(sys.argv[1].rpartition("/")[2] + " ")
"""
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text("started")
while True: time.sleep(60)
"""


def program(name: str, script: str, *arguments: object) -> Program:
    return Program(name, [sys.executable, "-c", script, *map(str, arguments)], {})


def wait_for(*paths: Path) -> None:
    """Poll; the deadline only turns a hang into a failure."""
    late = threading.Event()
    timer = threading.Timer(60, late.set)
    timer.start()
    while not all(path.exists() for path in paths):
        assert not late.is_set()
    timer.cancel()


def test_they_stop_in_the_opposite_order(tmp_path: Path) -> None:
    files, log = [tmp_path / name for name in ("one", "two", "three")], tmp_path / "log"
    with Supervisor([program(file.name, WAITS, file, log) for file in files]) as running:
        wait_for(*files)
        with pytest.raises(TimeoutError):
            running.wait(0)
    assert log.read_text() == "three two one "


@pytest.mark.parametrize(("script", "code"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -9)])
def test_a_death_is_named_and_stops_the_others(tmp_path: Path, script: str, code: int) -> None:
    file, log = tmp_path / "one", tmp_path / "log"
    with Supervisor([program("one", WAITS, file, log), program("mortal", script)]) as running:
        assert running.wait(60) == Ended("mortal", code)
        wait_for(file)
    assert log.read_text() == "one "


def test_being_told_to_stop_is_no_death(tmp_path: Path) -> None:
    file = tmp_path / "one"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with Supervisor([program("one", WAITS, file, tmp_path / "log")]) as running:
            wait_for(file)
            signal.raise_signal(number)
            assert running.wait(60) is None


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "GRACE_S", 0.01)
    file = tmp_path / "one"
    with Supervisor([program("one", STUBBORN, file)]) as running:
        wait_for(file)
        [child] = running._children.values()
    assert child.returncode == -signal.SIGKILL


def test_a_used_port_is_refused_before_anything_starts() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            refuse_used_port(port)
        assert str(port) in refused.value.message("zh")
    refuse_used_port(port)


def test_children_do_not_get_the_terminals_interrupt(tmp_path: Path) -> None:
    """Ctrl-C goes to the terminal's whole process group; the order of stopping needs them in others."""
    file, log = tmp_path / "one", tmp_path / "log"
    with Supervisor([program("one", WAITS, file, log)]) as running:
        wait_for(file)
        [child] = running._children.values()
        assert os.getpgid(child.pid) == child.pid != os.getpgid(0)


def test_one_that_is_killed_may_be_started_again(tmp_path: Path) -> None:
    first, second, log = tmp_path / "first", tmp_path / "second", tmp_path / "log"
    with Supervisor([program("one", WAITS, first, log)]) as running:
        wait_for(first)
        running.kill("one")
        running.start(program("one", WAITS, second, log))
        wait_for(second)
        with pytest.raises(TimeoutError):
            running.wait(0)
    assert log.read_text() == "second "


def test_what_a_child_says_goes_to_its_log(tmp_path: Path) -> None:
    said = Program("one", [sys.executable, "-c", "print('hello'); 1 / 0"], {}, tmp_path / "said")
    with Supervisor([said]) as running:
        assert running.wait(60) == Ended("one", 1)
    assert "hello" in (tmp_path / "said").read_text()
    assert "ZeroDivisionError" in (tmp_path / "said").read_text()


def test_afterwards_signals_are_what_they_were(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Supervisor([program("one", WAITS, tmp_path / "one", tmp_path / "log")]):
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
