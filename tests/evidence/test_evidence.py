"""The evidence holds what it claims, and page, pictures and data say the same."""

import re
from pathlib import Path
from typing import Any

import pytest

from expertpool.audit import evidence_pictures as pictures
from expertpool.audit import evidence_words as words
from expertpool.audit.evidence import evidence
from expertpool.audit.evidence_tables import HONEST_MOST, chance, tables
from tests.evidence.__main__ import PARTS, main
from tests.evidence.document import IMAGES, PAGE, drawn, text
from tests.protocol.chi_squared import REGISTERED
from tests.protocol.test_uniformity import BIASED, PANELS, VACANCIES
from tests.tamper.test_matrix import MATRIX

ROOT = Path(__file__).parents[2]
MEASURED = evidence()


def in_chinese(zh: str, _: str) -> str:
    return zh


def test_page_and_pictures_are_what_the_data_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(MEASURED), "write it again: make evidence PARTS=tamper"
    for name, svg in drawn(MEASURED).items():
        assert (IMAGES / name).read_text(encoding="utf-8") == svg


def test_every_part_says_when_where_and_how_it_was_measured() -> None:
    assert [*MEASURED] == [*PARTS]
    for part in MEASURED.values():
        run = part["run"]
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", run["date"])
        assert re.fullmatch(r"[0-9a-f]{12}", run["commit"])
        assert run["command"].startswith(("make ", "python -m "))
        assert run["seconds"] > 0
        assert "cores" in run["machine"]


def test_what_is_fair_is_above_the_gate_and_what_is_not_is_below() -> None:
    part = MEASURED["uniformity"]
    assert part["gate"] == REGISTERED
    assert {each["case"] for each in part["tests"]} == {*PANELS, *VACANCIES, "a panel and two vacancies"}
    assert min(each["p"] for each in part["tests"]) > REGISTERED > max(each["p"] for each in part["biased"])
    assert {each["case"] for each in part["biased"]} == BIASED.keys()
    assert sum(part["spread"]["fair"]) == sum(part["spread"]["biased"]) == part["draws"]


def test_the_thief_guesses_no_better_than_luck() -> None:
    part = MEASURED["game"]
    assert part["seats"] >= 1000
    assert part["leaks"] >= 1
    for each in (part["committee"], part["seat"]):
        assert each["least"] <= each["worst"] <= each["best"] <= each["most"]
        assert each["least"] < each["chance"] < each["most"]


def test_the_replayers_never_disagreed() -> None:
    part = MEASURED["agreement"]
    assert part["disagreements"] == 0
    assert part["valid"] == {"proven": part["count"]}
    assert sum(part["mutated"].values()) == part["count"]
    assert sum(part["steps"].values()) == part["mutated"]["refuted"] > part["count"] / 2


def test_every_attack_failed() -> None:
    cells = [{"attack": cell.attack, "witnessed": cell.witnessed, "by": cell.detected_by} for cell in MATRIX]
    assert MEASURED["tamper"]["cells"] == cells
    assert MEASURED["tamper"]["tried"] == len(cells)
    for part in ("tamper", "foreign"):
        assert MEASURED[part]["tests"]["failed"] == 0
    for suite in MEASURED["attacks"]["suites"]:
        assert suite["failed"] == 0 < suite["passed"]
        assert (ROOT / suite["file"]).exists()


def test_we_are_ahead_of_the_peer_at_every_size_and_can_draw_again() -> None:
    for each in MEASURED["peer"]["sizes"]:
        assert each["ratio"] > 1
        assert (each["ours_again"], each["ours_in_another_order"]) == (True, True)
        assert (each["theirs_again"], each["theirs_seeded_in_another_order"]) == (False, False)


def test_honest_panels_are_left_alone_and_a_favour_is_found() -> None:
    part = MEASURED["alerts"]
    assert {(each["kind"], each["members"]) for each in part["honest"]} == {
        (kind, size) for kind in ("model", "real") for size in (5, 7)
    }
    for each in (*part["honest"], *part["accumulated"]):
        assert each["rate"] < HONEST_MOST
    for each in part["honest"][:2]:
        assert each["most"] < HONEST_MOST
    for size in part["power"]:
        shares = [each["over_ten"] for each in size["found"]]
        assert shares == sorted(shares)
        assert shares[-1] > 0.99


@pytest.mark.parametrize("t", [in_chinese, lambda _, en: en], ids=["zh", "en"])
def test_everything_has_a_name_in_both_languages(t: Any) -> None:
    for table in tables(MEASURED, t).values():
        assert {len(row) for row in table.rows} == {len(table.heads)}
        assert all(cell.text for row in table.rows for cell in row)
    for named in (words.CASES, words.KINDS, words.TAMPERING, words.FOUND_BY, words.ATTACKS, words.AGAIN, words.HONEST):
        assert all(re.search("[\u4e00-\u9fff]", said.zh) and said.en.isascii() for said in named.values())


@pytest.mark.parametrize(
    ("p", "told"), [(0.5904, "0.590"), (5e-4, "0.001"), (4e-4, "4e-04"), (2.49e-130, "2e-130"), (0.0, "< 1e-300")]
)
def test_a_chance_is_told_as_a_reader_bears_it(p: float, told: str) -> None:
    assert chance(p) == told


def test_words_in_a_picture_are_never_markup() -> None:
    said = pictures.beside({"sizes": [{"size": 1, "seats": 1, "ours": 0.1, "theirs": 0.2}]}, lambda *_: "<&{0}{1}")
    assert "<&" not in said
    assert "&lt;&amp;11" in said


def test_a_part_that_there_is_not_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["magic"]) == 2
    assert "uniformity" in capsys.readouterr().err
