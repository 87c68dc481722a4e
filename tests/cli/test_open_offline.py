"""The centre's directory is deleted and its machine is off: two offices open the committee on laptops of their own."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from expertpool.cli.custodian_options import PASSPHRASE as VARIABLE
from expertpool.core.clock import FixedClock
from tests.core.keyfiles import _derive_each_key_only_once
from tests.custodian.seated import DRAW, NAMES, Seated
from tests.custodian.village import DAY, PASSPHRASE, founded
from tests.sealing.world import World
from tests.website import opened

__all__ = ["_derive_each_key_only_once"]
LONG_AGO = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
"""The agents ran then: their commands below go by the machine's clock, and a memory's clock never runs backwards."""


@pytest.fixture
def offices(sqlite_url: str, tmp_path: Path, _derive_each_key_only_once: None) -> list[Path]:
    """The directories of the three holders, in the order of the sets. Nothing else is left."""
    clock, centre = FixedClock(LONG_AGO), tmp_path / "centre"
    with (
        opened(sqlite_url, centre, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site,
        founded(World(site, clock), tmp_path / "agents") as village,
    ):
        village.approve_all()
        village.round()
        clock.advance(8 * DAY)
        seated = Seated(village)
        seated.give_all()
        directories = [each.directory.path for each in seated.holders]
    shutil.rmtree(centre)
    Path(sqlite_url.removeprefix("sqlite:///")).unlink()
    return [path.rename(tmp_path / f"laptop{number}") for number, path in enumerate(directories)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The real program, in a process of its own, with nothing in its surroundings but the passphrase."""
    words = [sys.executable, "-m", "expertpool.cli", "--lang", "en", "custodian", *map(str, arguments)]
    surroundings = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**surroundings, VARIABLE: PASSPHRASE.decode(), "LANG": "C.UTF-8"}
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False, timeout=60)


def open_offline(directory: Path, out: Path, *more: object) -> subprocess.CompletedProcess[str]:
    given = ("--dir", directory, "--draw", DRAW, "--reason", "中心断电", "--out", out)
    return run("open-offline", *given, *more)


def test_a_set_opens_the_committee_with_the_centre_gone(offices: list[Path], tmp_path: Path) -> None:
    first, _, last = offices
    shares, names = tmp_path / "shares.json", tmp_path / "names.csv"
    begun = open_offline(first, shares)
    assert begun.returncode == 0, begun.stderr
    assert "No name is open yet" in begun.stdout
    assert "report it to the supervisor" in begun.stderr
    assert not any(name in shares.read_text() for name in NAMES.values())

    early = open_offline(last, tmp_path / "nothing.json")  # nobody began: the last of every set opens nothing
    assert (early.returncode, (tmp_path / "nothing.json").exists()) == (1, False)
    assert "cannot go on now" in early.stderr

    done = open_offline(last, names, "--shares", shares)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(names.read_bytes().decode("utf-8-sig"))))
    assert {row["seat"]: row["name"] for row in rows} == NAMES
    assert {path.stat().st_mode & 0o077 for path in (shares, names)} == {0}
    assert not any(name in done.stdout + done.stderr for name in NAMES.values())

    for directory, read in ((first, False), (last, True)):
        shown = json.loads(run("status", "--dir", directory, "--json").stdout)
        [opening] = shown["openings"]
        assert (opening["names"], opening["told"], opening["reason"]) == (read, False, "中心断电")
        assert "opened offline" in run("status", "--dir", directory).stdout


def test_names_come_as_json_and_nothing_is_written_over(offices: list[Path], tmp_path: Path) -> None:
    first, second, _ = offices
    shares, names = tmp_path / "shares.json", tmp_path / "names.json"
    assert open_offline(first, shares).returncode == 0
    again = open_offline(second, shares, "--shares", shares)
    assert again.returncode == 1
    assert "not written over" in again.stderr
    assert open_offline(second, names, "--shares", shares).returncode == 0
    assert {each["seat"]: each["name"] for each in json.loads(names.read_text())["seats"]} == NAMES


def test_a_file_that_was_altered_on_the_way_opens_nothing(offices: list[Path], tmp_path: Path) -> None:
    first, second, _ = offices
    shares, names = tmp_path / "shares.json", tmp_path / "names.csv"
    assert open_offline(first, shares).returncode == 0
    shares.write_text(shares.read_text().replace(DRAW, "drw_2"))
    refused = open_offline(second, names, "--shares", shares)
    assert (refused.returncode, names.exists()) == (1, False)
    assert "Traceback" not in refused.stderr
