"""Crash points: declared, reached only by literal name, and armed by nobody but a test."""

import ast
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import expertpool
from expertpool.core.faults import CRASH_POINTS, arm, crash_point, disarm

SOURCES = sorted(Path(expertpool.__path__[0]).rglob("*.py"))


def calls(function: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of `function` in the product, by bare name or as an attribute."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", None)
                if name == function:
                    yield path, node


@pytest.fixture
def reached() -> Iterator[list[str]]:
    names: list[str] = []
    arm(names.append)
    yield names
    disarm()


def test_a_point_does_nothing_unless_armed(reached: list[str]) -> None:
    disarm()
    crash_point("tx.before-commit")
    assert reached == []


def test_an_armed_point_calls_the_harness_with_its_name(reached: list[str]) -> None:
    crash_point("tx.before-commit")
    crash_point("outbox.leased")
    assert reached == ["tx.before-commit", "outbox.leased"]


def test_an_undeclared_point_is_refused(reached: list[str]) -> None:
    with pytest.raises(LookupError, match=r"tx\.nowhere"):
        crash_point("tx.nowhere")
    assert reached == []


@pytest.mark.parametrize("name", sorted(CRASH_POINTS))
def test_a_process_can_be_killed_at_every_point(name: str) -> None:
    program = f"""
import os, signal
from expertpool.core.faults import arm, crash_point
arm(lambda reached: os.kill(os.getpid(), signal.SIGKILL) if reached == {name!r} else None)
crash_point({name!r})
print("survived")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""


def test_the_product_uses_only_declared_points_by_literal_name() -> None:
    for path, call in calls("crash_point"):
        [name] = call.args
        assert isinstance(name, ast.Constant), f"{path}:{call.lineno} computes the name of its crash point"
        assert name.value in CRASH_POINTS, f"{path}:{call.lineno} uses {name.value!r}"


def test_nothing_in_the_product_arms_a_point() -> None:
    assert [f"{path}:{call.lineno}" for path, call in calls("arm")] == []
