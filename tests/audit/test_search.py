"""Searching the ledger: index and entries agree, bad input is explained, and no person's day can be listed."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy.orm import Session

from expertpool.audit import queries
from expertpool.audit.field_words import FIELDS
from expertpool.audit.indexing import BATCH, MOST_AT_ONCE, entries_read, follow
from expertpool.audit.queries import Chain, Wanted
from expertpool.audit.searching import (
    HASH_TOO_SHORT,
    NO_ACCOUNTS,
    NO_SUCH_DAY,
    NO_SUCH_ENTRY,
    NO_SUCH_KIND,
    NO_SUCH_PAGE,
    NOT_UNDERSTOOD,
    read_search,
)
from expertpool.audit.terms import day_term, hash_term, kind_term, terms_of, thing_term
from expertpool.audit.words import KINDS, telling, title
from expertpool.cli.worker_command import FOLLOW_EVERY, collect_following
from expertpool.core.clock import FixedClock
from expertpool.core.events import EVENT_KINDS
from expertpool.core.ledger_store import SqlLog
from expertpool.core.rooms import load_rooms
from expertpool.core.upkeep import Upkeep
from ledger.entry import Draft, Entry, parse_entry
from tests.audit.public_draw import DRAW, append, prove, tell_draw
from tests.audit.test_read_path import grow
from tests.browser import Browser
from tests.website import Website

NOW = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)  # one second before midnight in Beijing
ID = "ses_0" + "z" * 25


def all_entries(site: Website) -> list[Entry]:
    log = SqlLog(site.service.engine)
    return [parse_entry(data) for data in log.entries(0, log.head().size)]


def read(given: dict[str, str], size: int = 100) -> tuple[Wanted, int | None, dict[str, tuple[str, str]]]:
    asked = read_search(given, size)
    return asked.wanted, asked.number, asked.wrong


@pytest.mark.parametrize(
    ("text", "wanted", "number"),
    [
        ("", Wanted(), None),
        ("  ", Wanted(), None),
        ("0", Wanted(), 0),
        ("#99", Wanted(), 99),
        ("12345678", Wanted(prefix=hash_term("12345678")), None),
        ("ABCDEF01", Wanted(prefix=hash_term("abcdef01")), None),
        ("a" * 64, Wanted(prefix=hash_term("a" * 64)), None),
        (ID, Wanted((thing_term(ID),)), None),
        (f" {ID.upper()} ", Wanted((thing_term(ID),)), None),
    ],
)
def test_what_is_understood(text: str, wanted: Wanted, number: int | None) -> None:
    assert read({"q": text}) == (wanted, number, {})


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"q": "100"}, "q", NO_SUCH_ENTRY),
        ({"q": "abcdef0"}, "q", HASH_TOO_SHORT),
        ({"q": "a" * 65}, "q", NOT_UNDERSTOOD),
        ({"q": "act_0" + "z" * 25}, "q", NO_ACCOUNTS),
        ({"q": ID[:-1]}, "q", NOT_UNDERSTOOD),
        ({"q": "张三"}, "q", NOT_UNDERSTOOD),
        ({"q": "%' OR 1=1"}, "q", NOT_UNDERSTOOD),
        ({"kind": "draw.unknown"}, "kind", NO_SUCH_KIND),
        ({"day": "2026-02-30"}, "day", NO_SUCH_DAY),
        ({"day": "20261121"}, "day", NO_SUCH_DAY),
        ({"day": "1999-12-31"}, "day", NO_SUCH_DAY),
        ({"day": "2200-01-01"}, "day", NO_SUCH_DAY),
        ({"day": "2026-11-21T14:00"}, "day", NO_SUCH_DAY),
        ({"before": "0"}, "q", NO_SUCH_PAGE),
        ({"before": "101"}, "q", NO_SUCH_PAGE),
        ({"before": "x"}, "q", NO_SUCH_PAGE),
    ],
    ids=range(16),
)
def test_what_is_not_understood_is_explained(
    site: Website, given: dict[str, str], field: str, said: tuple[str, str]
) -> None:
    assert read(given)[2] == {field: said}
    prove(site)
    for language, text in zip(("zh", "en"), said, strict=True):
        answer = Browser(site).get("/ledger/search", query_string={**given, "lang": language})
        if "100" not in given.values() and "101" not in given.values():
            assert text in unescape(answer.text)
        assert answer.status_code == 422


def test_days_of_both_ends_are_days() -> None:
    for day in (date(2000, 1, 1), date(2199, 12, 31)):
        assert read({"day": day.isoformat()}) == (Wanted((day_term(day),)), None, {})


def test_an_entry_is_found_by_its_day_in_beijing_and_by_things_only() -> None:
    log = append_nowhere(
        Draft("draw.signed-in", "act_x", NOW, {"draw": DRAW, "seat": "AB12", "site": "s", "account": "act_y"})
    )
    assert set(terms_of(log)) == {
        b"kind=draw.signed-in",
        b"day=2026-11-21",
        hash_term(log.hash.hex()),
        thing_term(DRAW),
    }
    later = append_nowhere(Draft("draw.closed", "svc:x", NOW + timedelta(seconds=1), {"draw": ["no", "text"]}))
    assert set(terms_of(later)) == {b"kind=draw.closed", b"day=2026-11-22", hash_term(later.hash.hex())}


def append_nowhere(draft: Draft) -> Entry:
    from ledger.entry import make_entry

    return make_entry(draft, 0, None)


def test_index_and_entries_agree(either_site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the index ends: the same entries, in the same order, as who reads the whole ledger finds."""
    site = either_site
    tell_draw(site)
    monkeypatch.setattr("expertpool.audit.indexing.BATCH", 7)
    monkeypatch.setattr("expertpool.audit.indexing.MOST_AT_ONCE", 1)
    everything = all_entries(site)
    newest = everything[-1]
    looked_for = [
        Wanted((thing_term(DRAW),)),
        Wanted((kind_term("draw.vacated"),)),
        Wanted((kind_term("draw.vacated"), thing_term(DRAW))),
        Wanted((kind_term("actor.registered"), thing_term(DRAW))),
        Wanted(prefix=hash_term(newest.hash.hex()[:8])),
        Wanted((kind_term(newest.kind),), hash_term(newest.hash.hex())),
        Wanted(prefix=hash_term("0" * 8)),
        *(Wanted((day_term(day),)) for day in (date(2026, 11, 21), date(1999, 1, 1))),
    ]
    for _ in range(len(everything) // 7 + 2):
        with Session(site.service.engine) as session:
            for size in (len(everything), len(everything) - 3):
                chain = Chain(session, size)
                assert not chain.gap
                for wanted in looked_for:
                    right = [entry for entry in reversed(everything[:size]) if wanted.fits(entry)]
                    assert chain.find(wanted, limit=500) == right
                    assert chain.find(wanted, below=20, limit=2) == [each for each in right if each.index < 20][:2]
        follow(site.service.engine, NOW)
    with site.service.engine.connect() as connection:
        assert entries_read(connection) == len(everything)


def test_a_worker_reads_what_comes_and_nothing_twice(site: Website) -> None:
    for _ in range(2):
        follow(site.service.engine, NOW)
        follow(site.service.engine, NOW)
        grow(site, 3, f"more-{len(all_entries(site))}")
    follow(site.service.engine, NOW)
    with Session(site.service.engine) as session:
        assert entries_read(session.connection()) == len(all_entries(site))
    assert BATCH * MOST_AT_ONCE <= 10_000


def test_the_worker_follows_all_day(site: Website) -> None:
    clock = FixedClock(NOW)
    following = Upkeep(site.service.engine, clock, collect_following(), FOLLOW_EVERY)
    for step, right in (
        (timedelta(0), 7),
        (FOLLOW_EVERY - timedelta(microseconds=1), 7),
        (timedelta(microseconds=1), 9),
    ):
        clock.advance(step)
        following.run_due()
        with site.service.engine.connect() as connection:
            assert entries_read(connection) == right
        if step == timedelta(0):
            grow(site, 2)


def test_a_worker_that_is_behind_is_told_and_nothing_long_is_read(
    site: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "TAIL", 5)
    follow(site.service.engine, NOW)
    grow(site, 9)
    prove(site)
    with Session(site.service.engine) as session:
        assert Chain(session, 16).gap == range(7, 11)
        assert not Chain(session, 12).gap
    html = unescape(Browser(site).get("/ledger/search?kind=actor.registered").text)
    assert "第 7 至 10 条还没有编入索引" in html
    follow(site.service.engine, NOW)
    assert "还没有编入索引" not in unescape(Browser(site).get("/ledger/search?kind=actor.registered").text)


def test_results_are_paged_without_gap(site: Website) -> None:
    grow(site, 60)
    prove(site)
    follow(site.service.engine, NOW)
    grow(site, 10, "late")
    prove(site)
    seen: list[int] = []
    query = "?kind=actor.registered"
    pages = 0
    while query:
        html = unescape(Browser(site).get(f"/ledger/search{query}").text)
        seen += [int(number) for number in re.findall(r'class="entry-index" href="/ledger/entries/(\d+)"', html)]
        further = re.search(r'href="(\?[^"]*before=\d+)"', html)
        query = further[1] if further else ""
        pages += 1
    registered = [entry.index for entry in all_entries(site) if entry.kind == "actor.registered"]
    assert seen == registered[::-1]
    assert pages == -(-len(registered) // 25)


def test_a_number_leads_to_its_entry(site: Website) -> None:
    prove(site)
    answer = Browser(site).get("/ledger/search?q=%233")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ledger/entries/3")
    right = unescape(Browser(site).get("/ledger/search?q=0&kind=centre.opened").text)
    assert 'href="/ledger/entries/0"' in right
    assert "没有找到" in unescape(Browser(site).get("/ledger/search?q=0&kind=draw.closed").text)


def test_every_kind_and_every_field_in_the_clear_has_words() -> None:
    load_rooms("events")
    product = {kind: made for kind, made in EVENT_KINDS.items() if made.__module__.startswith("expertpool.")}
    assert product.keys() == KINDS.keys()
    for kind, made in product.items():
        fields = made.field_names(shown=True)
        assert set(fields) <= FIELDS.keys(), kind
        words = KINDS[kind]
        for said in (words.says_zh, words.says_en):
            assert set(re.findall(r"\{(\w+)\}", said)) <= set(fields), kind
        assert bool(words.says_zh) == bool(words.says_en)
        assert re.search(r"[\u4e00-\u9fff]", words.zh)
        assert not re.search(r"[\u4e00-\u9fff]", words.en + words.says_en)


def test_an_entry_without_what_its_words_need_is_told_all_the_same() -> None:
    odd = append_nowhere(Draft("draw.vacated", "svc:x", NOW, {}))
    assert telling(odd, {}, "en") == "Seat — is vacant: logged first, then drawn again. Why is not shown."
    assert title("no.such", "zh") == "no.such"


def test_the_draw_of_the_tests_is_indexed_as_such(site: Website) -> None:
    tell_draw(site)
    append(site, [Draft("draw.closed", "svc:x", NOW, {"draw": "drw_other"})])
    prove(site)
    html = unescape(Browser(site).get(f"/ledger/search?q={DRAW}&kind=draw.completed").text)
    assert html.count('class="entry"') == 1
