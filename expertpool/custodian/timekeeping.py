"""Whether this machine's clock may be believed: an agent gives nothing away because somebody set its clock.

Backwards: never behind the last moment that was noted. Forwards: within a run by a clock that nobody can set; after a
longer absence by the log, which has to show an entry of about now before anything is decided by the hour. Its owner can
say that the clock is right (``run --clock-ok``).
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from expertpool.core.clock import Clock
from expertpool.custodian.memory import Memory
from expertpool.custodian.troubles import ClockLeapt

LEAP_S: Final = 300.0
"""By how much the clock may move forward in a run without time having passed."""
ABSENCE_S: Final = 3600.0
"""How long after the last noted moment the clock is believed without further ado."""
FRESH_S: Final = 600.0
"""How near to now an entry is that confirms the clock."""

Stopwatch = Callable[[], float]
"""Seconds that have passed, by a clock that nobody can set."""


def stopwatch() -> float:
    """The machine's own; where there is one that goes on while it sleeps, that one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Timekeeper:
    """One run's view of the time. ``confirmed``: the owner says that the clock is right."""

    def __init__(self, memory: Memory, clock: Clock, passed: Stopwatch, *, confirmed: bool = False) -> None:
        self._memory = memory
        self._clock = clock
        self._passed = passed
        self._trusted = confirmed
        self._start: tuple[float, float] | None = None

    def check(self) -> datetime:
        """Take the time before a round. Raises `ClockWentBack`, `ClockLeapt`: then nothing is done.

        Only a moment that is believed is noted: else a wrong clock would be believed after the next start.
        """
        now, passed = self._clock.now(), self._passed()
        self._memory.refuse_the_past(now)
        if self._start is None:
            self._start = now.timestamp(), passed
            self._trusted = self._trusted or now.timestamp() - self._memory.noted() <= ABSENCE_S
        clock_then, passed_then = self._start
        leap = (now.timestamp() - clock_then) - (passed - passed_then)
        if leap > LEAP_S:
            raise ClockLeapt(int(leap))
        if self._trusted:
            self._memory.notice(now)
        return now

    def confirm(self, shown: datetime | None) -> None:
        """Believe the clock when the newest entry of the log is of about now."""
        if shown is not None and abs((self._clock.now() - shown).total_seconds()) <= FRESH_S:
            self._trusted = True

    @property
    def is_trusted(self) -> bool:
        """Whether anything may be decided by the hour."""
        return self._trusted
