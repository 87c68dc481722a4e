"""The API's reference: every operation, in both languages, from here alone; and its words fit the description."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from expertpool.web.reference import Section, sections_of
from expertpool.web.reference_words import OPERATIONS, SECTIONS
from tests.website import Website, opened


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The page in both languages, and the description that it is made from."""
    folder: Path = tmp_path_factory.mktemp("reference")
    with opened(f"sqlite:///{folder / 'expertpool.db'}", folder) as site:
        return {
            "app": site.app,
            "zh": page(site, "zh"),
            "en": page(site, "en"),
            "description": site.client.get("/api/v1/openapi.json").get_json(),
        }


def page(site: Website, language: str) -> Any:
    answer = site.client.get(f"/api?lang={language}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer


def operations(description: dict[str, Any]) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in description["paths"].items()
        for method in methods
        if method != "parameters"
    }


def test_every_operation_and_section_is_told_in_chinese(shown: dict[str, Any]) -> None:
    """Add what is missing to expertpool/web/reference_words.py, and take out what is gone."""
    assert sorted(OPERATIONS) == sorted(operations(shown["description"]))
    assert set(SECTIONS) == {tag["name"] for tag in shown["description"]["tags"]}
    assert [
        words for words in (*OPERATIONS.values(), *SECTIONS.values()) if not re.search("[\u4e00-\u9fff]", words)
    ] == []


def test_every_operation_stands_on_the_page(shown: dict[str, Any]) -> None:
    for language in ("zh", "en"):
        text = shown[language].text
        anchors = re.findall(r'<details class="operation" id="([^"]+)">', text)
        assert len(anchors) == len(set(anchors)) == len(operations(shown["description"]))
    assert "为一个场次申请抽取" in shown["zh"].text
    assert "Apply for a session&#39;s draw" in shown["en"].text


def test_it_loads_nothing_from_elsewhere_and_runs_no_inline_script(shown: dict[str, Any]) -> None:
    text = shown["zh"].text
    assert all(address.startswith(("/", "?", "#")) for address in re.findall(r'(?:src|href)="([^"]*)"', text))
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son[a-z]+=", text)
    assert "script-src 'self'" in shown["zh"].headers["Content-Security-Policy"]
    assert len(shown["zh"].data) < 1_000_000


def test_the_call_that_it_prints_can_be_copied(shown: dict[str, Any]) -> None:
    made = {each.method + " " + each.path: each for part in sections(shown) for each in part.operations}
    amend = made["POST /api/v1/projects/{project_id}/amendment"]
    assert '-H "If-Match: $ETAG"' in amend.curl
    assert '-H "Idempotency-Key: $(uuidgen)"' in amend.curl
    for each in made.values():
        if found := re.search(r"-d '(.*)'$", each.curl, re.DOTALL):
            assert isinstance(json.loads(found[1]), dict), each.path
    listed = made["GET /api/v1/projects"]
    assert {"limit", "after", "If-None-Match"} <= {field.name for field in listed.takes}
    assert {"items", "items[].code", "next"} <= {field.name for field in listed.gives}
    assert listed.verb == "project.see"
    assert "429" in listed.statuses


def sections(shown: dict[str, Any]) -> list[Section]:
    """Made as the page makes them."""
    with shown["app"].test_request_context():
        return list(sections_of(shown["description"]))
