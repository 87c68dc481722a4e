"""Facts from outside: read exactly, or refused with the field and the remedy; written as they were read."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import facts, fee_facts, reading, service_facts
from policies.facts import Expert, Line, Members, Request, Unit, Window
from policies.problems import BadInput
from tests.policies import casebook
from tests.policies.test_eligibility import EXPERTS

SUBJECTS = [
    kind
    for kind in {**vars(facts), **vars(service_facts), **vars(fee_facts)}.values()
    if isinstance(kind, type) and issubclass(kind, tuple) and kind.__name__ in casebook.base()
]


def test_every_subject_is_among_the_base_cases() -> None:
    assert len(SUBJECTS) == 27


@pytest.mark.parametrize("kind", SUBJECTS, ids=lambda kind: kind.__name__)
def test_facts_survive_json(kind: type) -> None:
    fact = casebook.fact(kind, kind.__name__, {})
    assert reading.read(kind, json.loads(json.dumps(reading.plain(fact)))) == fact


@given(EXPERTS)
def test_an_expert_survives_json(expert: Expert) -> None:
    assert reading.read(Expert, json.loads(json.dumps(reading.plain(expert)))) == expert


def test_a_request_survives_json() -> None:
    request = casebook.request()
    assert reading.read(Request, json.loads(json.dumps(reading.plain(request)))) == request


def test_what_is_left_out_is_unknown() -> None:
    assert reading.read(Expert, {}) == Expert()
    assert reading.read(Expert, {"title": None}) == Expert()
    assert reading.read(Expert, {"claims": []}).claims == ()


def test_sets_are_written_in_order() -> None:
    members = Members(employers=(frozenset({"b", "a"}), None))
    assert reading.plain(members) == {"review_on": None, "employers": [["a", "b"], None], "shared_days": None}
    assert reading.read(Members, reading.plain(members)) == members


BAD: list[tuple[type, dict[str, Any], str, str, str]] = [
    (
        Expert,
        {"birth_date": "2026-02-30"},
        "birth_date",
        "“2026-02-30” is not a day in the calendar. Write it as 2026-11-21.",
        "“2026-02-30”不是日历上的日期，请写作 2026-11-21。",
    ),
    (
        Expert,
        {"birth_date": 20260228},
        "birth_date",
        "“20260228” is not a day in the calendar. Write it as 2026-11-21.",
        "“20260228”不是日历上的日期，请写作 2026-11-21。",
    ),
    (
        Expert,
        {"birth_date": "2027-02-29"},
        "birth_date",
        "“2027-02-29” is not a day in the calendar. Write it as 2026-11-21.",
        "“2027-02-29”不是日历上的日期，请写作 2026-11-21。",
    ),
    (
        Expert,
        {"claims": [{"code": "A0101"}, {"code": "A0199"}]},
        "claims[1].code",
        (
            "There is no specialty code “A0199” (national/2018). Choose one under “A01”: A0101 国民经济和社会发展规划, "
            "A0102 城市规划, A0103 土地利用总体规划."
        ),
        (
            "没有专业代码“A0199”（national/2018）。可在“A01”下选择，例如：A0101 国民经济和社会发展规划、"
            "A0102 城市规划、A0103 土地利用总体规划。"
        ),
    ),
    (
        Request,
        {"lines": [{"codes": ["A01", "X"], "seats": 1}]},
        "lines[0].codes[1]",
        "There is no specialty code “X” (national/2018). Choose one under “all”: A 工程, B 货物, C 服务.",
        "没有专业代码“X”（national/2018）。可在“全部”下选择，例如：A 工程、B 货物、C 服务。",
    ),
    (
        Expert,
        {"area": "430199"},
        "area",
        "There is no area code “430199” (GB/T 2260, six digits). Check it against 430100 长沙市.",
        "没有行政区划代码“430199”（GB/T 2260，六位数字）。请核对，例如：430100 长沙市。",
    ),
    (
        Request,
        {"site": "x"},
        "site",
        "There is no area code “x” (GB/T 2260, six digits). Check it against 430000 湖南省.",
        "没有行政区划代码“x”（GB/T 2260，六位数字）。请核对，例如：430000 湖南省。",
    ),
    (
        Expert,
        {"employments": [{"unit": {"name": "甲", "code": "无"}}]},
        "employments[0].unit.code",
        (
            "“无” is not a unified social credit code (18 characters, on the business licence). "
            "Leave it out when it is not known; it then counts as unknown."
        ),
        "“无”不是统一社会信用代码（18 位，见营业执照）；不知道时请留空，将按未知处理。",
    ),
    (
        Expert,
        {"employments": [{"unit": {"name": "甲", "code": "91430100MA4L00001I"}}]},
        "employments[0].unit.code",
        (
            "“91430100MA4L00001I” is not a unified social credit code (18 characters, on the business licence). "
            "Leave it out when it is not known; it then counts as unknown."
        ),
        "“91430100MA4L00001I”不是统一社会信用代码（18 位，见营业执照）；不知道时请留空，将按未知处理。",
    ),
    (
        Expert,
        {"employments": [{"unit": {"code": "91430100MA4L000011"}}]},
        "employments[0].unit.name",
        "This is missing. Fill it in.",
        "缺少此项，请填写。",
    ),
    (
        Expert,
        {"employments": [{"unit": {"name": "甲"}, "start": "2020-01-02", "end": "2020-01-01"}]},
        "employments[0].end",
        "This is before the start, 2020-01-02. Correct one of them.",
        "结束日期早于开始日期 2020-01-02，请改正。",
    ),
    (
        Expert,
        {"titel": "senior"},
        "titel",
        "There is no such field. Did you mean “title”?",
        "没有此字段。是否应为“title”？",
    ),
    (
        Expert,
        {"claims": [{"code": "A01", "cod": "A02"}]},
        "claims[0].cod",
        "There is no such field. Did you mean “code”?",
        "没有此字段。是否应为“code”？",
    ),
    (
        Expert,
        {"title": "seniour"},
        "title",
        "“seniour” is not a value. Did you mean “senior”?",
        "“seniour”不是可用的值。是否应为“senior”？",
    ),
    (Expert, {"equivalent": "yes"}, "equivalent", "This must be true or false.", "须为是或否。"),
    (Expert, {"equivalent": 1}, "equivalent", "This must be true or false.", "须为是或否。"),
    (Expert, {"distance_km": "near"}, "distance_km", "This must be a whole number.", "须为整数。"),
    (Expert, {"distance_km": True}, "distance_km", "This must be a whole number.", "须为整数。"),
    (Expert, {"distance_km": 1.5}, "distance_km", "This must be a whole number.", "须为整数。"),
    (Request, {"project": 7}, "project", "This must be a text.", "须为文字。"),
    (Expert, {"claims": "A01"}, "claims", "This must be a list.", "须为列表。"),
    (Expert, {"claims": ["A01"]}, "claims[0]", "This must be a record of fields and values.", "须为一组“字段: 值”。"),
    (
        Request,
        {"decided_at": "2026-11-21T09:00:00"},
        "decided_at",
        "“2026-11-21T09:00:00” is not a time with its zone. Write it as 2026-11-21T09:00:00+08:00.",
        "“2026-11-21T09:00:00”不是带时区的时间，请写作 2026-11-21T09:00:00+08:00。",
    ),
    (
        Request,
        {"decided_at": "tomorrow"},
        "decided_at",
        "“tomorrow” is not a time with its zone. Write it as 2026-11-21T09:00:00+08:00.",
        "“tomorrow”不是带时区的时间，请写作 2026-11-21T09:00:00+08:00。",
    ),
    (
        Request,
        {"decided_at": 7},
        "decided_at",
        "“7” is not a time with its zone. Write it as 2026-11-21T09:00:00+08:00.",
        "“7”不是带时区的时间，请写作 2026-11-21T09:00:00+08:00。",
    ),
    (
        Window,
        {"calendar": {"next": {"holidays": [], "workdays": []}}},
        "calendar",
        "This must be a year.",
        "须为年份。",
    ),
    (Window, {"calendar": []}, "calendar", "This must be a table.", "须为对照表。"),
    (
        Window,
        {"calendar": {"2026": {"holidays": ["2026-13-01"], "workdays": []}}},
        "calendar.2026.holidays[0]",
        "“2026-13-01” is not a day in the calendar. Write it as 2026-11-21.",
        "“2026-13-01”不是日历上的日期，请写作 2026-11-21。",
    ),
]


@pytest.mark.parametrize(("kind", "data", "field", "en", "zh"), BAD, ids=lambda value: str(value)[:60])
def test_what_is_wrong_is_told_with_its_field_and_remedy(
    kind: type, data: dict[str, Any], field: str, en: str, zh: str
) -> None:
    with pytest.raises(BadInput) as raised:
        reading.read(kind, data)
    (problem,) = raised.value.problems
    assert (problem.field, problem.en, problem.zh) == (field, en, zh)
    assert str(raised.value) == f"{field}: {en} | {zh}"


def test_a_fact_must_be_a_record() -> None:
    with pytest.raises(BadInput, match="This must be a record of fields and values"):
        reading.read(Expert, [])


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadInput) as raised:
        reading.read(
            Expert,
            {
                "birth_date": "x",
                "employments": [{"unit": {"name": "甲", "code": "x"}}, {"unit": {"name": 3}}, {}],
                "area": "999999",
                "claims": [{"code": "X"}],
            },
        )
    assert [problem.field for problem in raised.value.problems] == [
        "birth_date",
        "employments[0].unit.code",
        "employments[1].unit.name",
        "employments[2].unit",
        "claims[0].code",
    ]


def test_a_claim_of_a_scheme_that_we_do_not_have_is_explained() -> None:
    with pytest.raises(BadInput) as raised:
        reading.read(Line, {"codes": ["A01"], "seats": 1, "version": "2031"})
    (problem,) = raised.value.problems
    assert problem.field == "codes[0]"
    assert problem.en == "There is no specialty scheme “national/2031”. Did you mean “national/2018”?"


def test_a_day_and_an_instant_may_be_python_s_own() -> None:
    assert reading.read(Expert, {"birth_date": date(1970, 1, 1)}).birth_date == date(1970, 1, 1)
    when = casebook.request().decided_at
    assert reading.read(Request, {"decided_at": when}).decided_at == when
    with pytest.raises(BadInput):
        reading.read(Expert, {"birth_date": when})
    with pytest.raises(BadInput):
        reading.read(Request, {"decided_at": date(1970, 1, 1)})


@given(st.from_regex(r"[0-9A-HJ-NPQRTUWXY]{18}", fullmatch=True))
def test_credit_codes_of_the_right_shape_are_taken(code: str) -> None:
    assert reading.read(Unit, {"name": "甲", "code": code}) == Unit("甲", code)


@given(st.text(max_size=20).filter(lambda text: not reading.CREDIT_CODE.fullmatch(text)))
def test_others_are_not(code: str) -> None:
    with pytest.raises(BadInput):
        reading.read(Unit, {"name": "甲", "code": code})
