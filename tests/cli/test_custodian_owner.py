"""What the owner of an agent decides, as commands: approve, lift, mode, rotate; and the page that tells what waits."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from expertpool.cli.custodian_options import PASSPHRASE
from expertpool.core.keyfile import FileKeyStore
from expertpool.custodian.directory import Directory
from expertpool.custodian.errors import LogRolledBack
from expertpool.custodian.troubles import AnswerForgotten
from tests.cli.conftest import call
from tests.cli.test_custodian import init
from tests.core.keyfiles import _derive_each_key_only_once

__all__ = ["_derive_each_key_only_once"]


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _derive_each_key_only_once: None) -> Directory:
    monkeypatch.setenv(PASSPHRASE, "secret")
    init(tmp_path)
    return Directory(tmp_path / "agent")


def tell(directory: Directory, *words: str, language: str = "en") -> tuple[int, str]:
    verb, *rest = words
    told = call("--lang", language, "custodian", verb, "--dir", str(directory.path), *rest)
    return told.exit_code, told.output


def files(directory: Directory) -> dict[str, bytes]:
    """All but the locks, which are empty."""
    found = [path for path in directory.path.iterdir() if path.is_file() and not path.name.startswith(".")]
    return {path.name: path.read_bytes() for path in found}


def test_what_waits_is_listed_and_approved_or_declined(agent: Directory) -> None:
    assert tell(agent, "approve") == (0, "Nothing waits for approval.\n")
    memory = agent.memory()
    memory.wait("tsk_1", "owner-must-approve", 7)
    memory.close()
    code, output = tell(agent, "approve")
    assert (code, "entry 7" in output) == (0, True)
    assert tell(agent, "approve", "7")[0] == 0
    assert tell(agent, "approve", "8", "--decline")[0] == 0
    memory = agent.memory()
    assert [memory.approval(entry) for entry in (7, 8, 9)] == [True, False, None]
    memory.close()
    assert "不同意" in tell(agent, "approve", "8", language="zh")[1]  # the first word counts


def test_an_alarm_is_lifted_by_its_number_and_with_a_reason(agent: Directory) -> None:
    memory = agent.memory()
    memory.raise_alarm(LogRolledBack(evidence="/evidence/x", known=9, found=5).as_dict())
    memory.close()
    assert tell(agent, "status")[0] == 1
    assert tell(agent, "lift", "--alarm", "A2", "--reason", "x")[0] == 1
    assert tell(agent, "lift", "--alarm", "A1", "--reason", " ")[0] == 1
    assert tell(agent, "lift", "--alarm", "A1")[0] == 2
    assert tell(agent, "status")[0] == 1
    assert tell(agent, "lift", "--alarm", "A1", "--reason", "审计函") == (
        0,
        "The alarm A1 is lifted; its evidence is kept.\n",
    )
    assert tell(agent, "status")[0] == 0
    found = json.loads(tell(agent, "status", "--json")[1])
    assert [(each["id"], each["reason"]) for each in found["alarms"]] == [("A1", "审计函")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_lost_state_is_not_lifted(agent: Directory, language: str) -> None:
    memory = agent.memory()
    memory.raise_alarm(AnswerForgotten(evidence="", entry=9).as_dict())
    memory.close()
    code, output = tell(agent, "lift", "--alarm", "A1", "--reason", "we are sure", language=language)
    assert code == 1
    assert {"zh": "不能解除", "en": "cannot be lifted"}[language] in output
    assert tell(agent, "status")[0] == 1


def test_the_mode_is_changed(agent: Directory) -> None:
    for mode, ask in (("ask", True), ("auto", False)):
        assert tell(agent, "mode", mode)[0] == 0
        assert agent.config().ask is ask
    assert tell(agent, "mode", "never")[0] == 2


def test_a_mode_can_be_chosen_from_the_beginning(tmp_path: Path, agent: Directory) -> None:
    (tmp_path / "other").mkdir()
    init(tmp_path / "other", "--ask")
    assert Directory(tmp_path / "other" / "agent").config().ask is True


def test_keys_that_nobody_approved_are_not_changed(agent: Directory) -> None:
    before = files(agent)
    code, output = tell(agent, "rotate")
    assert (code, "register them first" in output) == (1, True)
    assert files(agent) == before


def test_keys_are_not_changed_under_a_running_agent(agent: Directory) -> None:
    with agent.held():
        code, output = tell(agent, "rotate")
    assert code == 1
    assert "another" in output or "process" in output


# Bad input: told in both languages, nothing changed


def spoil_keys(directory: Directory) -> None:
    raw = bytearray((directory.path / "keys").read_bytes())
    raw[-20] ^= 1
    (directory.path / "keys").write_bytes(raw)


def spoil_memory(directory: Directory) -> None:
    (directory.path / "memory.db").write_bytes(b"SQLite format 3\0" + bytes(4096))


def restore_memory(directory: Directory) -> None:
    (directory.path / "memory.mark").write_text("3\n")


def lose_keys(directory: Directory) -> None:
    (directory.path / "keys").unlink()


def other_keys(directory: Directory) -> None:
    """A key file that is whole, of somebody else: it has other keys."""
    (directory.path / "keys").unlink()
    with FileKeyStore.initialise(directory.path / "keys", b"secret") as keys:
        keys.generate("service", "service", "secret-32")


@pytest.mark.parametrize(
    ("spoil", "zh", "en"),
    [
        (spoil_keys, "已损坏", "is damaged"),
        (lose_keys, "没有密钥文件", "no key file"),
        (other_keys, "密钥库里没有密钥 vrf", "has no key vrf"),
        (spoil_memory, "缺失或已损坏", "missing or damaged"),
        (restore_memory, "从备份恢复", "restored from a backup"),
    ],
    ids=["damaged keys", "no keys", "other keys", "damaged memory", "older memory"],
)
def test_what_cannot_be_used_is_told_and_nothing_is_changed(agent: Directory, spoil: object, zh: str, en: str) -> None:
    assert callable(spoil)
    spoil(agent)
    before = files(agent)
    for language, words in (("zh", zh), ("en", en)):
        for verb in (("run", "--once"), ("rotate",)):
            code, output = tell(agent, *verb, language=language)
            assert code == 1
            assert words in output
            assert "Traceback" not in output
    assert files(agent) == before


def test_a_wrong_passphrase_changes_nothing(agent: Directory, tmp_path: Path) -> None:
    before = files(agent)
    (tmp_path / "wrong").write_text("other\n")
    for verb in (("run", "--once"), ("rotate",)):
        code, output = tell(agent, *verb, "--passphrase-file", str(tmp_path / "wrong"), language="zh")
        assert (code, "口令不对" in output) == (1, True)
    assert files(agent) == before


@pytest.mark.parametrize("text", ["secret", "secret\n", "secret\r\n", "secret\nsomething else\n"])
def test_a_passphrase_is_the_first_line_of_its_file(
    agent: Directory, tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSPHRASE)
    (tmp_path / "passphrase").write_bytes(text.encode())
    code, output = tell(agent, "rotate", "--passphrase-file", str(tmp_path / "passphrase"))
    assert (code, "register them first" in output) == (1, True)  # it came as far as that


def test_a_running_agent_shows_its_page_and_ends_with_it(agent: Directory, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "expertpool.custodian", "--lang", "en", "run", "--dir", str(agent.path)]
    process = subprocess.Popen(
        [*command, "--status-port", str(port)], stderr=subprocess.PIPE, env={**os.environ, PASSPHRASE: "secret"}
    )
    assert process.stderr is not None
    assert f"http://127.0.0.1:{port}/".encode() in process.stderr.readline()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/?lang=en", timeout=10) as answer:
        assert b"Key holder's agent" in answer.read()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.stderr.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10)
