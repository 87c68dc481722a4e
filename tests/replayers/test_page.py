"""The replayer's page: no network, nothing inline, one library that was reviewed, and small enough to read."""

import hashlib
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from expertpool.audit.replayer_pages import FOLDER, NO_NETWORK
from tests.browser import Browser
from tests.website import Website, opened

ROOT = Path(__file__).parents[2]
PAGE = (FOLDER / "index.html").read_text()
SCRIPTS = re.findall(r'<script src="([^"]*)"></script>', PAGE)
OWN = [path for path in sorted(FOLDER.iterdir()) if path.suffix in {".js", ".css", ".html"} and path.stem != "noble"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    folder = tmp_path_factory.mktemp("site")
    with opened(f"sqlite:///{folder / 'site.db'}", folder) as website:
        yield website


def test_the_page_names_every_script_and_no_other() -> None:
    assert sorted(SCRIPTS) == [path.name for path in sorted(FOLDER.glob("*.js"))]
    assert PAGE.count("<script") == len(SCRIPTS)


def test_nothing_stands_inline() -> None:
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", PAGE) == []


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_each_file_can_be_read_and_asks_for_nothing(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    reaching = (
        r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(|eval\(|innerHTML|localStorage|cookie|url\(|@import"
    )
    assert re.findall(reaching, text) == []
    assert set(re.findall(r"https?://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_library_is_the_one_that_was_reviewed() -> None:
    [expected] = re.findall(
        r"^NOBLE_HASH=([0-9a-f]{64})$", (ROOT / "deploy" / "vendor-assets.sh").read_text(), re.MULTILINE
    )
    assert hashlib.sha256((FOLDER / "noble.js").read_bytes()).hexdigest() == expected
    assert "MIT License" in (FOLDER / "noble.LICENSE").read_text()


def test_everyone_gets_it_without_an_account_or_a_network(site: Website) -> None:
    browser = Browser(site)
    page = browser.get("/ledger/replay/?lang=en")
    assert page.text == PAGE
    assert "connect-src" not in page.headers["Content-Security-Policy"]
    for name in (*SCRIPTS, "replayer.css", "report.css", "noble.LICENSE"):
        answer = browser.get(f"/ledger/replay/{name}")
        assert (answer.status_code, answer.data) == (200, (FOLDER / name).read_bytes())
        assert answer.headers["Content-Security-Policy"] == NO_NETWORK
    assert browser.get("/ledger/replay/nothing.js").status_code == 404
    assert browser.get("/ledger/replay/..%2Fpages.py").status_code == 404


def test_it_can_be_taken_along(site: Website) -> None:
    answer = Browser(site).get("/ledger/replayer.zip")
    with ZipFile(BytesIO(answer.data)) as archive:
        assert {Path(name).name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in FOLDER.iterdir()
        }
        assert {Path(name).parent.name for name in archive.namelist()} == {"expertpool-replayer"}
