"""The verifier as one file: it runs on a bare Python, and anyone can rebuild the same bytes."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.build_zipapp import build
from ledger.receipt import make_receipt
from ledger.verify import RUN
from tests.ledger.logs import POLICY_TEXT, edited, entries, files_of, signed, tree_of, write_directory

BARE = [sys.executable, "-I", "-S"]  # nothing installed, nothing from the environment
SIZE = RUN * 256 + 300  # enough for processes to have something to share


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the file, a log, a receipt and a policy."""
    place = tmp_path_factory.mktemp("auditor")
    build(place / "ledger.pyz")
    data = entries(SIZE)
    write_directory(files_of(data), place / "log")
    (place / "receipt").write_bytes(make_receipt(data[9], 9, signed(data), tree_of(data).node).to_bytes())
    (place / "trust.policy").write_text(POLICY_TEXT)
    return place


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BARE, *arguments], cwd=place, capture_output=True, encoding="utf-8", check=False)


def test_the_same_sources_give_the_same_bytes(place: Path, tmp_path: Path) -> None:
    build(tmp_path / "again.pyz")
    assert (tmp_path / "again.pyz").read_bytes() == (place / "ledger.pyz").read_bytes()


def test_it_carries_the_ledger_its_one_pure_dependency_and_their_licences(place: Path) -> None:
    with zipfile.ZipFile(place / "ledger.pyz") as archive:
        names = archive.namelist()
        assert {(entry.compress_type, entry.create_system) for entry in archive.infolist()} == {(0, 3)}
    assert {"__main__.py", "LICENSE", "ledger/__init__.py", "rfc8785/__init__.py"} <= set(names)
    assert any(name.startswith("rfc8785-") and name.endswith("LICENSE") for name in names)
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"__main__.py", "LICENSE", "ledger", "rfc8785"}
    assert not [name for name in names if name.endswith(".pyc")]


def test_the_bare_python_is_bare(place: Path) -> None:
    result = run(place, "-c", "import cryptography")
    assert "ModuleNotFoundError" in result.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_it_proves_a_log(jobs: str, place: Path) -> None:
    result = run(place, "ledger.pyz", "verify", "log", "--policy", "trust.policy", "--jobs", jobs, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    assert (report["verdict"], report["checked"], report["quorum"]) == ("proven", SIZE, True)


# Starts the file as `python ledger.pyz` does, with processes of a kind; then tells whether they had work.
STARTED = """
import atexit, multiprocessing, resource, runpy, sys
atexit.register(lambda: print("worked:", resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > 0))
multiprocessing.set_start_method(sys.argv.pop(1))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork; spawn is its only way, and the one tested above")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_its_processes_start_in_every_way(method: str, place: Path) -> None:
    """Linux forks (a server does, from 3.14), macOS and Windows spawn: the new process finds the file again."""
    arguments = ["verify", "log", "--policy", "trust.policy", "--jobs", "2"]
    result = run(place, "-c", STARTED, method, "ledger.pyz", *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert "PROVEN: none of" in result.stdout or "已证实" in result.stdout
    assert result.stdout.endswith(f"worked: {method != 'forkserver'}\n")  # whose children are not ours


def test_it_finds_a_broken_log(place: Path, tmp_path: Path) -> None:
    data = entries(300)
    write_directory({**files_of([*data[:7], edited(data[7]), *data[8:]])}, tmp_path)
    result = run(place, "ledger.pyz", "--lang", "zh", "verify", str(tmp_path), "--policy", "trust.policy")
    assert (result.returncode, result.stderr) == (1, "")
    assert "首个有误的条目      7\n" in result.stdout


def test_it_checks_a_receipt(place: Path) -> None:
    result = run(place, "ledger.pyz", "proof", "receipt", "--policy", "trust.policy")
    assert (result.returncode, result.stdout.encode()) == (0, entries(10)[9] + b"\n")


def test_what_needs_cryptography_says_so(place: Path) -> None:
    result = run(place, "ledger.pyz", "keygen", "example.org/k", "--out", "key")
    assert (result.returncode, result.stdout) == (2, "")
    assert "it can verify, not sign" in result.stderr or "只能验证" in result.stderr
    assert not (place / "key").exists()


def test_help(place: Path) -> None:
    result = run(place, "ledger.pyz", "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "verify" in result.stdout
