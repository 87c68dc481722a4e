"""The specialty and area tables: whole, consistent, and explained when a code is not in them."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies
from policies import areas, specialties
from policies.problems import BadInput

DATA = Path(policies.__file__).parent / "data"
CODES = sorted(specialties.table("national", "2018"))


def test_the_national_table_has_1741_codes_at_four_levels() -> None:
    table = specialties.table("national", "2018").values()
    assert Counter(each.level for each in table) == {1: 3, 2: 30, 3: 256, 4: 1452}
    lines = (DATA / "specialties-2018.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1742  # with its heading: no code stands twice


def test_every_specialty_lies_one_level_below_its_parent() -> None:
    table = specialties.table("national", "2018")
    for each in table.values():
        assert each.name_zh
        assert each.level == (table[each.parent].level + 1 if each.parent else 1)
        assert each.code.startswith(each.parent)


def test_of_codes_that_stand_twice_in_the_source_the_name_fits_the_class() -> None:
    assert specialties.find("A040405").name_zh == "给水排水"
    assert specialties.find("B011305").name_zh == "卫星通信设备"


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_a_claim_covers_its_descendants_and_nothing_else(claimed: str, asked: str) -> None:
    covers = ("national", "2018", claimed) in specialties.claims_that_cover(asked)
    assert covers == asked.startswith(claimed)
    assert covers == (asked in specialties.descendants(claimed))
    assert covers == (claimed in [each.code for each in specialties.ancestors(asked)])


@given(st.sampled_from(CODES), st.integers(0, 4))
def test_each_level_that_the_ladder_climbs_opens_more(code: str, climbed: int) -> None:
    fewer = specialties.claims_that_cover(code, climbed=climbed)
    assert fewer <= specialties.claims_that_cover(code, climbed=climbed + 1)
    path = [each.code for each in specialties.ancestors(code)]
    opened = specialties.descendants(path[min(climbed, len(path) - 1)]) if climbed else frozenset()
    assert {key[2] for key in fewer} == opened | set(path)


@pytest.mark.parametrize(
    ("code", "en"),
    [
        (
            "A010199",
            (
                "There is no specialty code “A010199” (national/2018). Choose one under “A0101”: A010101 总体规划, "
                "A010102 公路, A010103 铁路, A010104 城市轨道交通, A010105 民航, A010106 水电."
            ),
        ),
        (
            "Z9",
            "There is no specialty code “Z9” (national/2018). Choose one under “all”: A 工程, B 货物, C 服务.",
        ),
    ],
)
def test_an_unknown_specialty_is_explained(code: str, en: str) -> None:
    with pytest.raises(BadInput) as raised:
        specialties.find(code)
    (problem,) = raised.value.problems
    assert (problem.field, problem.en) == ("code", en)
    assert f"没有专业代码“{code}”（national/2018）。" in problem.zh
    for refuse in (
        specialties.descendants,
        specialties.claims_that_cover,
        lambda code: list(specialties.ancestors(code)),
    ):
        with pytest.raises(BadInput):
            refuse(code)


def test_a_code_of_the_fourth_level_has_nothing_below() -> None:
    with pytest.raises(BadInput) as raised:
        specialties.find("A01010101")
    assert "可在“A010101”下选择，例如：。" in raised.value.problems[0].zh


@pytest.mark.parametrize(("scheme", "version"), [("national", "2031"), ("provincial", "2018")])
def test_an_unknown_scheme_is_explained(scheme: str, version: str) -> None:
    for refuse in (specialties.descendants, specialties.ancestors, specialties.claims_that_cover):
        with pytest.raises(BadInput):
            list(refuse("A", scheme=scheme, version=version))
    with pytest.raises(BadInput) as raised:
        specialties.find("A", scheme, version)
    (problem,) = raised.value.problems
    assert problem.field == "scheme"
    assert problem.en.startswith(f"There is no specialty scheme “{scheme}/{version}”. ")
    assert "national/2018" in problem.en
    assert problem.zh.startswith(f"没有专业分类“{scheme}/{version}”。")
    assert "national/2018" in problem.zh


def test_areas_are_six_digits_each_in_a_province() -> None:
    table = areas.table()
    in_force = {code for code, area in table.items() if not area.last_listed}
    assert (len(in_force), len(table) - len(in_force)) == (3212, 751)
    for code, area in table.items():
        assert len(code) == 6
        assert code.isdecimal()
        assert area.name_zh
        assert areas.province(code) in in_force


def test_a_successor_is_in_force_and_in_the_same_province() -> None:
    table = areas.table()
    retired = [area for area in table.values() if area.last_listed]
    assert sum(bool(area.successor) for area in retired) == 499
    for area in retired:
        assert areas.current(area.code) == (area.successor or area.code)
        if area.successor:
            assert not table[area.successor].last_listed
            assert area.successor[:2] == area.code[:2]
    for area in table.values():
        assert area.last_listed or not area.successor


@pytest.mark.parametrize(
    ("code", "name", "current"),
    [
        ("430100", "长沙市", "430100"),
        ("430182", "宁乡市", "430182"),
        ("430124", "宁乡县", "430182"),
        ("710000", "台湾省", "710000"),
        ("110103", "崇文区", "110103"),
    ],
)
def test_known_areas(code: str, name: str, current: str) -> None:
    assert areas.find(code).name_zh == name
    assert areas.current(code) == current


@pytest.mark.parametrize(
    ("code", "near"), [("430199", "430100 长沙市"), ("439999", "430000 湖南省"), ("990000", "430000 湖南省")]
)
def test_an_unknown_area_is_explained(code: str, near: str) -> None:
    with pytest.raises(BadInput) as raised:
        areas.find(code)
    (problem,) = raised.value.problems
    assert problem.field == "area"
    assert problem.en == f"There is no area code “{code}” (GB/T 2260, six digits). Check it against {near}."
    assert problem.zh == f"没有行政区划代码“{code}”（GB/T 2260，六位数字）。请核对，例如：{near}。"


@pytest.mark.parametrize(
    ("code", "prefix"),
    [("430102", "430102"), ("430100", "4301"), ("430000", "43"), ("000000", ""), ("110110", "110110")],
)
def test_prefix(code: str, prefix: str) -> None:
    assert areas.prefix(code) == prefix


def test_the_areas_around() -> None:
    assert (areas.prefecture("430102"), areas.province("430102")) == ("430100", "430000")


def test_a_code_nobody_knows_stands_for_itself() -> None:
    assert areas.current("999999") == "999999"
