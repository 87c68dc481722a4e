"""Runs several processes as one: they start in order, stop in the opposite order, and when one dies all stop.

Each child is in a process group of its own, so that Ctrl-C reaches this process alone and the order holds.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Self

GRACE_S = 20.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to start, under the name that people read; what it says goes to ``log``, or where our own words go."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str]
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A child ended by itself. ``code`` as in subprocess: negative is the number of a signal."""

    name: str
    code: int


class Supervisor:
    """Use as a context manager: on leaving, whatever still runs is stopped."""

    def __init__(self, programs: Sequence[Program] = ()) -> None:
        self._programs = programs
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._news: SimpleQueue[Ended | None] = SimpleQueue()
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._told_to_stop)
        try:
            for program in self._programs:
                self.start(program)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._children.values()):
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(GRACE_S)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(self, program: Program) -> None:
        """Start one more."""
        with ExitStack() as stack:
            log = None if program.log is None else stack.enter_context(program.log.open("ab"))
            child = subprocess.Popen(  # noqa: S603 -- our own programs, no shell
                program.arguments,
                env={**os.environ, **program.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._children[program.name] = child
        threading.Thread(target=self._watch, args=(program.name, child), daemon=True).start()

    def pid(self, name: str) -> int:
        """A child's process id."""
        return self._children[name].pid

    def kill(self, name: str) -> None:
        """End a child at once, as a power cut would; this is no death that stops the others."""
        child = self._children.pop(name)
        child.kill()
        child.wait()

    def wait(self, timeout_s: float | None = None) -> Ended | None:
        """Wait until a child ended by itself, or this process was told to stop (None).

        Raises TimeoutError when neither happens in time.
        """
        try:
            return self._news.get(timeout=timeout_s)
        except Empty:
            raise TimeoutError from None

    def _watch(self, name: str, child: subprocess.Popen[bytes]) -> None:
        ended = Ended(name, child.wait())
        if self._children.get(name) is child:
            self._news.put(ended)

    def _told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._news.put(None)
