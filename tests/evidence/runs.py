"""What every part of the evidence has: when and where it was run, by which command, and how its tests came out."""

import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from xml.etree import ElementTree as ET

from benchmarks.harness import machine

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Tests:
    """How the tests of a run came out. ``names`` and ``ids``: of those that passed, without and within brackets."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    names: Counter[str]
    ids: Counter[str]
    output: str

    def counted(self) -> dict[str, int]:
        """The three counts."""
        return {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}


def command_of(*arguments: str) -> str:
    """A run of pytest as a reader would type it."""
    return " ".join(["python -m pytest", *arguments])


def run_tests(*arguments: str) -> Tests:
    """Run tests in a process of their own. Failures are counted, not raised: evidence says what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        began = perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *arguments, f"--junitxml={report}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = perf_counter() - began
        cases = list(ET.parse(report).iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    passed = [case for case in cases if case not in failed and case not in skipped]
    names, ids = (
        Counter(case.attrib["name"].removesuffix("]").partition("[")[part] for case in passed) for part in (0, 2)
    )
    return Tests(len(passed), len(failed), len(skipped), round(seconds, 1), names, ids, done.stdout)


def ran(command: str, seconds: float) -> dict[str, Any]:
    """The record of a run: its day, command and length, the commit, the machine and how busy it was."""
    asked = ["git", "rev-parse", "--short=12", "HEAD"]
    commit = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    here: Mapping[str, Any] = machine(ROOT)
    busy, _, _ = os.getloadavg()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "seconds": round(seconds, 1),
        "commit": commit.stdout.strip(),
        "machine": f"{here['cpu']}, {here['cores']} cores, load {busy:.1f}; Python {platform.python_version()}",
    }
