"""``expertpool vault`` answers on its line, is silent when killed, and its successor answers again."""

import os
import signal
import subprocess
import sys
from stat import S_ISSOCK

import pytest

from expertpool.core.vault_line import VaultLine, VaultSilent
from expertpool.invitations import verbs
from expertpool.invitations.desk_errors import CodeRefused
from tests.cli.conftest import Installation
from tests.cli.test_processes import ROOT


def started(installation: Installation) -> "subprocess.Popen[str]":
    """A vault's process, when it says that it goes on."""
    child = subprocess.Popen(
        [sys.executable, "-m", "expertpool.cli", "vault"],
        cwd=ROOT,
        env={**os.environ, **installation.environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr
    said = ""
    while "vault.started" not in said:
        line = child.stderr.readline()
        assert line, said
        said += line
    return child


def ended(child: "subprocess.Popen[str]", number: signal.Signals) -> int:
    child.send_signal(number)
    child.communicate()
    return child.returncode


def test_a_vault_process_answers_and_a_killed_one_is_replaced(installation: Installation) -> None:
    line = VaultLine(installation.settings.vault.socket, 10)
    first = started(installation)
    with pytest.raises(CodeRefused):
        line.ask(verbs.LOOK, code="ZZZZZZZZ", source="test")
    assert ended(first, signal.SIGKILL) == -signal.SIGKILL
    assert S_ISSOCK(installation.settings.vault.socket.stat().st_mode), "what it left behind"
    with pytest.raises(VaultSilent):
        line.ask(verbs.LOOK, code="ZZZZZZZZ", source="test")
    second = started(installation)
    with pytest.raises(CodeRefused):
        line.ask(verbs.LOOK, code="ZZZZZZZZ", source="test")
    assert ended(second, signal.SIGTERM) == 0
    assert not installation.settings.vault.socket.exists()
