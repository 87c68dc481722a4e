"""The programs of docs/foreign-tools.md say what the page shows, hold for a larger log, and notice what is wrong."""

import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from ledger.receipt import make_receipt
from tests.ledger.logs import (
    POLICY_TEXT,
    Files,
    edited,
    entries,
    files_of,
    signed,
    tree_of,
    with_hash,
    write_directory,
)

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PAGE = (ROOT / "docs" / "foreign-tools.md").read_text()
GO_PATH = Path("/usr/share/gocode")  # where Debian's golang-golang-x-mod-dev lays it

Answer = tuple[int, str, str]  # exit code, standard output, standard error
Run = Callable[..., Answer]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, compiled against Debian's packages."""
    go = shutil.which("go")
    if go is None or not (GO_PATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("needs Debian's golang-go and golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    program = folder / "check_ledger"
    settings = {"GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": "", "GOCACHE": str(folder / "cache")}
    subprocess.run(
        [go, "build", "-o", program, EXAMPLES / "check_ledger.go"], env={**os.environ, **settings}, check=True
    )
    return program


@pytest.fixture(params=["python", "go"])
def run(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    if request.param == "go":
        program = request.getfixturevalue("compiled")

        def run_go(*arguments: object) -> Answer:
            done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout, done.stderr

        return run_go

    def run_python(*arguments: object) -> Answer:
        monkeypatch.setattr("sys.argv", ["check_ledger.py", *map(str, arguments)])
        try:
            runpy.run_path(str(EXAMPLES / "check_ledger.py"), run_name="__main__")
        except SystemExit as left:
            return 1, capsys.readouterr().out, str(left.code)
        return 0, *capsys.readouterr()

    return run_python


@dataclass(frozen=True)
class Laid:
    """A log's files, and what its checker is given beside them."""

    files: Files
    receipt: bytes


@cache
def honest() -> Laid:
    data = entries(600)
    older = {f"checkpoints/{size}": signed(data[:size]).to_bytes() for size in (0, 300)}
    receipt = make_receipt(data[17], 17, signed(data), tree_of(data).node)
    return Laid({**files_of(data), **older}, receipt.to_bytes())


def lay_out(laid: Laid, folder: Path) -> tuple[Path, Path, Path]:
    (folder / "trust.policy").write_text(POLICY_TEXT)
    (folder / "receipt").write_bytes(laid.receipt)
    return write_directory(laid.files, folder / "log"), folder / "trust.policy", folder / "receipt"


def test_the_page_shows_what_is_said(run: Run, request: pytest.FixtureRequest) -> None:
    example = ROOT / "docs/spec/example"
    code, out, err = run(example / "ledger", example / "trust.policy", example / "1.tlog-proof")
    assert (code, err) == (0, "")
    by_go, by_python = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert out == {"go": by_go, "python": by_python}[request.node.callspec.params["run"]]


def test_a_log_of_several_tiles(run: Run, tmp_path: Path) -> None:
    code, out, err = run(*lay_out(honest(), tmp_path))
    assert (code, err) == (0, "")
    assert "checkpoint: size 600, signed by centre.example/ledger, inspection.example/w at 1795000000" in out
    assert "consistency: the tree of 600 extends the tree of 300\n" in out
    assert out.endswith("receipt: its entry is entry 17 in the tree of 600\n")


def changed(path: str) -> Files:
    return {**honest().files, path: edited(honest().files[path])}


def forked() -> Files:
    other = entries(300, changed_at=299)
    return {**honest().files, "checkpoints/300": signed(other).to_bytes()}


def resigned(name: bytes) -> Files:
    """The checkpoint with another byte in the signature of ``name``."""
    lines = honest().files["checkpoint"].split(b"\n")
    place = next(place for place, line in enumerate(lines) if line.startswith("— ".encode() + name))
    lines[place] = lines[place][:-8] + (b"AAAA" if lines[place][-8:-4] != b"AAAA" else b"BBBB") + lines[place][-4:]
    return {**honest().files, "checkpoint": b"\n".join(lines)}


WRONG: dict[str, Callable[[], Files]] = {
    "an entry": lambda: changed("tile/entries/001"),
    "the last entry": lambda: changed("tile/entries/002.p/88"),
    "another history in a kept checkpoint": forked,
    "the log's signature": lambda: resigned(b"centre.example/ledger"),
    "a cosignature": lambda: resigned(b"province.example/w"),
    "nothing but a cosigner's word": lambda: {
        **honest().files,
        "checkpoint": re.sub("— centre.*\n".encode(), b"", honest().files["checkpoint"]),
    },
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_noticed(wrong: str, run: Run, tmp_path: Path) -> None:
    laid = Laid(WRONG[wrong](), honest().receipt)
    code, _, err = run(*lay_out(laid, tmp_path))
    assert code == 1
    assert err.startswith("BROKEN: ")


def test_a_receipt_for_another_entry_is_noticed(run: Run, tmp_path: Path) -> None:
    laid = Laid(honest().files, honest().receipt.replace(b"index 17\n", b"index 18\n"))
    code, _, err = run(*lay_out(laid, tmp_path))
    assert code == 1
    assert err.startswith("BROKEN: ")


def test_tiles_that_do_not_add_up_are_noticed(compiled: Path, tmp_path: Path) -> None:
    """The Python program takes no tile's word: it hashes the entries itself."""
    laid = Laid(with_hash(honest().files, "tile/0/001", 7, bytes(32)), honest().receipt)
    done = subprocess.run([compiled, *lay_out(laid, tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith("BROKEN: ")) == (1, True)
