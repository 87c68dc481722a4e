"""The benchmark runner: one JSON object a line, the machine last, and an unknown name explained."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import benchmarks.__main__ as runner
from benchmarks import drawing, harness, peer
from benchmarks.harness import Measurement
from expertpool.cli.bilingual import Texts


def test_every_line_is_one_object_and_the_machine_is_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure() -> Iterator[Measurement]:
        yield Measurement("rows", 7.5, "1/s")
        yield Measurement("verify", 2.0, "s", against="floor", ratio=0.5)

    module = ModuleType("benchmarks.example")
    module.main = measure  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks.example", module)
    monkeypatch.setattr(runner, "names", lambda: ["example"])

    assert runner.main(["example"]) == 0
    *lines, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        {"bench": "example", "metric": "rows", "value": 7.5, "unit": "1/s"},
        {"bench": "example", "metric": "verify", "value": 2.0, "unit": "s", "against": "floor", "ratio": 0.5},
    ]
    assert list(last) == ["machine"]
    assert {"cpu", "cores", "memory_mib", "kernel", "python", "sqlite", "postgresql", "fsync_us"} == set(
        last["machine"]
    )


@pytest.mark.parametrize("arguments", [[], ["harness"], ["a", "b"], ["../ledger"]])
def test_an_unknown_benchmark_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(arguments) == 2
    assert "make bench NAME=" in capsys.readouterr().err


def test_a_ratio_is_the_median_of_the_rounds_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that slows down tenfold in the last round moves the times, not the ratio."""
    durations = iter([1.0, 2.0, 1.0, 2.0, 10.0, 20.0])
    monkeypatch.setattr(harness, "_once", lambda action: next(durations))
    assert harness.paired(lambda: None, lambda: None, repeats=3) == harness.Pair(ours=1.0, theirs=2.0, ratio=2.0)


def test_the_median_ignores_an_outlier(monkeypatch: pytest.MonkeyPatch) -> None:
    durations = iter([1.0, 99.0, 1.0])
    monkeypatch.setattr(harness, "_once", lambda action: next(durations))
    assert harness.seconds(lambda: None, repeats=3) == 1.0


@pytest.mark.parametrize(("size", "word"), [(1_000, "1k"), (50_000, "50k"), (1_000_000, "1m"), (1_500, "1500")])
def test_sizes_are_short_in_the_names_of_metrics(size: int, word: str) -> None:
    assert drawing.short(size) == word


def test_a_large_pool_is_asked_for_one_specialty_and_a_small_one_for_several() -> None:
    few, many = drawing.codes(1_000_000), drawing.codes(1_000)
    assert len(few) == 1 < len(many)


def test_our_panel_of_an_assembly_keeps_to_the_constraints_and_follows_from_the_seed_alone() -> None:
    problem = peer.problem(150, 22)
    panel = problem.ours(bytes(32))
    assert problem.holds(panel)
    assert not problem.holds(panel[1:])
    assert not problem.holds(sorted(each["id"] for each in problem.people)[:22])
    assert problem.shuffled().people != problem.people
    assert problem.shuffled().ours(bytes(32)) == panel != problem.ours(bytes(31) + b"\x01")


def test_no_program_but_the_benchmark_has_the_peer_installed() -> None:
    """It is under the GPL: `requirements/peers.lock` is not one of those that anything is set up from."""
    named = {path.name for path in peer.LOCK.parent.iterdir() if "sortition" in path.read_text(encoding="utf-8")}
    assert named == {"peers.in", "peers.lock"}
    assert "peers" not in (peer.ROOT / "deploy" / "setup-venv.sh").read_text(encoding="utf-8")
    assert importlib.util.find_spec("sortition_algorithms") is None


def test_progress_is_told_at_each_tenth_and_apart_from_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    with drawing.told_on_stderr(Texts("写", "writing"), 1000) as progress:
        for _ in range(4):
            progress(250)
    assert capsys.readouterr() == (
        "",
        "writing: 250 of 1000\nwriting: 500 of 1000\nwriting: 750 of 1000\nwriting: 1000 of 1000\n",
    )
