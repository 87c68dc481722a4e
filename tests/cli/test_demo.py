"""The whole job in one command: it ends proven, its bundles and ledger check out apart from it, and nobody is left."""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from expertpool.cli.demo_case import most_held
from expertpool.cli.demo_proof import traces
from tests.cli.conftest import call

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config" / "roster-demo"
pytestmark = pytest.mark.timeout(400)
EXPERTPOOL = (sys.executable, "-m", "expertpool.cli", "--lang", "en")


@dataclass(frozen=True, slots=True)
class Played:
    """A demonstration that has ended."""

    folder: Path
    code: int
    said: str

    @property
    def draw(self) -> str:
        """The draw's identifier, which the story does not tell."""
        found = self.expertpool("audit", "replay", self.folder / "public.zip", "--json")
        return str(json.loads(found.stdout)["draw"])

    def expertpool(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Call a command on the demonstration's installation."""
        return run(*EXPERTPOOL, "--config", self.folder / "expertpool.toml", *arguments)


def run(*command: object, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=600
    )


def play(folder: Path, *arguments: object) -> Played:
    elsewhere = {**os.environ, "EXPERTPOOL_PATHS__VAR": "/nowhere", "EXPERTPOOL_DRAWS__RULEBOOK": "none"}
    done = run(*EXPERTPOOL, "demo", "--out", folder, "--seed", "7", *arguments, environ=elsewhere)
    return Played(folder, done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("demo") / "made-up", "--experts", 300)


def test_it_ends_proven_though_the_vault_was_killed(played: Played) -> None:
    assert played.code == 0, played.said
    assert played.said.count("PROVEN") == 3
    assert "NOT PROVEN" not in played.said
    assert len(re.findall(r"Seat \w{4} is drawn from the same list", played.said)) == 2
    names = re.findall(r"^ +(\w{4})  (\S+·演示)$", played.said, re.MULTILINE)
    assert len(dict(names)) == 4
    assert "not found once" in played.said
    vault = (played.folder / "logs" / "vault.log").read_text()
    assert vault.count("vault.started") == 2
    assert vault.count("vault.stopped") == 1


def test_its_bundles_and_ledger_check_out_by_the_commands_that_it_names(played: Played) -> None:
    commands = re.findall(r"^ {2}(\S+ -m .+)$", played.said, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        done = run(*command.split())
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("PROVEN")


def test_its_public_bundle_lies_where_the_draws_page_offers_it(played: Played) -> None:
    laid = played.folder / "var" / "bundles" / f"{played.draw}.zip"
    assert laid.read_bytes() == (played.folder / "public.zip").read_bytes()


def test_a_draw_can_be_exported_again_and_nothing_is_overwritten(played: Played, tmp_path: Path) -> None:
    out = tmp_path / "again.zip"
    done = played.expertpool("audit", "export", played.draw, "--out", out, "--audit")
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == (played.folder / "audit.zip").read_bytes()
    assert out.stat().st_mode & 0o777 == 0o600
    assert (played.folder / "public.zip").stat().st_mode & 0o777 == 0o644
    refused = played.expertpool("audit", "export", played.draw, "--out", out)
    assert refused.returncode == 1
    assert "not overwritten" in refused.stderr
    assert out.read_bytes() == (played.folder / "audit.zip").read_bytes()
    unknown = played.expertpool("audit", "export", "drw_none", "--out", tmp_path / "none.zip")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["again.zip"]


def test_from_a_roster_ten_are_drawn_of_ten_employers_and_nobody_without_one(tmp_path: Path) -> None:
    employers = ["", "", *(f"Employer {number}" for number in range(14) for _ in range(3))]
    employer_of = {f"Volunteer Number{number:03}": employer for number, employer in enumerate(employers)}
    roster = tmp_path / "roster.csv"
    roster.write_text("name,employer\n" + "".join(f"{name},{at}\n" for name, at in employer_of.items()))
    mapping = ("--mapping", CONFIG / "mapping.toml", "--aliases", CONFIG / "aliases.toml")

    played = play(tmp_path / "demo", "--roster", roster, *mapping, "--rulebook", "roster-demo")

    assert played.code == 0, played.said
    drawn = re.findall(r"^ +\w{4}  (Volunteer Number\d+)$", played.said, re.MULTILINE)
    assert len(drawn) == 10
    assert len({employer_of[name] for name in drawn} - {""}) == 10


def test_told_to_stop_it_stops_everything(tmp_path: Path) -> None:
    command = [*EXPERTPOOL, "demo", "--out", str(tmp_path / "demo"), "--experts", "300"]
    demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert demo.stdout is not None
    said = ""
    for line in iter(demo.stdout.readline, ""):
        said += line
        if line.startswith("3."):
            break
    children = [int(pid) for pid in Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()]
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=120)
    assert demo.returncode == 1, said + rest
    assert "every process has ended" in rest
    assert len(children) >= 5
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    refused = call("demo", "--out", str(tmp_path))
    assert refused.exit_code == 1
    assert "not empty" in refused.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_unknown_rulebook_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    refused = call("demo", "--out", str(tmp_path / "demo"), "--rulebook", "none")
    assert refused.exit_code == 1
    assert "none" in refused.output
    assert not (tmp_path / "demo").exists()


def test_the_same_seed_asks_for_the_same_and_another_for_something_else() -> None:
    assert most_held("spring", 400) == most_held("spring", 400)
    assert most_held("spring", 400) != most_held("autumn", 400)
    above, codes = most_held("spring", 3000)
    assert 1 <= len(codes) <= 20
    assert all(code.startswith(above) for code in codes)


@pytest.mark.parametrize("form", ["utf-8", "gb18030", "ascii"])
def test_a_name_is_found_however_it_is_written(tmp_path: Path, form: str) -> None:
    name = "张三丰·演示"
    written = json.dumps(name).encode() if form == "ascii" else name.encode(form)
    (tmp_path / "clean").write_bytes(b"x" * 99)
    (tmp_path / "leak").write_bytes(b"x" * 99 + written)
    with zipfile.ZipFile(tmp_path / "leak.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", b"x" * 99 + written)
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "one").write_bytes(written)
    files, size, found = traces(tmp_path, tmp_path / "messages", [name, ""])
    assert (files, [path.name for path in found]) == (3, ["leak", "leak.zip"])
    assert size > 300
