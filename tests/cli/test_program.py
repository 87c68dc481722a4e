"""The command as a whole: help in both languages, one clear line for each refusal, exit codes, lazy loading."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from expertpool.cli import COMMANDS
from expertpool.cli.bilingual import language_of_environment
from expertpool.core.events import event_table
from expertpool.core.rooms import load_rooms
from expertpool.core.settings import settings_table
from tests.cli.conftest import Installation, call

ROOT = Path(__file__).parents[2]
BELOW = [("audit", "replay"), ("door", "import"), ("ledger", "export"), ("docs", "events"), ("docs", "settings")]
BELOW += [("custodian", verb) for verb in ("init", "run", "status", "approve")]
ALL = [(name,) for name in COMMANDS] + BELOW


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_help_speaks_both_languages_and_has_examples(path: tuple[str, ...]) -> None:
    english, chinese = call("--lang", "en", *path, "--help"), call("--lang", "zh", *path, "--help")
    assert (english.exit_code, chinese.exit_code) == (0, 0)
    assert not is_chinese(english.output)
    assert is_chinese(chinese.output)
    for output, heading in ((english.output, "Examples:"), (chinese.output, "示例:")):
        _, _, examples = output.partition(heading)
        assert " ".join(path) in examples
    assert english.output.count("--") == chinese.output.count("--")


def test_the_list_of_commands_speaks_both_languages() -> None:
    assert not is_chinese(call("--help").output)
    chinese = call("--lang", "zh", "--help").output
    for name, texts in COMMANDS.items():
        assert name in chinese
        assert texts.zh in chinese


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "zh_TW", "LANG": "C"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh"}, "zh"),
    ],
)
def test_the_language_is_the_environments(environ: dict[str, str], expected: str) -> None:
    assert language_of_environment(environ) == expected


def test_lang_goes_before_the_environment() -> None:
    assert is_chinese(call("--help", LANG="zh_CN.UTF-8").output)
    assert not is_chinese(call("--lang", "en", "--help", LANG="zh_CN.UTF-8").output)


@pytest.mark.parametrize(
    "arguments", [("nope",), ("--nope",), ("init", "--nope"), ("serve", "--port", "0"), ("docs", "x")]
)
def test_wrong_usage_is_exit_2(arguments: tuple[str, ...]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert "Error:" in result.output


@pytest.mark.parametrize("command", ["init", "run", "serve", "signer", "worker", "doctor", "reconcile", "settings"])
def test_wrong_settings_are_exit_2_with_every_mistake(command: str, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("[service]\nmode = 'x'\n[outbox]\npoll = 1\n")
    result = call("--config", str(file), command)
    assert result.exit_code == 2
    assert f"{file}:2" in result.output
    assert f"{file}:4" in result.output
    assert "Traceback" not in result.output


def test_an_unreadable_settings_file_is_told(tmp_path: Path) -> None:
    result = call("--lang", "zh", "--config", str(tmp_path / "none.toml"), "settings")
    assert result.exit_code == 2
    assert "无法读取设置文件" in result.output


def test_a_command_loads_only_what_it_needs() -> None:
    """--help of the whole must be quick: no web framework, no database library."""
    script = "import sys, expertpool.cli; print(sorted({'flask', 'sqlalchemy', 'alembic', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_the_command_can_be_run_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "expertpool.cli", "--lang", "en", "docs", "settings"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == settings_table()


def test_the_documents_are_up_to_date() -> None:
    """If not: ``expertpool docs events > docs/spec/events.md``."""
    load_rooms("events")
    own = [line for line in event_table().splitlines() if not line.startswith("| `test.")]  # events of the tests
    assert (ROOT / "docs" / "spec" / "events.md").read_text("utf-8").splitlines() == own
    assert call("docs", "settings").output == (ROOT / "docs" / "settings.md").read_text("utf-8")


def test_settings_show_what_is_set_and_no_password(installation: Installation) -> None:
    url = "postgresql+psycopg://expertpool:hunter2@db.internal/x"
    result = call("settings", **{**installation.environ, "EXPERTPOOL_DATABASE__URL": url, "COLUMNS": "200"})
    assert result.exit_code == 0
    assert "hunter2" not in result.output
    assert str(installation.var) in result.output
    assert "outbox.lease_s" in result.output


def test_an_error_of_the_system_names_the_file(tmp_path: Path) -> None:
    """A data folder below a file cannot be made, whoever runs it."""
    (tmp_path / "file").write_text("")
    result = call("init", EXPERTPOOL_PATHS__VAR=str(tmp_path / "file" / "var"))
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.output
    assert result.output.count("\n") == 1


def test_json_is_json(installation: Installation) -> None:
    for command in ("doctor", "reconcile"):
        json.loads(installation.run(command, "--json").stdout)
