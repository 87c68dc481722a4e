"""The auditor's commands: what each one answers, where, and with which exit code."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.cli import Bar, main
from ledger.disclosure import make_disclosure
from ledger.entry import make_entry
from ledger.note import parse_signer_key, parse_verifier_key
from ledger.receipt import make_receipt, parse_receipt
from tests.ledger.attacks import honest
from tests.ledger.logs import (
    LOG,
    ORIGIN,
    POLICY_TEXT,
    WITNESSES,
    drafts,
    edited,
    entries,
    signed,
    tree_of,
    with_hash,
    write_directory,
)
from tests.ledger.signers import signer

Said = tuple[int, str, str]  # exit code, standard output, standard error
Run = Callable[..., Said]
DATA = entries(600)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a directory that holds a log, an older checkpoint of it, a receipt and a policy."""
    write_directory(honest()[1], tmp_path / "log")
    (tmp_path / "old").write_bytes(signed(DATA[:300]).to_bytes())
    (tmp_path / "trust.policy").write_text(POLICY_TEXT)
    receipt = make_receipt(DATA[17], 17, signed(DATA), tree_of(DATA).node)
    (tmp_path / "receipt").write_bytes(receipt.to_bytes())
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Said:
        code = main(["--lang", "en", *arguments])
        return code, *capsys.readouterr()

    return command


# verify


def test_verify(run: Run) -> None:
    code, out, err = run("verify", "log", "--policy", "trust.policy", "--known", "old", "--jobs", "2")
    assert (code, err) == (0, "")
    assert out.startswith("PROVEN: none of 600 entries")
    assert out.endswith("extends            old\n")


def test_verify_tells_its_verdicts_apart(run: Run) -> None:
    assert run("verify", "log")[0] == 3
    assert run("verify", "nowhere")[0] == 2
    (path := Path("log/tile/entries/001")).write_bytes(edited(path.read_bytes()))
    code, out, err = run("verify", "log", "--policy", "trust.policy")
    assert (code, err) == (1, "")
    assert out.startswith("BROKEN: ")


def test_verify_for_programs(run: Run) -> None:
    code, out, err = run("verify", "log", "--policy", "trust.policy", "--json")
    assert (code, json.loads(out)["verdict"], err) == (0, "proven", "")
    code, out, err = run("verify", "nowhere", "--json")
    assert (code, json.loads(out)["code"]) == (2, "source.not-found")
    assert err == "nowhere does not exist. Give the ledger's directory, zip file or address.\n"


@pytest.mark.parametrize("jobs", ["0", "-1", "62", "two", ""])
def test_an_odd_number_of_processes(jobs: str, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run("verify", "log", "--jobs", jobs)
    assert left.value.code == 2
    assert "--jobs" in capsys.readouterr().err


# notes and keys


def test_note(run: Run) -> None:
    code, out, err = run("note", "old", "--key", str(WITNESSES["province"].key), "--key", str(LOG.key))
    assert (code, err) == (0, f"signed by {LOG.key.name}, {WITNESSES['province'].key.name}.\n")
    assert out.splitlines()[:2] == [ORIGIN, "300"]


def test_a_note_that_nobody_known_signed_is_not_proven(run: Run) -> None:
    code, out, err = run("note", "old", "--key", str(signer("other.example/ledger").key))
    assert (code, out) == (3, "")
    assert err == "old: no signature by a known key. Check the verifier key you gave.\n"


def test_a_note_that_was_changed_is_broken(run: Run) -> None:
    Path("old").write_bytes(Path("old").read_bytes().replace(b"\n300\n", b"\n301\n"))
    code, _, err = run("note", "old", "--key", str(LOG.key))
    assert (code, err) == (1, f"old: the signature by {ORIGIN} is invalid.\n")


def test_what_is_no_note_or_no_key_is_unreadable(run: Run) -> None:
    assert run("note", "trust.policy", "--key", str(LOG.key))[0] == 2
    assert run("note", "old", "--key", "example.org+1+2")[0] == 2


@pytest.mark.parametrize(("options", "algorithm"), [([], 1), (["--cosigner"], 4)])
def test_keygen(options: list[str], algorithm: int, run: Run) -> None:
    code, out, err = run("keygen", "example.org/k", "--out", "new.key", *options)
    assert (code, err) == (0, "The signer key is in new.key; keep it secret. Its verifier key:\n")
    key = parse_verifier_key(out.rstrip("\n"))
    assert (key.name, key.algorithm) == ("example.org/k", algorithm)
    assert parse_signer_key(Path("new.key").read_text().rstrip("\n")).key == key
    assert os.name == "nt" or Path("new.key").stat().st_mode & 0o777 == 0o600
    assert run("keygen", "example.org/k", "--out", "new.key")[0] == 2, "a key is never overwritten"
    assert run("keygen", "white space", "--out", "other.key")[0] == 2
    assert not Path("other.key").exists()


# receipts


def test_proof(run: Run) -> None:
    code, out, err = run("proof", "receipt", "--policy", "trust.policy")
    assert (code, out.encode()) == (0, DATA[17] + b"\n")
    assert err == (
        f"PROVEN: entry 17, as below, is among the 600 entries of {ORIGIN}. Cosigners: inspection, province.\n"
    )


def test_a_receipt_of_another_entry_is_broken(run: Run) -> None:
    Path("other").write_bytes(DATA[18])
    code, out, err = run("proof", "receipt", "--policy", "trust.policy", "--entry", "other")
    assert (code, out) == (1, "")
    assert err.startswith("receipt: the root computed from the proof")
    Path("other").write_bytes(DATA[17] + b"\n")
    assert run("proof", "receipt", "--policy", "trust.policy", "--entry", "other")[0] == 0


def test_a_receipt_without_a_quorum_is_not_proven(run: Run) -> None:
    receipt = make_receipt(DATA[17], 17, signed(DATA, cosigners=[WITNESSES["province"]]), tree_of(DATA).node)
    Path("receipt").write_bytes(receipt.to_bytes())
    code, out, err = run("proof", "receipt", "--policy", "trust.policy")
    assert (code, out) == (3, "")
    assert err == "receipt: no quorum of cosigners: valid cosignatures are province.\n"


def test_what_is_no_receipt_is_unreadable(run: Run) -> None:
    code, _, err = run("proof", "old", "--policy", "trust.policy")
    assert (code, err) == (
        2,
        "old: malformed receipt: not a tlog-proof file. It may be cut off, or another file: fetch it again.\n",
    )


@pytest.mark.parametrize("index", [0, 255, 256, 599])
def test_receipt(index: int, run: Run) -> None:
    assert run("receipt", "log", str(index), "--out", "made") == (0, "", "The receipt is in made.\n")
    assert parse_receipt(Path("made").read_bytes()).extra == DATA[index]
    assert run("proof", "made", "--policy", "trust.policy")[:2] == (0, DATA[index].decode() + "\n")


@pytest.mark.parametrize(("arguments", "code"), [(["log", "600"], 2), (["log", "-1"], 2), (["nowhere", "0"], 2)])
def test_a_receipt_that_cannot_be_made(arguments: list[str], code: int, run: Run) -> None:
    assert run("receipt", *arguments, "--out", "made")[0] == code
    assert not Path("made").exists()


def test_no_receipt_is_made_of_a_changed_log(run: Run) -> None:
    write_directory(with_hash(honest()[1], "tile/0/000", 16, bytes(32)), Path("log"))
    code, _, err = run("receipt", "log", "17", "--out", "made")
    assert (code, err) == (1, "log: the root computed from the proof is not the checkpoint's root.\n")
    assert not Path("made").exists()


def test_what_cannot_be_written_is_told(run: Run) -> None:
    Path("file").touch()
    for arguments in (["receipt", "log", "17"], ["keygen", "example.org/k"]):
        code, _, err = run(*arguments, "--out", "file/made")
        assert code == 2
        assert err.startswith("cannot write file/made: ")


# consistency


def test_consistency(run: Run) -> None:
    code, out, err = run("consistency", "old", "log/checkpoint", "log", "--policy", "trust.policy")
    assert (code, out) == (0, "")
    assert err == "PROVEN: the checkpoint of 600 entries extends the one of 300; none of those was changed.\n"


def test_consistency_without_a_policy_proves_nothing(run: Run) -> None:
    code, _, err = run("consistency", "old", "log/checkpoint", "log")
    assert code == 3
    assert err.startswith("NOT PROVEN: 300 -> 600 is consistent, but no signature was checked.")


def test_consistency_of_another_history_is_broken(run: Run) -> None:
    Path("old").write_bytes(signed(entries(300, changed_at=299)).to_bytes())
    assert run("consistency", "old", "log/checkpoint", "log", "--policy", "trust.policy")[0] == 1
    Path("old").write_bytes(signed(DATA[:300], origin="other.example/ledger").to_bytes())
    code, _, err = run("consistency", "old", "log/checkpoint", "log")
    assert (code, err) == (1, f"old: the checkpoint is of other.example/ledger, expected {ORIGIN}.\n")
    code, _, err = run("consistency", "log/checkpoint", "old", "log")
    assert code == 1


def test_consistency_without_a_quorum_is_not_proven(run: Run) -> None:
    Path("old").write_bytes(signed(DATA[:300], cosigners=[]).to_bytes())
    code, _, err = run("consistency", "old", "log/checkpoint", "log", "--policy", "trust.policy")
    assert (code, err) == (3, "old: no quorum of cosigners: valid cosignatures are 0.\n")


# disclosures


def test_disclose(run: Run) -> None:
    disclosure = make_disclosure("原因", "专业不足")
    [draft] = drafts(0, 1)
    body = {"_sd": [disclosure.digest]}
    entry = make_entry(type(draft)(draft.kind, draft.actor, draft.time, body), 0, None)
    for ending in (b"", b"\n"):  # as `ledger proof > entry.json` writes it
        Path("entry.json").write_bytes(entry.data + ending)
        code, out, err = run("disclose", "entry.json", disclosure.encoded)
        assert (code, out) == (0, '{"原因": "专业不足"}\n')
        assert err == "Entry 0 commits to this field; it is what was recorded:\n"
    code, out, err = run("disclose", "entry.json", make_disclosure("原因", "另一原因").encoded)
    assert (code, out) == (1, "")
    assert err.startswith("entry.json: this disclosure is not committed to by the entry")
    assert run("disclose", "entry.json", "WyJub25lIl0")[0] == 2
    assert run("disclose", "old", disclosure.encoded)[0] == 2


# All of them

COMMANDS = ["verify", "note", "keygen", "proof", "receipt", "consistency", "disclose", "witness"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"  ledger {command} " in capsys.readouterr().out


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    out = capsys.readouterr().out
    assert left.value.code == 0
    assert all(f"\n    {command} " in out for command in COMMANDS)
    assert "0 proven, 1 broken, 2 unreadable, 3 not proven" in out


@pytest.mark.parametrize("arguments", [[], ["audit"], ["verify"], ["verify", "log", "--fast"], ["receipt", "log", "x"]])
def test_wrongly_called(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ledger")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, "找不到"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW"}, "找不到"),
        ({"LANG": "zh"}, "找不到"),
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "zh_CN"}, "does not exist"),
        ({}, "does not exist"),
    ],
)
def test_the_language_is_the_system_s(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["verify", "nowhere"]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--lang", "zh", "verify", "nowhere"], ["verify", "nowhere", "--lang", "zh"]])
def test_the_language_may_be_named_anywhere(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "找不到 nowhere" in capsys.readouterr().err


def test_as_a_module_on_a_terminal_that_knows_no_chinese(tmp_path: Path) -> None:
    place = write_directory(honest()[1], tmp_path / "log")
    result = subprocess.run(
        [sys.executable, "-m", "ledger", "--lang", "zh", "verify", str(place)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (3, b"")
    assert b"600" in result.stdout
    assert b"--policy" in result.stdout


def test_interrupting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ledger.cli.verify", interrupt)
    assert run("verify", "log") == (130, "", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_progress_and_nothing_else_does() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for out in (terminal, pipe):
        bar = Bar(out)
        bar(256, 1_000)
        bar(512, 1_000)  # within a tenth of a second: not shown
        bar(1_000, 1_000)
        bar.close()
    shown = terminal.getvalue().split("\r")
    assert [line.partition("/s")[0].rpartition("  ")[0] for line in shown[1:3]] == [
        f"[{'█' * 7}{'·' * 23}] 256 / 1,000",
        f"[{'█' * 30}] 1,000 / 1,000",
    ]
    assert shown[3:] == ["\033[K"]
    assert pipe.getvalue() == ""


def test_a_reader_that_hangs_up_causes_no_traceback(tmp_path: Path) -> None:
    place = write_directory(honest()[1], tmp_path)
    command = [sys.executable, "-m", "ledger", "verify", "--json", str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")
