"""Attacks, two replayers that were written apart, and tools that nobody here wrote."""

import json
import re
import shutil
import subprocess
from collections import Counter
from time import perf_counter
from typing import Any, Final

from tests.evidence.runs import command_of, ran, run_tests
from tests.replayers.bundles import mutated, valid
from tests.replayers.test_agreement import SCRIPT, here, question, there
from tests.tamper.test_matrix import MATRIX

TAMPER: Final = "tests/tamper/test_matrix.py"
FOREIGN: Final = "tests/docs/test_foreign_tools.py"
ATTACKS: Final = {
    "draw": "tests/protocol/test_replay_attacks.py",
    "recusals": "tests/protocol/test_replay_recusals.py",
    "causes": "tests/protocol/test_replay_causes.py",
    "openings": "tests/protocol/test_replay_openings.py",
    "audit": "tests/protocol/test_replay_audit.py",
    "hostile": "tests/protocol/test_replay_hostile.py",
    "ledger": "tests/ledger/test_verify_tampering.py",
    "web": "tests/web/test_attacks.py",
}
"""Each suite of attacks, and what is attacked."""
AT_ONCE: Final = 100


def tamper() -> dict[str, Any]:
    """The twenty cells of the matrix, each tried."""
    done = run_tests(TAMPER)
    cells = [{"attack": cell.attack, "witnessed": cell.witnessed, "by": cell.detected_by} for cell in MATRIX]
    tried = done.ids["alone"] + done.ids["witnessed"]
    return {"run": ran(command_of(TAMPER), done.seconds), "cells": cells, "tried": tried, "tests": done.counted()}


def attacks() -> dict[str, Any]:
    """Each suite by itself, so that its tests are counted."""
    began = perf_counter()
    suites = [{"name": name, "file": file, **run_tests(file).counted()} for name, file in ATTACKS.items()]
    return {"run": ran(command_of(*ATTACKS.values()), perf_counter() - began), "suites": suites}


def agreement(count: int) -> dict[str, Any]:
    """So many valid bundles and as many mutated ones before both replayers: verdict, and first step that differs."""
    began = perf_counter()
    verdicts: dict[str, Counter[str]] = {"valid": Counter(), "mutated": Counter()}
    steps: Counter[str] = Counter()
    disagreements = 0
    for name, make, first in (("valid", valid, 0), ("mutated", mutated, 100)):
        for start in range(first, first + count, AT_ONCE):
            bundles = [make(seed) for seed in range(start, min(start + AT_ONCE, first + count))]
            lines = "".join(json.dumps(question(each)) + "\n" for each in bundles)
            asked = subprocess.run([_node(), str(SCRIPT)], input=lines, capture_output=True, text=True, check=True)
            theirs = [there(json.loads(line)) for line in asked.stdout.splitlines()]
            ours = [here(each) for each in bundles]
            disagreements += sum(our != their for our, their in zip(ours, theirs, strict=True))
            verdicts[name].update(verdict for verdict, _ in ours)
            steps.update(step for verdict, step in ours if verdict == "refuted" and step)
    return {
        "run": ran(f"make evidence PARTS=agreement BUNDLES={count}", perf_counter() - began),
        "count": count,
        **{name: dict(counted.most_common()) for name, counted in verdicts.items()},
        "steps": dict(steps.most_common()),
        "disagreements": disagreements,
        "node": _version(_node(), "--version"),
    }


def foreign() -> dict[str, Any]:
    """The Go and the Python program of docs/foreign-tools.md over logs that are right and logs that are wrong."""
    done = run_tests(FOREIGN)
    of_go = sum(count for each, count in done.ids.items() if "go" in each.split("-")) + done.ids[""]
    go = shutil.which("go")
    return {
        "run": ran(command_of(FOREIGN), done.seconds),
        "go": {"passed": of_go, "version": _version(go, "version") if go else None},
        "python": {"passed": sum(count for each, count in done.ids.items() if "python" in each.split("-"))},
        "tests": done.counted(),
    }


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise SystemExit("Node is not installed (deploy/system-packages.sh nodejs): nothing to agree with")
    return node


def _version(program: str, flag: str) -> str:
    said = subprocess.run([program, flag], capture_output=True, text=True, check=True).stdout
    return str(re.findall(r"\d+(?:\.\d+)+", said)[0])
