"""``expertpool custodian``: an office sets up its agent, runs it, and sees how it is."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from expertpool.cli.custodian_options import PASSPHRASE
from expertpool.protocol.agents import read_registration
from tests.cli.conftest import call
from tests.core.keyfiles import _derive_each_key_only_once
from tests.custodian.conftest import founding
from tests.custodian.village import Village
from tests.ledger.signers import signer
from tests.sealing.world import credit_code
from tests.service import ORIGIN

__all__ = ["_derive_each_key_only_once", "founding"]


def given(path: Path, url: str = "https://centre.example", **changes: str) -> list[str]:
    policy = path / "policy"
    policy.write_text(f"log {signer(ORIGIN).key}\nquorum none\n")
    options = {
        "--dir": str(path / "agent"),
        "--name": "audit.example/a1",
        "--organisation": credit_code(1),
        "--origin": ORIGIN,
        "--log-key": str(signer(ORIGIN).key),
        "--policy": str(policy),
        "--url": url,
        **{f"--{name.replace('_', '-')}": value for name, value in changes.items()},
    }
    return [word for pair in options.items() for word in pair]


def init(path: Path, *more: str, **changes: str) -> str:
    made = call("custodian", "init", *given(path, **changes), *more)
    assert made.exit_code == 0, made.output
    return made.output


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "secret")


def test_an_agent_is_set_up_with_a_file_to_be_registered(tmp_path: Path) -> None:
    output = init(tmp_path)
    file = tmp_path / "agent" / "registration"
    assert str(file) in output
    read = read_registration(file.read_bytes())
    assert (read.organisation, read.cosign.name) == (credit_code(1), "audit.example/a1")
    assert read.fingerprint in output
    assert (tmp_path / "agent").stat().st_mode & 0o077 == 0
    for private in ("keys", "agent.json", "memory.db"):
        assert (tmp_path / "agent" / private).stat().st_mode & 0o077 == 0
    assert "secret" not in (tmp_path / "agent" / "agent.json").read_text()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "https://audit.example"}, "without https://"),
        ({"name": "with blank"}, "without https://"),
        ({"organisation": "1"}, "18 capital letters"),
        ({"log_key": "x"}, "expertpool init"),
        ({"origin": "other.example/log"}, "expertpool init"),
        ({"url": "http://centre.example"}, "https://"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_and_nothing_is_made(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    made = call("--lang", "en", "custodian", "init", *given(tmp_path, **changes))
    assert made.exit_code == 1
    assert told in made.output
    assert not (tmp_path / "agent").exists()


def test_a_policy_that_is_none_is_refused(tmp_path: Path) -> None:
    arguments = given(tmp_path)
    (tmp_path / "policy").write_text("quorum nobody\n")
    assert call("custodian", "init", *arguments).exit_code == 1
    assert not (tmp_path / "agent").exists()


def test_an_agent_is_not_set_up_over_another(tmp_path: Path) -> None:
    init(tmp_path)
    before = (tmp_path / "agent" / "keys").read_bytes()
    again = call("--lang", "en", "custodian", "init", *given(tmp_path))
    assert again.exit_code == 1
    assert "not empty" in again.output
    assert (tmp_path / "agent" / "keys").read_bytes() == before


def test_without_a_passphrase_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSPHRASE)
    made = call("custodian", "init", *given(tmp_path))
    assert made.exit_code == 1
    assert PASSPHRASE in made.output


def test_a_wrong_passphrase_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path)
    monkeypatch.setenv(PASSPHRASE, "other")
    ran = call("--lang", "en", "custodian", "run", "--dir", str(tmp_path / "agent"), "--once")
    assert ran.exit_code == 1
    assert "passphrase" in ran.output


@pytest.mark.parametrize("verb", [("run", "--once"), ("status",)])
def test_a_directory_without_an_agent_is_told(tmp_path: Path, verb: tuple[str, ...]) -> None:
    ran = call("--lang", "en", "custodian", *verb, "--dir", str(tmp_path))
    assert ran.exit_code == 1
    assert "custodian init" in ran.output


@pytest.mark.parametrize("verb", [("run", "--once"), ("status",)])
def test_an_agent_that_lost_its_memory_does_not_begin_again(tmp_path: Path, verb: tuple[str, ...]) -> None:
    init(tmp_path)
    (tmp_path / "agent" / "memory.db").unlink()
    ran = call("--lang", "en", "custodian", *verb, "--dir", str(tmp_path / "agent"))
    assert ran.exit_code == 1
    assert "retire these keys" in ran.output


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 1}'])
def test_a_damaged_configuration_is_told(tmp_path: Path, text: str) -> None:
    init(tmp_path)
    (tmp_path / "agent" / "agent.json").write_text(text)
    ran = call("--lang", "en", "custodian", "status", "--dir", str(tmp_path / "agent"))
    assert ran.exit_code == 1
    assert "agent.json" in ran.output


def test_its_status_is_shown_before_it_ever_ran(tmp_path: Path) -> None:
    init(tmp_path)
    shown = call("--lang", "en", "custodian", "status", "--dir", str(tmp_path / "agent"))
    assert (shown.exit_code, "followed 0 entries" in shown.output) == (0, True)
    as_json = call("custodian", "status", "--dir", str(tmp_path / "agent"), "--json")
    found = json.loads(as_json.output)
    assert (found["size"], found["alarm"], found["waiting"], found["refusals"]) == (0, None, {}, [])


def test_an_owner_approves(tmp_path: Path) -> None:
    init(tmp_path)
    assert call("custodian", "approve", "--dir", str(tmp_path / "agent"), "7").exit_code == 0
    from expertpool.custodian.directory import Directory

    memory = Directory(tmp_path / "agent").memory()
    assert memory.is_approved(7)
    assert not memory.is_approved(8)
    memory.close()


def test_a_centre_that_is_away_is_told_and_a_stop_is_heard(tmp_path: Path) -> None:
    init(tmp_path, url="http://127.0.0.1:9")
    agent = subprocess.Popen(
        [sys.executable, "-m", "expertpool.cli", "--lang", "en", "custodian", "run", "--dir", str(tmp_path / "agent")],
        stderr=subprocess.PIPE,
        env={**os.environ, PASSPHRASE: "secret"},
    )
    assert agent.stderr is not None
    assert b"cannot be reached" in agent.stderr.readline()
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(30) == 0
    agent.stderr.close()


def test_a_round_against_a_real_centre(founding: Village, tmp_path: Path) -> None:
    founding.sign()
    init(tmp_path, url=founding.url)
    ran = call("--lang", "en", "custodian", "run", "--dir", str(tmp_path / "agent"), "--once")
    assert ran.exit_code == 0, ran.output
    size = len(founding.world.entries())
    assert f"{size} entries" in ran.output
    shown = call("--lang", "en", "custodian", "status", "--dir", str(tmp_path / "agent"))
    assert f"followed {size} entries" in shown.output


def test_an_alarm_is_shown_and_told_by_the_exit_code(tmp_path: Path) -> None:
    init(tmp_path)
    from expertpool.custodian.directory import Directory
    from expertpool.custodian.errors import LogForked

    memory = Directory(tmp_path / "agent").memory()
    memory.raise_alarm(LogForked(evidence="/evidence/x", known=5, entry=4).as_dict())
    memory.close()
    shown = call("--lang", "en", "custodian", "status", "--dir", str(tmp_path / "agent"))
    assert shown.exit_code == 1
    assert "two different histories" in shown.output
