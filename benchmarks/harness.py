"""What benchmarks share: timing that survives a noisy machine, and the machine's description."""

import os
import platform
import sqlite3
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.postgres import find_binaries

Action = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of a benchmark's result.

    `against` names the peer or the floor of the comparison; `ratio` is turned so that more is better for us.
    """

    metric: str
    value: float
    unit: str
    against: str | None = None
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Median seconds of two actions, and how many times longer theirs took than ours."""

    ours: float
    theirs: float
    ratio: float


def seconds(action: Action, repeats: int = 5) -> float:
    """Return the median wall time of an action, in seconds."""
    return statistics.median(_once(action) for _ in range(repeats))


def paired(ours: Action, theirs: Action, repeats: int = 7) -> Pair:
    """Time two actions in turn, so that whatever slows the machine meanwhile slows both.

    The ratio is the median of each round's own ratio, not the ratio of the medians.
    """
    rounds = [(_once(ours), _once(theirs)) for _ in range(repeats)]
    return Pair(
        ours=statistics.median(first for first, _ in rounds),
        theirs=statistics.median(second for _, second in rounds),
        ratio=statistics.median(second / first for first, second in rounds),
    )


def machine(folder: Path) -> dict[str, object]:
    """Describe what the figures were measured on; `folder` is on the file system whose sync is timed."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": _postgres_version(),
        "fsync_us": round(_fsync_seconds(folder) * 1e6),
    }


def _once(action: Action) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _postgres_version() -> str | None:
    binaries = find_binaries()
    if binaries is None:
        return None
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return version.stdout.split()[2]


def _fsync_seconds(folder: Path) -> float:
    with tempfile.TemporaryFile(dir=folder) as file:

        def append_and_sync() -> None:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())

        return seconds(append_and_sync, repeats=25)
