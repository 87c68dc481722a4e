"""The rulebook: layers merge associatively, the latest word counts, the digest covers what decides and no more."""

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.layers import allowed, rises, stack, written
from policies.names import Text
from policies.problems import BadInput
from policies.rulebook import (
    ON,
    Key,
    Kind,
    Label,
    Layer,
    May,
    Parameter,
    Rulebook,
    RuleTable,
    Setting,
    Value,
    Values,
)
from tests.policies import casebook

TEXT = Text("文字", "text")
RULE = "family.rule"


def layer(book: str, level: str = "national", extends: str = "") -> Layer:
    return Layer(book, level, TEXT, extends, date(2025, 1, 1), source=f"{book}.toml")


def book(name: str, settings: dict[Key, Value], parameters: dict[str, Parameter] | None = None) -> Rulebook:
    """Make a book of one layer; with `parameters` it declares the rule."""
    tables = {RULE: RuleTable(TEXT, MappingProxyType({}), MappingProxyType(parameters))} if parameters else {}
    return Rulebook(
        (layer(name),),
        MappingProxyType({"tender": MappingProxyType({})}) if parameters else MappingProxyType({}),
        MappingProxyType(tables),
        MappingProxyType({key: (Setting(value, Label.LAW, f"{name} 1", name, 7),) for key, value in settings.items()}),
    )


RATIO = Parameter(Kind.RATIO, May.ANY, TEXT)
NO_RATIO = ('须为不大于 1 的比例，写作 "2/3"。', 'This must be a ratio up to 1: "2/3".')


def number(may: May) -> Parameter:
    return Parameter(Kind.NUMBER, may, TEXT, "year")


FIRST: Key = (RULE, "tender", "first")
SECOND: Key = (RULE, "tender", "second")
DECLARED = {"first": number(May.ANY), "second": Parameter(Kind.SET, May.ANY, TEXT, choices=("a", "b", "c"))}
BASE = book("base", {FIRST: 1, SECOND: ("a", "b"), (RULE, "tender", ON): True}, DECLARED)


def test_the_latest_word_counts_and_the_others_stay() -> None:
    merged = BASE.merge(book("province", {FIRST: 2})).merge(book("centre", {FIRST: 3}))
    assert merged.setting(*FIRST).value == 3
    assert [setting.layer for setting in merged.settings[FIRST]] == ["base", "province", "centre"]
    assert merged.setting(*SECOND).value == ("a", "b")
    assert (merged.regimes, merged.rules) == (BASE.regimes, BASE.rules)
    assert [each.book for each in merged.layers] == ["base", "province", "centre"]
    assert merged.values(RULE, "tender").number("first") == 3
    assert merged.applies(RULE, "tender")
    assert not merged.applies(RULE, "govproc")
    assert not merged.applies("family.other", "tender")
    assert not merged.merge(book("off", {(RULE, "tender", ON): False})).applies(RULE, "tender")


keys = st.sampled_from([FIRST, SECOND])
books = st.builds(
    book,
    st.sampled_from(["a", "b", "c"]),
    st.fixed_dictionaries({}, optional={FIRST: st.integers(0, 9), SECOND: st.just(("a",))}),
)


@given(books, books, books)
def test_merging_is_associative(first: Rulebook, second: Rulebook, third: Rulebook) -> None:
    assert first.merge(second).merge(third) == first.merge(second.merge(third))


@given(st.integers(0, 9), st.integers(0, 9), st.sampled_from(Label), st.sampled_from(["x", "y"]))
def test_the_digest_changes_if_and_only_if_a_parameter_does(
    before: int, after: int, label: Label, article: str
) -> None:
    def digest(value: int, label: Label, article: str) -> str:
        settings = {**BASE.settings, FIRST: (Setting(value, label, article, "base"),)}
        return replace(BASE, settings=MappingProxyType(settings)).digest

    same = (before, Label.LAW, "x") == (after, label, article)
    assert (digest(before, Label.LAW, "x") == digest(after, label, article)) is same


def test_texts_lines_order_and_file_names_do_not_change_the_digest() -> None:
    told = replace(BASE.rules[RULE], title=Text("别的", "other"))
    turned = dict(reversed(list(BASE.settings.items())))
    turned[SECOND] = (replace(BASE.setting(*SECOND), value=("b", "a"), line=99),)
    other = Rulebook(
        (replace(BASE.layers[0], source="elsewhere.toml", title=Text("另", "another")),),
        BASE.regimes,
        MappingProxyType({RULE: told}),
        MappingProxyType(turned),
    )
    assert other.digest == BASE.digest


@pytest.mark.parametrize(
    "change",
    [
        {"book": "other"},
        {"level": "province"},
        {"effective_from": date(2025, 1, 2)},
        {"effective_to": date(2030, 1, 1)},
    ],
    ids=str,
)
def test_another_layer_is_another_digest(change: dict[str, object]) -> None:
    changed = replace(BASE, layers=(replace(BASE.layers[0], **change),))  # type: ignore[arg-type]
    assert changed.digest != BASE.digest


def test_the_order_of_a_list_counts_and_that_of_a_set_does_not() -> None:
    def digest(kind: Kind, value: Value) -> str:
        return book("base", {FIRST: value}, {"first": Parameter(kind, May.ANY, TEXT)}).digest

    assert digest(Kind.SET, ("a", "b")) == digest(Kind.SET, ("b", "a"))
    assert digest(Kind.LIST, ("a", "b")) != digest(Kind.LIST, ("b", "a"))


def test_a_layer_without_an_end_says_so() -> None:
    assert b'"effective_to":""' in BASE.canonical()


def test_canonical_bytes() -> None:
    ends = replace(BASE.layers[0], effective_to=date(2030, 12, 31))
    assert replace(BASE, layers=(ends,)).canonical() == (
        b'{"format":"rulebook/v1",'
        b'"layers":[{"book":"base","effective_from":"2025-01-01","effective_to":"2030-12-31","level":"national"}],'
        b'"settings":{"family.rule":{"tender":{'
        b'"first":{"article":"base 1","label":"law","layer":"base","value":1},'
        b'"on":{"article":"base 1","label":"law","layer":"base","value":true},'
        b'"second":{"article":"base 1","label":"law","layer":"base","value":["a","b"]}}}}}'
    )
    assert BASE.digest == sha256(BASE.canonical()).hexdigest()


@pytest.mark.parametrize("name", ["national", "hunan", "demo-centre", "roster-demo"])
def test_the_canonical_form_of_a_shipped_book_is_plain_json(name: str) -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(each) for key, each in value.items())
        if isinstance(value, list):
            return all(plain(each) for each in value)
        return isinstance(value, bool | int | str)

    written_bytes = casebook.book(name).canonical()
    document = json.loads(written_bytes)
    assert plain(document)
    assert json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == written_bytes


@pytest.mark.parametrize(
    ("on", "in_force"),
    [("2024-12-31", False), ("2025-01-01", True), ("2030-12-31", True), ("2031-01-01", False)],
)
def test_in_force_from_the_first_day_to_the_last(on: str, in_force: bool) -> None:  # noqa: FBT001
    ends = replace(layer("x"), effective_to=date(2030, 12, 31))
    assert ends.in_force(date.fromisoformat(on)) is in_force
    assert layer("x").in_force(date(2999, 1, 1))


def test_values_are_read_as_what_they_are() -> None:
    values = Values({"flag": True, "number": 3, "ratio": "2/3", "words": ("a",)})
    assert values.flag("flag") is True
    assert values.number("number") == 3
    assert values.word("ratio") == "2/3"
    assert (values.ratio("ratio").numerator, values.ratio("ratio").denominator) == (2, 3)
    assert values.words("words") == ("a",)
    for read, name, kind in (
        (values.flag, "number", "flag"),
        (values.number, "flag", "number"),
        (values.number, "ratio", "number"),
        (values.word, "number", "choice"),
        (values.words, "ratio", "list"),
    ):
        with pytest.raises(TypeError, match=f"^{name} is not a {kind}$"):
            read(name)


CHOICES = ("early", "middle", "late")
MOVES = [
    (Kind.NUMBER, 3, 3, True, True),
    (Kind.NUMBER, 3, 4, True, False),
    (Kind.NUMBER, 3, 2, False, True),
    (Kind.FLAG, False, True, True, False),
    (Kind.FLAG, True, False, False, True),
    (Kind.RATIO, "2/3", "4/6", True, True),
    (Kind.RATIO, "2/3", "3/4", True, False),
    (Kind.RATIO, "2/3", "1/2", False, True),
    (Kind.CHOICE, "middle", "late", True, False),
    (Kind.CHOICE, "middle", "early", False, True),
    (Kind.CHOICE, "middle", "middle", True, True),
    (Kind.SET, ("early",), ("late", "early"), True, False),
    (Kind.SET, ("early", "late"), ("late",), False, True),
    (Kind.SET, ("early",), ("late",), False, False),
    (Kind.SET, ("early", "late"), ("late", "early"), True, True),
]


@pytest.mark.parametrize(("kind", "before", "after", "raised", "lowered"), MOVES)
def test_which_way_a_parameter_may_move(
    kind: Kind,
    before: Value,
    after: Value,
    raised: bool,  # noqa: FBT001
    lowered: bool,  # noqa: FBT001
) -> None:
    def may(which: May) -> bool:
        return allowed(Parameter(kind, which, TEXT, choices=CHOICES), before, after)

    assert may(May.RAISE) is raised
    assert may(May.LOWER) is lowered
    assert may(May.ANY)
    unchanged = before == after or (kind is Kind.SET and raised and lowered)
    assert may(May.NO) is unchanged


def test_what_cannot_be_compared_does_not_rise() -> None:
    assert not rises(number(May.RAISE), "x", 3)
    assert not rises(number(May.RAISE), 3, "x")
    assert not rises(Parameter(Kind.SET, May.RAISE, TEXT), ("a",), 3)
    assert not rises(Parameter(Kind.SET, May.RAISE, TEXT), 3, ("a",))


@pytest.mark.parametrize("kind", Kind)
def test_what_stays_does_not_fall(kind: Kind) -> None:
    same: dict[Kind, Value] = {Kind.FLAG: True, Kind.NUMBER: 3, Kind.RATIO: "2/3", Kind.CHOICE: "late"}
    value = same.get(kind, ("early",))
    assert rises(Parameter(kind, May.RAISE, TEXT, choices=CHOICES), value, value)


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (3, "3"), ("2/3", "2/3"), (("a", "b"), "[a, b]"), ((), "[]")]
)
def test_values_are_written_as_in_the_file(value: Value, text: str) -> None:
    assert written(value) == text


def test_each_step_of_the_stack_is_checked() -> None:
    """What a province tightened a centre may not loosen again, though the nation would allow it."""
    base = book("base", {FIRST: 1}, {"first": number(May.RAISE)})
    tighter = book("province", {FIRST: 3})
    assert stack([base, tighter, book("centre", {FIRST: 4})]).setting(*FIRST).value == 4
    with pytest.raises(BadInput) as raised:
        stack([base, tighter, book("centre", {FIRST: 2})])
    (problem,) = raised.value.problems
    assert (problem.field, problem.source, problem.line) == ("rule.family.rule.tender.first", "centre.toml", 7)
    assert problem.en == (
        "“province” sets 3 (province 1), which may only be raised (or widened) by a later layer; here it is 2. "
        "Set it to 3 or delete this line."
    )
    assert problem.zh == "“province”定为 3（province 1），只能向更高（更多）改；此处为 2。请改回 3 或删除此行。"


@pytest.mark.parametrize(
    ("may", "value", "en", "zh"),
    [
        (May.LOWER, 2, "may only be lowered (or narrowed) by a later layer", "只能向更低（更少）改"),
        (May.NO, 0, "may not be changed by a later layer", "本层不得改动"),
    ],
)
def test_a_forbidden_override_is_explained(may: May, value: int, en: str, zh: str) -> None:
    with pytest.raises(BadInput) as raised:
        stack([book("base", {FIRST: 1}, {"first": number(may)}), book("centre", {FIRST: value})])
    assert en in raised.value.problems[0].en
    assert zh in raised.value.problems[0].zh


def test_a_later_layer_cannot_add_a_rule_that_the_first_does_not_have() -> None:
    with pytest.raises(BadInput) as raised:
        stack([BASE, book("centre", {(RULE, "govproc", "first"): 1})])
    (problem,) = raised.value.problems
    assert (problem.field, problem.source, problem.line) == ("rule.family.rule.govproc.first", "centre.toml", 7)
    assert problem.en == ("“base” does not have this rule in this regime. Delete this line, or define it there first.")
    assert problem.zh == "“base”在此制度下没有这条规则。请删除此行，或先在“base”中定义。"


@pytest.mark.parametrize(
    ("parameter", "value", "zh", "en"),
    [
        (Parameter(Kind.FLAG, May.ANY, TEXT), 1, "须为 true 或 false。", "This must be true or false."),
        (number(May.ANY), True, "须为 0 到 100 的整数。", "This must be a whole number, 0 to 100."),
        (number(May.ANY), -1, "须为 0 到 100 的整数。", "This must be a whole number, 0 to 100."),
        (number(May.ANY), 101, "须为 0 到 100 的整数。", "This must be a whole number, 0 to 100."),
        (number(May.ANY), "3", "须为 0 到 100 的整数。", "This must be a whole number, 0 to 100."),
        (RATIO, 1, *NO_RATIO),
        (RATIO, "3/2", *NO_RATIO),
        (RATIO, "0/3", *NO_RATIO),
        (RATIO, "2/0", *NO_RATIO),
        (
            Parameter(Kind.CHOICE, May.ANY, TEXT, choices=CHOICES),
            "soon",
            "不认识“soon”，可用：early、middle、late。",
            "“soon” is not one of early, middle, late.",
        ),
        (
            Parameter(Kind.CHOICE, May.ANY, TEXT, choices=CHOICES),
            True,
            "须为文字或文字列表。",
            "This must be a text, or a list of texts.",
        ),
        (
            Parameter(Kind.SET, May.ANY, TEXT, choices=CHOICES),
            "late",
            "须为文字或文字列表。",
            "This must be a text, or a list of texts.",
        ),
        (
            Parameter(Kind.LIST, May.ANY, TEXT, choices=CHOICES),
            ("late", "soon"),
            "不认识“soon”，可用：early、middle、late。",
            "“soon” is not one of early, middle, late.",
        ),
        (
            Parameter(Kind.LIST, May.ANY, TEXT, choices=CHOICES),
            ("late", "late"),
            "有重复项，请删除。",
            "Something is listed twice; delete one.",
        ),
        (
            Parameter(Kind.SET, May.ANY, TEXT, "area code"),
            ("430100", "430199"),
            "没有行政区划代码“430199”（GB/T 2260，六位数字）。请核对，例如：430100 长沙市。",
            "There is no area code “430199” (GB/T 2260, six digits). Check it against 430100 长沙市.",
        ),
        (
            Parameter(Kind.SET, May.ANY, TEXT, "specialty code"),
            ("Z",),
            "没有专业代码“Z”（national/2018）。可在“全部”下选择，例如：A 工程、B 货物、C 服务。",
            "There is no specialty code “Z” (national/2018). Choose one under “all”: A 工程, B 货物, C 服务.",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_explained(parameter: Parameter, value: Value, zh: str, en: str) -> None:
    with pytest.raises(BadInput) as raised:
        stack([book("base", {FIRST: value}, {"first": parameter}), book("centre", {FIRST: value})])
    for problem, source in zip(raised.value.problems, ("base.toml", "centre.toml"), strict=True):
        assert (problem.field, problem.source, problem.line) == ("rule.family.rule.tender.first.value", source, 7)
        assert (problem.zh, problem.en) == (zh, en)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (number(May.ANY), 0),
        (number(May.ANY), 100),
        (Parameter(Kind.RATIO, May.ANY, TEXT), "1/1"),
        (Parameter(Kind.RATIO, May.ANY, TEXT), "999/999"),
        (Parameter(Kind.CHOICE, May.ANY, TEXT, choices=CHOICES), "late"),
        (Parameter(Kind.LIST, May.ANY, TEXT, choices=CHOICES), ()),
        (Parameter(Kind.SET, May.ANY, TEXT, "area code"), ("430100", "430200")),
        (Parameter(Kind.SET, May.ANY, TEXT, "specialty code"), ("A01",)),
    ],
)
def test_a_value_that_fits(parameter: Parameter, value: Value) -> None:
    assert stack([book("base", {FIRST: value}, {"first": parameter})]).setting(*FIRST).value == value


def test_all_problems_are_told_at_once() -> None:
    third: Key = (RULE, "tender", "third")
    declared = {name: number(May.NO) for name in ("first", "second", "third")}
    later = book("centre", {(RULE, "govproc", "first"): 1, FIRST: 2, SECOND: -1, third: 2})
    with pytest.raises(BadInput) as raised:
        stack([book("base", {FIRST: 1, SECOND: 1, third: 1}, declared), later])
    assert [problem.field for problem in raised.value.problems] == [
        "rule.family.rule.govproc.first",
        "rule.family.rule.tender.first",
        "rule.family.rule.tender.second.value",
        "rule.family.rule.tender.third",
    ]
