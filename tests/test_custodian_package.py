"""The agent as an office installs it: rebuilt to the same bytes, and at work with nothing but what it asks for."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.build_custodian import build, modules, version
from tests.ledger.signers import signer
from tests.sealing.world import credit_code
from tests.service import ORIGIN

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements/custodian.lock"
UNWANTED = ("flask", "sqlalchemy", "werkzeug", "marshmallow", "policies", "expertpool.core.settings")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    build(place / "package.zip")
    with zipfile.ZipFile(place / "package.zip") as archive:
        archive.extractall(place)
    return place / f"expertpool-custodian-{version()}"


@pytest.fixture(scope="module")
def installed(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare environment with the wheel, and of everything else only what the lock names, as it is installed here."""
    place = tmp_path_factory.mktemp("office") / "agent"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    [packages] = place.glob("lib/python3*/site-packages")
    for name in locked():
        for file in importlib.metadata.files(name) or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(file.locate()), packages / file)
    [wheel] = unpacked.glob("*.whl")
    pip = [str(place / "bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--no-index", str(wheel)], check=True)  # with its requirements, which are all there
    return place


def locked() -> list[str]:
    """What the lock has a version for, on this kind of Python."""
    return re.findall(r"^([\w-]+)==", LOCK.read_text(), re.MULTILINE)


def run(place: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "EXPERTPOOL_CUSTODIAN_PASSPHRASE": "secret", **environ}
    return subprocess.run(arguments, cwd=place, env=clean, capture_output=True, encoding="utf-8", check=False)


def test_the_same_sources_give_the_same_bytes(unpacked: Path, tmp_path: Path) -> None:
    build(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (unpacked.parent / "package.zip").read_bytes()


def test_the_sums_are_those_of_every_other_file(unpacked: Path) -> None:
    lines = [line.split("  ") for line in (unpacked / "SHA256SUMS").read_text().splitlines()]
    told = {name: digest for digest, name in lines}
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    found = {path.relative_to(unpacked).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
    found.pop("SHA256SUMS")
    assert told == found
    assert {"INSTALL.md", "LICENSE", "install.sh", "install.ps1", "requirements.lock"} < set(told)


def test_the_wheel_has_the_agent_and_nothing_of_a_centre(unpacked: Path) -> None:
    [wheel] = unpacked.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert set(modules()) < set(names)
    assert "expertpool/custodian/agent.py" in names
    parts = {"/".join(name.split("/")[:2]) for name in names if name.startswith("expertpool/")}
    ours = {"expertpool/__init__.py"} | {f"expertpool/{part}" for part in ("cli", "core", "custodian", "protocol")}
    assert parts == ours
    assert not any(name.startswith("policies/") for name in names)


def test_what_it_asks_for_is_what_the_lock_pins(unpacked: Path) -> None:
    asked = set(re.findall(r"^(\w[\w-]*)$", (ROOT / "requirements/custodian.in").read_text(), re.MULTILINE))
    assert {name.lower() for name in asked} <= set(locked())
    pinned = dict(re.findall(r"^([\w-]+)==([^ ]+)", (ROOT / "requirements/run.lock").read_text(), re.MULTILINE))
    own = dict(re.findall(r"^([\w-]+)==([^ ]+)", LOCK.read_text(), re.MULTILINE))
    assert {name: pinned[name] for name in own} == own  # the versions that the service is tested with
    assert LOCK.read_text().count("--hash=sha256:") > len(own)


def test_it_works_with_nothing_but_what_it_asks_for(installed: Path, tmp_path: Path) -> None:
    program = str(installed / "bin/expertpool-custodian")
    key = str(signer(ORIGIN).key)
    (tmp_path / "policy").write_text(f"log {key}\nquorum none\n")
    given = ["--name", "audit.example/a1", "--organisation", credit_code(1), "--origin", ORIGIN, "--log-key", key]
    given += ["--policy", "policy", "--url", "https://centre.example"]
    made = run(tmp_path, program, "init", "--dir", "agent", *given)
    assert (made.returncode, made.stderr) == (0, "")
    shown = run(tmp_path, program, "status", "--dir", "agent", "--json")
    assert (shown.returncode, json.loads(shown.stdout)["size"]) == (0, 0)
    wrong = run(tmp_path, program, "run", "--dir", "agent", "--once", EXPERTPOOL_CUSTODIAN_PASSPHRASE="other")
    assert (wrong.returncode, "passphrase" in wrong.stderr, "Traceback" in wrong.stderr) == (1, True, False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_explains_itself_in_its_own_name(installed: Path, tmp_path: Path, language: str) -> None:
    python = str(installed / "bin/python")
    told = run(tmp_path, python, "-m", "expertpool.custodian", "--lang", language, "init", "--help")
    assert told.returncode == 0
    assert "expertpool-custodian init --dir" in told.stdout
    assert "expertpool custodian" not in told.stdout


def test_it_never_loads_web_or_database(installed: Path, tmp_path: Path) -> None:
    names = [name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in modules()]
    load = [name for name in names if not name.endswith("__main__")]
    code = f"import sys\nfor name in {load}: __import__(name)\nprint(*sys.modules)"
    loaded = run(tmp_path, str(installed / "bin/python"), "-c", code)
    assert loaded.returncode == 0, loaded.stderr
    assert set(loaded.stdout.split()).intersection(UNWANTED) == set()


def test_an_altered_package_is_not_installed(unpacked: Path, tmp_path: Path) -> None:
    altered = Path(shutil.copytree(unpacked, tmp_path / "altered"))
    (altered / "requirements.lock").write_text("")
    told = run(tmp_path, "sh", str(altered / "install.sh"), str(tmp_path / "target"))
    assert told.returncode == 1
    assert "nothing was installed" in told.stderr
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("service", ["custodian", "witness"])
def test_systemd_understands_the_units(service: str, tmp_path: Path) -> None:
    """The program alone is exchanged: it is not installed where these tests run."""
    unit = (ROOT / f"deploy/expertpool-{service}.service").read_text()
    (tmp_path / f"expertpool-{service}.service").write_text(
        re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", unit, flags=re.MULTILINE)
    )
    told = run(tmp_path, "systemd-analyze", "verify", "--man=no", f"expertpool-{service}.service")
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("runuser") is None, reason="only root runs as somebody else")
def test_the_services_commands_run_as_its_user_with_its_passphrase(unpacked: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\nid -un\necho "$EXPERTPOOL_CUSTODIAN_PASSPHRASE"\nprintf "%s|" "$@"\n')
    (tmp_path / "passphrase").write_text("first line\nsecond\n")
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and "pytest" in str(path):
            path.chmod(0o755)
    program.chmod(0o755)
    named = {
        "CUSTODIAN_PROGRAM": str(program),
        "CUSTODIAN_USER": "nobody",
        "CUSTODIAN_DIRECTORY": "/d",
        "CUSTODIAN_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
    }
    told = run(tmp_path, "sh", str(unpacked / "custodian.sh"), "lift", "--alarm", "A1", "--reason", "a b", **named)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == "nobody\nfirst line\nlift|--dir|/d|--alarm|A1|--reason|a b|"
    shown = run(tmp_path, "sh", str(unpacked / "custodian.sh"), **named)
    assert shown.stdout.endswith("--help|")
