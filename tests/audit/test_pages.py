"""The status page: what it says of the ledger, in both languages, without script, whatever state the ledger is in."""

import json
import re
import shlex
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from expertpool.core.clock import FixedClock
from ledger.checkpoint import parse_signed_checkpoint
from ledger.cli import main
from tests.audit.test_read_path import grow, listening
from tests.website import Website, opened

VOID = {"meta", "link", "img", "br"}


class Checker(HTMLParser):
    """Collects tags, and checks that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(site: Website, **more: Any) -> str:
    answer = site.client.get("/", **more)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    return unescape(answer.text)


def trust(site: Website) -> None:
    """Put the policy where the installation looks for it."""
    path = site.service.settings.ledger.witness_policy
    assert path is not None
    path.write_text(site.service.policy_text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_sound_html_without_script(site: Website, language: str) -> None:
    site.service.signer.step()
    checker = Checker()
    checker.feed(site.client.get(f"/?lang={language}").text)
    assert checker.open == []
    names = {tag for tag, _ in checker.tags}
    assert not names & {"script", "style", "iframe", "form"}
    for tag, attributes in checker.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        for link in (attributes.get("href"), attributes.get("src")):
            assert link is None or "//" not in link, "nothing is fetched from elsewhere"
    assert ("html", {"lang": "zh-CN" if language == "zh" else "en"}) in checker.tags
    headings = [tag for tag, _ in checker.tags if tag in ("h1", "h2")]
    assert headings == ["h1", "h2", "h2"]


def test_every_link_of_the_page_leads_somewhere(site: Website) -> None:
    site.service.signer.step()
    checker = Checker()
    checker.feed(site.client.get("/").text)
    links = {attributes.get("href") or attributes.get("src") for _, attributes in checker.tags} - {None, "#main"}
    assert len(links) >= 6
    for link in links:
        assert link is not None
        with site.client.get("/" + link.removeprefix("./").removeprefix("/")) as answer:
            assert answer.status_code == 200, link


def test_the_reader_chooses_the_language(site: Website) -> None:
    assert "公开账本" in page(site)
    assert "演示公共资源交易中心" in page(site)
    english = page(site, headers={"Accept-Language": "en-US,en"})
    assert "Public ledger" in english
    assert "Demonstration Trading Centre" in english
    assert page(site, query_string={"lang": "en"}) == english
    assert "公开账本" in page(site, query_string={"lang": "zh"}, headers={"Accept-Language": "en"})


def test_before_the_first_checkpoint(site: Website) -> None:
    text = page(site)
    assert "还没有签署过检查点" in text
    assert "ledger/proof" not in text


def test_height_root_and_time(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, clock=FixedClock(datetime(2026, 11, 21, 17, 5, 33, tzinfo=UTC))) as site:
        grow(site, 1300)
        site.service.signer.step()
        grow(site, 3, "unsigned")
        text = page(site)
        root = parse_signed_checkpoint(site.client.get("/ledger/checkpoint").data).checkpoint.text().split("\n")[2]
    assert '<p class="figure">1,307</p>' in text
    assert root in text
    assert "2026-11-22 01:05:33" in text  # in Beijing
    assert 'href="ledger/proof/1306"' in text


def test_the_page_says_who_vouches(site: Website) -> None:
    site.service.signer.step()
    assert "尚无外部共签方" in page(site)
    trust(site)
    waiting = page(site)
    assert "外部共签未达法定数" in waiting
    assert "市公证处" not in waiting
    site.service.cosign()
    vouched = page(site)
    assert "外部共签已达法定数" in vouched
    assert "市公证处" in vouched


def test_a_policy_that_asks_for_nobody_is_no_quorum(site: Website) -> None:
    """As `expertpool init` leaves it, before anybody outside was found."""
    site.service.signer.step()
    path = site.service.settings.ledger.witness_policy
    assert path is not None
    path.write_text("\n".join([site.service.policy_text.splitlines()[0], "quorum none", ""]))
    text = page(site)
    assert "外部共签未达法定数" in text
    assert "外部共签已达法定数" not in text


@pytest.mark.parametrize("text", ["not a policy", ""])
def test_a_policy_that_cannot_be_used_proves_nothing(site: Website, text: str) -> None:
    site.service.signer.step()
    trust(site)
    path = site.service.settings.ledger.witness_policy
    assert path is not None
    path.write_text(text)
    assert "尚无外部共签方" in page(site)


def test_names_from_the_settings_are_text_and_no_markup(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, SERVICE__NAME_ZH="<script>alert(1)</script>中心") as site:
        assert "<script" not in site.client.get("/").text


def test_the_two_commands_on_the_page_work(
    site: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.service.signer.step()
    shown = re.sub(r"<[^>]+>", "", "\n".join(re.findall(r"<pre[^>]*>.*?</pre>", page(site), re.DOTALL)))
    fetch, check = (shlex.split(line) for line in shown.splitlines())
    assert fetch[:2] == ["curl", "-O"]
    assert check[:3] == ["python", "-m", "ledger"]
    monkeypatch.chdir(tmp_path)
    kept = site.client.get(fetch[2].removeprefix(site.service.settings.service.base_url))
    Path(fetch[2].rpartition("/")[2]).write_bytes(kept.data)
    grow(site, 5)
    site.service.signer.step()
    with listening(site) as address:
        arguments = [word.replace(f"{site.service.settings.service.base_url}/ledger", address) for word in check[3:]]
        assert main([*arguments, "--json"]) == 3  # without --policy nothing is proven, and nothing is broken
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["size"], report["known"]) == ("not-proven", 12, ["checkpoint"])
