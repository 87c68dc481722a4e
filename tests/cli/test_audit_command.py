"""``expertpool audit replay``: exit codes, both languages, JSON, and a machine that has neither database nor web."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import call
from tests.protocol.simulation import LOG, WITNESSES, Setup, Simulation, to_bytes
from tests.protocol.test_replay_whole_log import lay_out

ROOT = Path(__file__).parents[2]
DRAW = Simulation(Setup(experts=30, vacancies=("declined",))).run()
BUNDLE = to_bytes(DRAW.bundle(audit=True))
WITHOUT = ("alembic", "flask", "flask_smorest", "gunicorn", "marshmallow", "sqlalchemy", "werkzeug")
HOOK = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {WITHOUT!r}:
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
from expertpool.cli import main
main(sys.argv[1:], prog_name="expertpool")
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the bundle, a policy and the log."""
    (tmp_path / "draw.zip").write_bytes(BUNDLE)
    lines = [f"witness {name} {witness.key}" for name, witness in WITNESSES.items()]
    policy = [f"log {LOG.key}", *lines, "group outside 2 one two three", "quorum outside", ""]
    (tmp_path / "trust.policy").write_text("\n".join(policy))
    lay_out(DRAW, tmp_path / "log")
    return tmp_path


def replay(files: Path, *options: str, bundle: str = "draw.zip") -> tuple[int, str, str]:
    result = call("audit", "replay", str(files / bundle), *options)
    return result.exit_code, result.stdout, result.stderr


def test_a_proven_bundle(files: Path) -> None:
    code, out, err = replay(files, "--policy", str(files / "trust.policy"), "--log", str(files / "log"))
    assert (code, err) == (0, "")
    assert out.startswith("PROVEN")
    assert "not checked" in out  # the beacon


def test_without_trust_nothing_is_proven(files: Path) -> None:
    code, out, _ = replay(files, "--lang", "zh")
    assert code == 3
    assert out.startswith("未能证实")
    code, out, _ = replay(files, "--log-key", str(LOG.key))
    assert code == 3
    assert out.startswith("NOT PROVEN")


def test_a_refuted_bundle(files: Path) -> None:
    other = to_bytes(Simulation(Setup(experts=30, seed=2)).run().bundle())
    (files / "other.zip").write_bytes(other)
    code, out, _ = replay(
        files, "--policy", str(files / "trust.policy"), "--log", str(files / "log"), bundle="other.zip"
    )
    assert code == 1
    assert out.startswith("REFUTED")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_be_read(files: Path, lang: str) -> None:
    (files / "cut.zip").write_bytes(BUNDLE[:-1])
    (files / "bad.policy").write_text("trust everybody")
    for bundle, *options in (
        ("nowhere.zip",),
        ("cut.zip",),
        (".",),
        ("draw.zip", "--policy", str(files / "bad.policy")),
        ("draw.zip", "--policy", str(files / "nowhere")),
        ("draw.zip", "--log-key", "no key"),
        ("draw.zip", "--log", str(files / "nowhere")),
    ):
        code, out, err = replay(files, *options, "--lang", lang, bundle=bundle)
        assert (code, out) == (2, "")
        assert any("\u4e00" <= char <= "\u9fff" for char in err) == (lang == "zh")
        assert "Traceback" not in err


def test_json_is_for_programs(files: Path) -> None:
    code, out, _ = replay(files, "--policy", str(files / "trust.policy"), "--json")
    value = json.loads(out)
    assert (code, value["verdict"], value["draw"]) == (0, "proven", DRAW.draw_id)
    (files / "cut.zip").write_bytes(BUNDLE[:100])
    code, out, _ = replay(files, "--json", bundle="cut.zip")
    assert (code, json.loads(out)["verdict"]) == (2, "unreadable")


def test_it_works_without_database_and_web(files: Path) -> None:
    """On a machine that has none of them installed."""
    command = [sys.executable, "-c", HOOK, "audit", "replay", str(files / "draw.zip")]
    options = ["--policy", str(files / "trust.policy"), "--log", str(files / "log"), "--lang", "en"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("PROVEN")
    refused = subprocess.run(
        [sys.executable, "-c", HOOK, "doctor"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert "ImportError" in refused.stderr  # so that the hook is seen to work
