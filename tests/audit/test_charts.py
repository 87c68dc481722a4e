"""Charts count draws that closed, from public entries; the table beside them says the same without a script."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from expertpool.audit.indexing import follow
from expertpool.audit.ledger_pages import last_months
from ledger.entry import Draft
from tests.audit.public_draw import DRAW, Checker, append, prove
from tests.audit.test_ledger_pages import NOW, shown
from tests.browser import Browser
from tests.website import Website

OTHER = "drw_2" + "0" * 25
ROWS: dict[str, Any] = {"rows": {"count": 1, "root": "0" * 64}}


def act(site: Website, kind: str, draw: str = DRAW, *, days: int = 0, **body: Any) -> Draft:
    at = site.service.clock.now() - timedelta(days=days)
    return Draft(kind, "svc:vault", at, {"draw": draw, "intent": 1, **body})


def counted(site: Website) -> dict[str, tuple[int, ...]]:
    """By month, the months of nothing apart: draws, declined, recused, unfilled."""
    prove(site)
    follow(site.service.engine, NOW)
    rows = re.findall(r'<tr><th scope="row"[^>]*>([0-9-]+)</th>(.*?)</tr>', shown(site, "/ledger/charts"))
    found = {month: tuple(int(each) for each in re.findall(r">(\d+)</td>", cells)) for month, cells in rows}
    return {month: numbers for month, numbers in found.items() if any(numbers)}


def test_nothing_is_counted_before_the_close(site: Website) -> None:
    append(site, [act(site, "draw.vacated", seat="AB12"), act(site, "draw.seat-lost", seat="AB12")])
    assert counted(site) == {}
    page = shown(site, "/ledger/charts")
    assert "还没有归档的抽取" in page
    assert "echarts" not in page
    append(site, [act(site, "draw.closed", OTHER)])
    (numbers,) = counted(site).values()
    assert numbers == (1, 0, 0, 0)
    append(site, [act(site, "draw.closed")])
    (numbers,) = counted(site).values()
    assert numbers == (2, 1, 0, 1)


def test_recusals_at_the_opening_are_those_of_its_act_and_no_others(site: Website) -> None:
    """Two seats fall vacant by the list, one is lost past the cap and one right after it by a person."""
    append(
        site,
        [
            act(site, "draw.vacated", seat="AA11", **ROWS),
            act(site, "draw.vacated", OTHER, seat="ZZ11", **ROWS),
            act(site, "draw.bidders-opened", vacancies=1),
            act(site, "draw.vacated", seat="BB22"),
            act(site, "draw.vacated", seat="CC33"),
            act(site, "draw.seat-lost", seat="DD44", **ROWS),
            act(site, "draw.vacated", seat="EE55", **ROWS),
            act(site, "draw.vacancy-exhausted", seat="EE55", **ROWS),
            act(site, "draw.closed", **ROWS),
        ],
    )
    (numbers,) = counted(site).values()
    assert numbers == (1, 2, 2, 2)


def test_a_list_that_strikes_nobody_makes_no_recusal(site: Website) -> None:
    append(
        site,
        [
            act(site, "draw.bidders-opened", vacancies=0, **ROWS),
            act(site, "draw.vacated", seat="AA11", **ROWS),
            act(site, "draw.closed", **ROWS),
        ],
    )
    (numbers,) = counted(site).values()
    assert numbers == (1, 1, 0, 0)


def test_a_draw_counts_in_the_month_of_its_close(site: Website) -> None:
    append(site, [act(site, "draw.vacated", days=70, seat="AA11"), act(site, "draw.closed", days=40)])
    append(site, [act(site, "draw.closed", OTHER, days=400)])
    with site.app.test_request_context():
        months = last_months()
    assert len(months) == 12
    found = counted(site)
    assert list(found.values()) == [(1, 1, 0, 0)]
    assert set(found) <= set(months[:-1])


def test_the_page_is_sound_and_light_and_asks_little(site: Website) -> None:
    append(site, [act(site, "draw.closed")])
    counted(site)
    statements: list[str] = []
    event.listen(site.service.engine, "before_cursor_execute", lambda _c, _cur, text, *_: statements.append(text))
    answer = Browser(site).get("/ledger/charts?lang=en")
    assert 0 < len(statements) <= 10
    tags = Checker(answer.text).tags
    names = {str(attributes["data-name"]) for tag, attributes in tags if tag == "th" and "data-name" in attributes}
    drawn = [str(attributes["data-series"]) for _, attributes in tags if "data-series" in attributes]
    assert names == {name for each in drawn for name in each.split()}
    for tag, attributes in tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        assert tag != "script" or attributes.get("src"), "no script in the page"
    assert "echarts" not in Browser(site).get("/ledger").text, "no other page loads it"
