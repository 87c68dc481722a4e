"""The documentation says what is there: links, commands, tables made from the code; and nothing of a machine."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.cli import COMMANDS
from expertpool.protocol.replay import CHECKS
from ledger import cli as ledger_cli
from tests.docs.errors import error_table
from tests.tamper.test_matrix import MATRIX
from tests.web.routes import ROUTES

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("policies/**/*.md")])
LINK = re.compile(r'\]\(([^)\s]+)\)|src="([^"]+)"')
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def in_code(text: str) -> str:
    """What stands in code blocks and in code spans of a page."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as hosting platforms make them."""
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in HEADING.findall(page.read_text())}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in ("".join(found) for found in LINK.findall(without_code(page.read_text()))):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert ROOT in target.parents, link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_and_picture_can_be_reached() -> None:
    linked = set(READMES)
    new = list(READMES)
    while new:
        page = new.pop()
        for link in ("".join(found).partition("#")[0] for found in LINK.findall(page.read_text())):
            target = (page.parent / link).resolve()
            if link and target not in linked and target.exists():
                linked.add(target)
                new += [target] if target.suffix == ".md" else []
    records = set(ROOT.glob("docs/adr/[0-9]*.md"))  # a folder's list is their index
    assert set(ROOT.glob("docs/**/*.md")) - records - linked == set()
    assert {path for path in ROOT.glob("docs/images/*") if path.is_file()} - linked == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", in_code(page.read_text())))
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_exists(page: Path) -> None:
    text = in_code(page.read_text())
    of_service = set(re.findall(r"\bexpertpool (?:--(?:lang|config) \S+ )*([a-z][a-z-]*)\b(?![./-])", text))
    assert of_service - set(COMMANDS) == set()
    of_ledger = set(re.findall(r"(?:-m ledger|ledger\.pyz) (?:--lang \S+ )?([a-z][a-z-]*)", text))
    assert of_ledger - set(ledger_commands(ledger_cli._parser().format_help())) == set()


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_every_address_that_a_readme_names_is_a_route(page: Path) -> None:
    named = set(re.findall(r"(?:http://127\.0\.0\.1:8000|`)(/[\w./-]*)", page.read_text()))
    assert "/today" in named
    known = {route.path for route in ROUTES}
    assert named - known == set()


def ledger_commands(text: str) -> Iterator[str]:
    """The sub-commands in the help of ``python -m ledger``."""
    return (found[1] for found in re.finditer(r"^    ([a-z]+)  ", text, re.MULTILINE))


def test_both_readmes_say_the_same() -> None:
    english, chinese = (page.read_text() for page in READMES)
    for pattern in (r"^(make [a-z]+)", r"^curl .*$", r"\]\((docs/[^)]+)\)"):
        found = [sorted(set(re.findall(pattern, text, re.MULTILINE))) for text in (english, chinese)]
        assert found[0] == found[1]
    assert len(HEADING.findall(english)) == len(HEADING.findall(chinese))


def test_the_tamper_matrix_is_the_one_that_is_tested() -> None:
    rows = re.findall(
        r"^\| (.+) \| (.+) \| (.+) \| `(test_\w+)` \|$", (ROOT / "docs/tamper-matrix.md").read_text(), re.MULTILINE
    )
    told = {(attack, witnessed): cell for attack, *cells, _ in rows for witnessed, cell in enumerate(cells)}
    assert told == {
        (cell.attack, cell.witnessed): f"**{cell.detected_by or 'nothing'}**: {cell.explanation}" for cell in MATRIX
    }
    source = (ROOT / "tests/tamper/test_matrix.py").read_text()
    for attack, *_, test in rows:
        assert f'@in_cell("{attack}")\ndef {test}(' in source


def test_every_test_that_a_page_names_exists() -> None:
    sources = "\n".join(path.read_text() for path in ROOT.glob("tests/**/*.py"))
    for page in PAGES:
        for name in re.findall(r"`(test_\w+)`", page.read_text()):
            assert f"def {name}(" in sources, (page, name)
        for path in re.findall(r"`((?:tests|docs|config|deploy|expertpool)/[\w./-]+)`", page.read_text()):
            assert "NAME" in path or (ROOT / path).exists(), (page, path)


def test_every_error_is_documented() -> None:
    again = "write it again: python -m tests.docs.errors > docs/errors.md"
    assert (ROOT / "docs/errors.md").read_text() == error_table(), again


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    records = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        lines = path.read_text().splitlines()
        assert lines[0].startswith(f"# {int(path.name[:4])}. "), path
        assert len(lines) <= 40, path


def test_the_picture_of_a_replay_names_every_step() -> None:
    picture = (ROOT / "docs" / "images" / "replay.svg").read_text("utf-8")
    named = re.findall(r'<text class="small dim mid"[^>]*>([^<]*)</text>', picture)
    assert sorted(re.findall(r"[a-z-]+", " ".join(named))) == sorted([*CHECKS, "only-intent", "only-roster"])


def tracked() -> list[Path]:
    """Files that belong to the repository, without those that are not text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nobody can tell which files belong to it")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


# Spelt in parts, so that this file does not find itself.
NOT_OURS = {
    "a path of somebody's machine": re.compile("(?<![\\w.])/" + r"(?:home/[a-z]|Users/[A-Z]|wo" + "rk/|ro" + "ot/)"),
    "a folder beside the repository": re.compile(r"\.\./" + "shared"),
    "a registry's host": re.compile(
        "py" + r"pi\.org|files\.python" + r"hosted|registry\.npm" + r"js|index-" + "url(?! )"
    ),
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_nothing_of_a_machine_or_a_registry_is_in_a_file(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        for match in NOT_OURS[what].finditer(path.read_text("utf-8", "replace"))
    ]
    assert found == []
