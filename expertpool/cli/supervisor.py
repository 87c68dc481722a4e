"""Runs several processes as one: they start in order, stop in the opposite order, and when one dies all stop.

Each child is in a process group of its own, so that Ctrl-C reaches this process alone and the order holds.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Self

GRACE_S = 20.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to start, under the name that people read."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """A child ended by itself. ``code`` as in subprocess: negative is the number of a signal."""

    name: str
    code: int


class Supervisor:
    """Use as a context manager: on leaving, whatever still runs is stopped."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = programs
        self._children: list[subprocess.Popen[bytes]] = []
        self._news: SimpleQueue[Ended | None] = SimpleQueue()

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)
        for program in self._programs:
            child = subprocess.Popen(  # noqa: S603 -- our own programs, no shell
                program.arguments,
                env={**os.environ, **program.environ},
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
            self._children.append(child)
            threading.Thread(target=self._watch, args=(program.name, child), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._children):
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(GRACE_S)
                except subprocess.TimeoutExpired:
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
        self._news.put(Ended(name, child.wait()))

    def _told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._news.put(None)
