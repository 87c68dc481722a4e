"""The commands of an office that runs a witness: make it, name a log, serve until told to stop, look at it."""

import argparse
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import LedgerError, Unreadable
from ledger.policy import parse_policy
from ledger.witness_cli import register
from ledger.witness_client import Accepted, submit
from tests.ledger.witnessed_log import WITNESS, Log, make_witness

PROGRAM = """
import argparse, sys
from ledger.witness_cli import register
parser = argparse.ArgumentParser()
parser.set_defaults(lang="en")
register(parser.add_subparsers())
options = parser.parse_args()
sys.exit(options.run(options))
"""


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lang", default="en")
    register(parser.add_subparsers())
    options = parser.parse_args([str(argument) for argument in arguments])
    code: int = options.run(options)
    return code


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def directory(tmp_path: Path, log: Log) -> Path:
    return make_witness(tmp_path / "w", log)


def test_init_prints_the_line_that_policies_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("witness", "init", "--dir", tmp_path / "w", "--name", WITNESS) == 0
    said = capsys.readouterr().out.splitlines()
    policy = parse_policy(f"{said[-1]}\nquorum {WITNESS}\n".encode())
    assert policy.witnesses[WITNESS].name == WITNESS
    assert str(tmp_path / "w" / "key") in said[0]


def test_a_log_is_added_and_shown(
    tmp_path: Path, directory: Path, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Log(origin="other.example/log")
    assert run("witness", "add-log", "--dir", directory, str(other.signer.key)) == 0
    assert run("witness", "show", "--dir", directory, "--lang", "zh") == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [f"{log.origin}：尚未共签", f"{other.origin}：尚未共签"]


def test_it_serves_until_it_is_told_to_stop(directory: Path, log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-c", PROGRAM, "witness", "serve", "--dir", str(directory), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = re.search(r"http://\S+\d", said)
        assert url is not None, said
        assert isinstance(submit(url[0], log.signed(5), 0, (), timeout=20), Accepted)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert re.search(r"INFO 127\.0\.0\.1 'POST /add-checkpoint HTTP/1\.1' 200\n$", errors)
    secret = (directory / "key").read_text().strip().rsplit("+", 1)[1]
    assert secret not in said + errors
    run("witness", "show", "--dir", directory)
    assert re.search(r": size 5, cosigned at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$", capsys.readouterr().out)


@pytest.mark.parametrize("listen", ["8080", ":8080", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:٣", "127.0.0.1:-1"])
def test_an_address_to_listen_on_is_host_and_port(directory: Path, listen: str) -> None:
    with pytest.raises(Unreadable) as refused:
        run("witness", "serve", "--dir", directory, "--listen", listen)
    assert refused.value.code == "witness.listen"


@pytest.mark.parametrize(
    "arguments", [["serve"], ["show"], ["add-log", str(Log().signer.key)]], ids=lambda arguments: str(arguments[0])
)
def test_without_a_witness_the_next_step_is_told(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(LedgerError) as refused:
        run("witness", *arguments, "--dir", tmp_path / "w")
    assert f"witness init --dir {tmp_path / 'w'}" in refused.value.text("en")
    assert f"witness init --dir {tmp_path / 'w'}" in refused.value.text("zh")


@pytest.mark.parametrize("command", [[], ["init"], ["add-log"], ["serve"], ["show"]], ids=" ".join)
def test_help_has_an_example_that_can_be_parsed(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("witness", *command, "--help")
    assert ended.value.code == 0
    examples = re.findall(r"^  ledger (witness .*)$", capsys.readouterr().out, re.MULTILINE)
    assert examples
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    for example in examples:
        assert parser.parse_args(example.split()).dir == Path("/var/lib/witness")
