"""The evidence for readers: its figures, its pictures in the reader's language, and nothing inline."""

import pytest

from expertpool.audit.evidence import evidence
from tests.audit.public_draw import Checker
from tests.browser import Browser
from tests.website import Website


@pytest.mark.parametrize(("lang", "words"), [("zh", "本系统的抽取"), ("en", "Our draw")])
def test_the_page_shows_what_was_measured(site: Website, lang: str, words: str) -> None:
    answer = Browser(site).get(f"/evidence?lang={lang}")
    assert answer.status_code == 200
    for part in evidence().values():
        assert part["run"]["commit"] in answer.text
    assert f"{evidence()['agreement']['mutated']['refuted']:,}" in answer.text
    tags = Checker(answer.text).tags
    assert sum(attributes.get("class") == "evidence-picture" for tag, attributes in tags if tag == "svg") == 4
    assert words in answer.text
    for tag, attributes in tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        assert tag != "script" or attributes.get("src"), "no script in the page"


def test_the_ledgers_pages_lead_to_it(site: Website) -> None:
    assert 'href="/evidence"' in Browser(site).get("/ledger/verify").text
