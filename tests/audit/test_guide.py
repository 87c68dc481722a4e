"""The situation guide: every amber or red state that the code can show has an entry, in both languages, with ground."""

import re
from pathlib import Path

import pytest

from expertpool.assessments import case_pages
from expertpool.assessments import desk as assessments
from expertpool.audit import draw_pages, guide, watching
from expertpool.draws import desk_queries
from expertpool.draws.desk_queries import SeatShown, Tone
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import SeatState
from expertpool.experts.eligibility_queries import Abundance
from expertpool.invitations import preflight
from expertpool.payouts import desk_words as fee_words
from expertpool.sessions import desk_words
from expertpool.sessions.desk_words import Waits
from policies.library import shipped
from policies.rulebook import Label
from tests.audit.public_draw import Checker
from tests.browser import Browser
from tests.website import Website

DOCUMENT = Path(__file__).parents[2] / "docs" / "guide.md"
BOOKS = shipped().editions()
[*_, NATIONAL] = [book for book in BOOKS if book.layers[-1].book == "national"]


def states() -> set[str]:
    """Whatever the desks can show in amber or red."""
    found = {f"draw-{state.value}" for state in DrawState if desk_queries.tone_of_draw(state) is not Tone.GREEN}
    found |= {seat.situation for state in SeatState if (seat := SeatShown("X", state)).tone is not Tone.GREEN}
    found |= {f"contribution-{state.value}" for state, tone in watching.TONES.items() if tone is not Tone.GREEN}
    found |= {f"release-{state.value}" for state, (*_, tone) in draw_pages.RELEASES.items() if tone != "green"}
    found |= {f"pool-{each.value}" for each in Abundance if each is not Abundance.ENOUGH}
    told = (*vars(desk_words).values(), *vars(fee_words).values())
    waits = [each for each in told if isinstance(each, Waits)]
    found |= {each.situation for each in waits if each.tone != "green" and each.situation is not None}
    assert all(each.situation for each in waits if each.tone != "green")
    source = Path(preflight.__file__).read_text("utf-8")
    found |= {f"preflight-{name}" for name in re.findall(r'"preflight\.([a-z-]+)"', source)}
    found |= {f"assessment-{state.value}" for state, tone in assessments.TONES.items() if tone != "green"}
    found |= {f"case-{state.value}" for state, tone in case_pages.TONES.items() if tone != "green"}
    found |= {"assessment-due", "appeal-filed", "explanation-awaited"}
    return found | {"draw-none", "session-postponed", "seat-unreached"}


def test_every_amber_or_red_state_has_one_entry() -> None:
    told = [state for each in guide.situations() for state in each.states]
    assert len(told) == len(set(told))
    assert states() - set(told) == set()
    assert {state for state in told if not state.startswith("holder-")} - states() == set()


def test_no_green_state_has_one() -> None:
    told = set(guide.by_state())
    green = {f"draw-{state.value}" for state in DrawState if desk_queries.tone_of_draw(state) is Tone.GREEN}
    assert len(green) >= 3
    assert green & told == set()


@pytest.mark.parametrize("each", guide.situations(), ids=lambda each: each.name)
def test_an_entry_is_whole(each: guide.Situation) -> None:
    for text in (each.title, each.happened, each.says, each.act, each.call):
        assert text.zh.strip()
        assert text.en.strip()
        assert re.search(r"[\u4e00-\u9fff]", text.zh)
        assert not re.search(r"[\u4e00-\u9fff]", text.en)
    assert each.group in guide.GROUPS
    for book in BOOKS:
        assert each.grounds(book)
    assert set(each.rules) <= NATIONAL.rules.keys()


def test_what_is_ours_is_not_said_to_be_law() -> None:
    own = [each for each in guide.situations() if not each.rules]
    assert len(own) > 5
    assert {ground.label for each in own for ground in each.grounds(NATIONAL)} == {Label.PRODUCT_DEFAULT}
    drawn = guide.by_state()["draw-aborted"].grounds(NATIONAL)
    assert any(ground.label is Label.LAW and "第四十六条" in ground.article for ground in drawn)


def test_the_document_is_made_from_the_same() -> None:
    """If not: ``expertpool docs guide > docs/guide.md``."""
    assert DOCUMENT.read_text("utf-8") == guide.guide_text(NATIONAL)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_every_state_as_a_place(site: Website, language: str) -> None:
    answer = Browser(site).get(f"/guide?lang={language}")
    assert answer.status_code == 200
    tags = Checker(answer.text).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert states() <= set(ids)
    wanted = {str(attributes["href"]) for tag, attributes in tags if tag == "a" and "href" in attributes}
    assert {f"#{each.name}" for each in guide.situations()} <= wanted
