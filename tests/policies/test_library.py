"""Which book is in force on a day, and what it builds on."""

from datetime import date
from pathlib import Path

import pytest

from policies.library import Library, open_library, shipped
from policies.loader import load
from policies.problems import BadInput, Problem
from tests.policies.test_loader import BASE


def edition(book: str, extends: str, *, starts: str, ends: str = "", level: str = "centre", least: int = 11) -> str:
    """Write a book that sets one parameter on top of another."""
    return (
        f'id = "{book}"\nlevel = "{level}"\ntitle = {{ zh = "书", en = "Book" }}\nextends = "{extends}"\n'
        f"effective_from = {starts}\n"
        + (f"effective_to = {ends}\n" if ends else "")
        + f'[rule.committee.size.roster]\nleast = {{ value = {least}, label = "local", article = "某办法" }}\n'
    )


NATIONAL = BASE.replace('level = "centre"', 'level = "national"').replace('id = "roster-demo"', 'id = "base"')


def library(*texts: str) -> Library:
    return Library([load(text, f"{number}.toml") for number, text in enumerate((NATIONAL, *texts))])


def only_problem(library: Library, book: str, on: date) -> Problem:
    with pytest.raises(BadInput) as raised:
        library.rulebook(book, on)
    (problem,) = raised.value.problems
    return problem


def test_the_shipped_books() -> None:
    assert shipped().ids() == ("demo-centre", "guangdong", "hubei", "hunan", "national", "roster-demo", "shenzhen")
    editions = [book.layers[0].book for book in shipped().editions()]
    assert editions == ["national", "guangdong", "hubei", "hunan", "demo-centre", "roster-demo", "shenzhen"]
    centre = shipped().rulebook("demo-centre", date(2026, 11, 21))
    assert [layer.book for layer in centre.layers] == ["national", "hunan", "demo-centre"]
    assert centre.setting("qualification.age", "govproc", "most").value == 68
    assert centre.setting("qualification.age", "govproc", "most").layer == "hunan"
    assert centre.applies("qualification.govproc", "govproc")
    assert not shipped().rulebook("national", date(2026, 11, 21)).applies("qualification.govproc", "govproc")
    assert len({shipped().rulebook(book, date(2026, 11, 21)).digest for book in shipped().ids()}) == 7


def test_the_edition_of_the_day_is_taken() -> None:
    books = library(
        edition("centre", "base", starts="2027-01-01", least=13),
        edition("centre", "base", starts="2026-01-01", ends="2026-12-31", least=11),
    )
    for on, least in (("2026-01-01", 11), ("2026-12-31", 11), ("2027-01-01", 13), ("2030-01-01", 13)):
        book = books.rulebook("centre", date.fromisoformat(on))
        assert book.setting("committee.size", "roster", "least").value == least
    assert [each.layers[0].effective_from.year for each in books.editions()] == [2020, 2026, 2027]
    gap = only_problem(books, "centre", date(2025, 12, 31))
    assert gap.field == "rulebook"
    assert gap.en == (
        "Rulebook “centre” is not in force on 2025-12-31 (first: 2026-01-01). "
        "Choose another day, or add an edition for it."
    )
    assert gap.zh == "规则库“centre”在 2025-12-31 未生效（最早 2026-01-01）。请换日期，或补充该日生效的版本。"


def test_what_a_book_builds_on_must_be_in_force_too() -> None:
    problem = only_problem(library(edition("centre", "base", starts="2019-01-01")), "centre", date(2019, 6, 1))
    assert problem.en.startswith("Rulebook “base” is not in force on 2019-06-01")


def test_two_editions_may_not_overlap() -> None:
    with pytest.raises(BadInput) as raised:
        library(
            edition("centre", "base", starts="2026-01-01", ends="2027-01-01"),
            edition("centre", "base", starts="2027-01-01"),
        )
    (problem,) = raised.value.problems
    assert (problem.field, problem.source) == ("effective_to", "1.toml")
    assert problem.en == (
        "Two editions of “centre” are in force on 2027-01-01 (1.toml, 2.toml). "
        "Give the earlier one an effective_to before that day."
    )
    assert problem.zh == (
        "“centre”的两个版本在 2027-01-01 同时有效（1.toml、2.toml）。请给前一版填写早于该日的 effective_to。"
    )


def test_editions_that_follow_each_other_may_leave_no_gap() -> None:
    books = library(
        edition("centre", "base", starts="2026-01-01", ends="2026-12-31"),
        edition("centre", "base", starts="2027-01-01"),
    )
    assert books.ids() == ("base", "centre")


def test_an_unknown_book_is_explained() -> None:
    problem = only_problem(library(), "bass", date(2026, 1, 1))
    assert problem.field == "rulebook"
    assert problem.en == "There is no rulebook “bass”. Did you mean “base”?"
    assert problem.zh == "没有规则库“bass”。是否应为“base”？"


@pytest.mark.parametrize("level", ["province", "centre"])
def test_the_chain_goes_down_from_nation_to_centre(level: str) -> None:
    books = library(
        edition("province", "base", starts="2026-01-01", level="province"),
        edition("other", "province", starts="2026-01-01", level=level),
    )
    if level == "centre":
        merged = books.rulebook("other", date(2026, 1, 1))
        assert [layer.book for layer in merged.layers] == ["base", "province", "other"]
        return
    problem = only_problem(books, "other", date(2026, 1, 1))
    assert (problem.field, problem.source) == ("extends", "2.toml")
    assert problem.en == (
        f"“other” ({level}) cannot extend “province” (province). The order is nation, province, centre."
    )
    assert problem.zh == f"“other”（{level}）不能以“province”（province）为上层。顺序为：国家、省、中心。"


def test_a_book_cannot_build_on_itself() -> None:
    problem = only_problem(library(edition("self", "self", starts="2026-01-01")), "self", date(2026, 1, 1))
    assert problem.field == "extends"


def test_a_loosened_figure_is_found_when_the_book_is_taken() -> None:
    books = library(edition("centre", "base", starts="2026-01-01", least=9))
    problem = only_problem(books, "centre", date(2026, 1, 1))
    assert problem.field == "rule.committee.size.roster.least"
    assert (problem.source, problem.line) == ("1.toml", 7)


OURS = """id = "our-centre"
level = "centre"
title = { zh = "本中心规则库", en = "Our centre's rulebook" }
extends = "hunan"
effective_from = 2025-01-01
"""


def over_national(setting: str) -> Library:
    """Put a centre's single setting on the shipped books."""
    return Library([*shipped().editions(), load(OURS + setting, "our-centre.toml")])


@pytest.mark.parametrize(
    ("rule", "name", "tighter", "looser"),
    [
        ("committee.size.tender", "least", "7", "3"),
        ("committee.experts.tender", "least", '"3/4"', '"1/2"'),
        ("committee.odd.tender", "on", "true", "false"),
        ("qualification.tender.tender", "years", "10", "7"),
        ("qualification.age.govproc", "most", "65", "69"),
        ("recusal.employment.govproc", "years", "5", "2"),
        ("recusal.kinship.tender", "posts", '["self", "principal", "staff"]', '["principal"]'),
        ("window.working_days.govproc", "days", "1", "3"),
        ("service.release.tender", "public", '"never"', '"closed"'),
    ],
)
def test_a_centre_may_tighten_the_law_but_not_loosen_it(rule: str, name: str, tighter: str, looser: str) -> None:
    def setting(value: str) -> str:
        return f'[rule.{rule}]\n{name} = {{ value = {value}, label = "local", article = "本中心办法" }}\n'

    book = over_national(setting(tighter)).rulebook("our-centre", date(2026, 11, 21))
    family, member, regime = rule.split(".")
    assert book.setting(f"{family}.{member}", regime, name).layer == "our-centre"
    problem = only_problem(over_national(setting(looser)), "our-centre", date(2026, 11, 21))
    assert (problem.field, problem.source, problem.line) == (f"rule.{rule}.{name}", "our-centre.toml", 7)


def test_a_folder_tells_the_problems_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("id = ", encoding="utf-8")
    (tmp_path / "b.toml").write_text(
        NATIONAL.replace("[rule.committee.odd.roster]", "[rule.committee.od.roster]"), encoding="utf-8"
    )
    (tmp_path / "notes.txt").write_text("not a book", encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        open_library(tmp_path)
    assert [problem.source for problem in raised.value.problems][:2] == ["a.toml", "b.toml"]
    (tmp_path / "a.toml").unlink()
    (tmp_path / "b.toml").write_text(NATIONAL, encoding="utf-8")
    assert open_library(tmp_path).ids() == ("base",)
