"""What is wrong with a rulebook is told by key and line, with the remedy, in both languages."""

import re
from datetime import date
from pathlib import Path

import pytest

import policies
from policies.loader import load
from policies.problems import BadInput, Problem
from policies.rulebook import ON, Kind, Label, May

BOOKS = Path(policies.__file__).parent / "books"
BASE = (BOOKS / "roster-demo.toml").read_text(encoding="utf-8")
LATER = """id = "later"
level = "centre"
title = { zh = "后一层", en = "Later" }
extends = "base"
effective_from = 2026-01-01

[rule.committee.size.tender]
least = { value = 7, label = "local", article = "某办法" }
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(BadInput) as raised:
        load(text, "book.toml")
    return list(raised.value.problems)


def line_of(text: str, piece: str) -> int:
    (number,) = (n for n, line in enumerate(text.splitlines(), start=1) if piece in line)
    return number


def test_a_base_book() -> None:
    book = load(BASE, "roster-demo.toml")
    (layer,) = book.layers
    assert (layer.book, layer.level, layer.extends) == ("roster-demo", "centre", "")
    assert (layer.effective_from, layer.effective_to) == (date(2020, 1, 1), None)
    assert layer.source == "roster-demo.toml"
    assert layer.title.en == "Roster of names and employers (demonstration)"
    assert book.regimes["roster"]["expert"].zh == "志愿者"
    assert set(book.rules) == {"roster.employer", "committee.size", "committee.odd", "committee.one_per_employer"}
    least = book.setting("committee.size", "roster", "least")
    assert (least.value, least.label, least.layer) == (11, Label.PRODUCT_DEFAULT, "roster-demo")
    assert least.article == "本名册的规则：抽取十人，另加一名代表"
    assert least.line == line_of(BASE, "value = 11")
    declared = book.parameter("committee.size", "least")
    assert (declared.kind, declared.may, declared.unit) == (Kind.NUMBER, May.RAISE, "person")
    assert declared.text.en == "fewest members"
    by = book.parameter("committee.one_per_employer", "by")
    assert by.choices == ("name", "code")
    assert book.parameter("committee.size", ON).may is May.RAISE


def test_a_later_book() -> None:
    book = load(LATER, "later.toml")
    assert book.layers[0].extends == "base"
    assert book.rules == {}
    assert list(book.settings) == [("committee.size", "tender", "least")]


BAD_BASE = [
    # what is written, what is written instead, the field, in English, in Chinese
    (
        "least = { value = 11",
        "leest = { value = 11",
        ["rule.committee.size.roster.leest", "rule.committee.size.roster.least"],
        "“leest” is not known here. Did you mean “least”?",
        "不认识“leest”。是否应为“least”？",
    ),
    (
        "[rule.committee.size.roster]",
        "[rule.committee.sise.roster]",
        ["rule.committee.sise"],
        "“committee.sise” is not known here. Did you mean “committee.size”?",
        "不认识“committee.sise”。是否应为“committee.size”？",
    ),
    (
        "[rule.committee.odd.roster]",
        "[rule.committee.odd.rooster]",
        ["rule.committee.odd.rooster"],
        "“rooster” is not known here. Did you mean “roster”?",
        "不认识“rooster”。是否应为“roster”？",
    ),
    (
        'level = "centre"',
        'level = "center"',
        ["level"],
        "“center” is not known here. Did you mean “centre”?",
        "不认识“center”。是否应为“centre”？",
    ),
    ('level = "centre"', "level = 3", ["level"], "A text is needed here.", "此处须填写文字。"),
    ('id = "roster-demo"', 'id = " "', ["id"], "A text is needed here.", "此处须填写文字。"),
    (
        'id = "roster-demo"',
        'id = "roster-demo"\nremark = "x"',
        ["remark"],
        "“remark” is not known here. Known: effective_from, effective_to, extends, id, level, regime, rule, title.",
        "不认识“remark”。可用：effective_from、effective_to、extends、id、level、regime、rule、title。",
    ),
    (
        "effective_from = 2020-01-01",
        'effective_from = "2020-01-01"',
        ["effective_from"],
        "This must be a day, written 2026-11-21 without quotes.",
        "须为日期，写作 2026-11-21，不加引号。",
    ),
    (
        "effective_from = 2020-01-01",
        "effective_from = 2020-01-01T00:00:00Z",
        ["effective_from"],
        "This must be a day, written 2026-11-21 without quotes.",
        "须为日期，写作 2026-11-21，不加引号。",
    ),
    (
        "effective_from = 2020-01-01",
        "effective_from = 2020-01-01\neffective_to = 2019-12-31",
        ["effective_to"],
        "The last day 2019-12-31 is before the first, 2020-01-01. Correct one of them.",
        "失效日期 2019-12-31 早于生效日期 2020-01-01，请改正其一。",
    ),
    (
        'expert = { zh = "志愿者", en = "volunteer" }',
        'expert = { zh = "志愿者" }',
        ["regime.roster.expert.en"],
        "A text is needed here.",
        "此处须填写文字。",
    ),
    (
        'expert = { zh = "志愿者", en = "volunteer" }',
        "",
        ["regime.roster.expert"],
        "This is missing. Add it.",
        "缺少此项，请补上。",
    ),
    (
        'expert = { zh = "志愿者", en = "volunteer" }',
        'export = { zh = "志愿者", en = "volunteer" }',
        ["regime.roster.export", "regime.roster.expert"],
        "“export” is not known here. Did you mean “expert”?",
        "不认识“export”。是否应为“expert”？",
    ),
    (
        "[rule.roster.employer]\ntitle = {",
        '[rule.roster.employer]\ntitle = { fr = "x",',
        ["rule.roster.employer.title.fr"],
        "“fr” is not known here. Known: en, zh.",
        "不认识“fr”。可用：en、zh。",
    ),
    (
        "blank = { zh",
        "blanc = { zh",
        ["rule.roster.employer.messages.blanc", "rule.roster.employer.messages.blank"],
        "“blanc” is not known here. Did you mean “blank”?",
        "不认识“blanc”。是否应为“blank”？",
    ),
    (
        'en = "No employer is named',
        'en = "{0.__class__} No employer is named',
        ["rule.roster.employer.messages.blank.en"],
        "Braces may hold a plain name only, such as {size}.",
        "花括号只能括住一个名称，例如 {size}。",
    ),
    (
        'zh = "未填写单位',
        'zh = "{未填写单位',
        ["rule.roster.employer.messages.blank.zh"],
        "Braces may hold a plain name only, such as {size}.",
        "花括号只能括住一个名称，例如 {size}。",
    ),
    (
        'en = "No employer is named',
        'en = "{blank!r} No employer is named',
        ["rule.roster.employer.messages.blank.en"],
        "Braces may hold a plain name only, such as {size}.",
        "花括号只能括住一个名称，例如 {size}。",
    ),
    (
        'en = "No employer is named',
        'en = "{blank:9} No employer is named',
        ["rule.roster.employer.messages.blank.en"],
        "Braces may hold a plain name only, such as {size}.",
        "花括号只能括住一个名称，例如 {size}。",
    ),
    (
        'least = { kind = "number"',
        'least = { kind = "numbr"',
        ["rule.committee.size.parameters.least.kind", "rule.committee.size.parameters.least.kind"],
        "“numbr” is not known here. Did you mean “number”?",
        "不认识“numbr”。是否应为“number”？",
    ),
    (
        'least = { kind = "number"',
        'least = { kind = "ratio"',
        ["rule.committee.size.parameters.least.kind"],
        "This parameter's kind must be “number”.",
        "该参数的类型须为“number”。",
    ),
    (
        'unit = "person", may = "raise", zh = "最少人数"',
        'unit = "persons", may = "raise", zh = "最少人数"',
        ["rule.committee.size.parameters.least.unit"],
        "“persons” is not known here. Did you mean “person”?",
        "不认识“persons”。是否应为“person”？",
    ),
    (
        'may = "raise", zh = "最少人数"',
        'may = "rise", zh = "最少人数"',
        ["rule.committee.size.parameters.least.may"],
        "“rise” is not known here. Did you mean “raise”?",
        "不认识“rise”。是否应为“raise”？",
    ),
    (
        'may = "raise", zh = "最少人数"',
        'may = "raise", ceiling = 9, zh = "最少人数"',
        ["rule.committee.size.parameters.least.ceiling"],
        "“ceiling” is not known here. Known: choices, en, kind, may, unit, zh.",
        "不认识“ceiling”。可用：choices、en、kind、may、unit、zh。",
    ),
    (
        'choices = ["name", "code"]',
        'choices = "name"',
        ["rule.committee.one_per_employer.parameters.by.choices"],
        "This must be a list of texts.",
        "须为文字列表。",
    ),
    (
        "value = 11",
        "value = 1.1",
        ["rule.committee.size.roster.least.value"],
        (
            'This must be true or false, a whole number, a text or a list of texts; a ratio is written "2/3", '
            "never as a decimal."
        ),
        '须为真假、整数、文字或文字列表；比例写作 "2/3"，不用小数。',
    ),
    (
        "value = 11",
        "value = [1, 2]",
        ["rule.committee.size.roster.least.value"],
        "This must be a list of texts.",
        "须为文字列表。",
    ),
    (
        "least = { value = 11, label",
        "least = { valeu = 11, label",
        ["rule.committee.size.roster.least.valeu", "rule.committee.size.roster.least.value"],
        "“valeu” is not known here. Did you mean “value”?",
        "不认识“valeu”。是否应为“value”？",
    ),
    (
        'value = 11, label = "product-default"',
        'value = 11, label = "law"',
        ["rule.committee.size.roster.least.label"],
        "A centre book may not label a figure “law”; use local or product-default.",
        "本层（centre）不能标为“law”，可用：local、product-default。",
    ),
    (
        'value = 11, label = "product-default"',
        'value = 11, label = "default"',
        ["rule.committee.size.roster.least.label"],
        "“default” is not known here. Did you mean “product-default”?",
        "不认识“default”。是否应为“product-default”？",
    ),
    (
        "least = { value = 11",
        "least = 11 # { value = 11",
        ["rule.committee.size.roster.least"],
        "This must be a table.",
        "此处须为表。",
    ),
]


@pytest.mark.parametrize(
    ("right", "wrong", "fields", "en", "zh"), BAD_BASE, ids=[str(case[1]).split("\n")[-1] for case in BAD_BASE]
)
def test_a_mistake_in_a_base_book(right: str, wrong: str, fields: list[str], en: str, zh: str) -> None:
    assert BASE.count(right) == 1
    text = BASE.replace(right, wrong)
    found = problems(text)
    first = found[0]
    assert (first.field, first.en, first.zh) == (fields[0], en, zh)
    assert [problem.field for problem in found][: len(fields)] == fields
    assert first.source == "book.toml"
    assert first.line is not None
    assert str(first).startswith(f"book.toml:{first.line}: {first.field}: {en} | {zh}")


def test_the_line_is_that_of_the_mistake() -> None:
    text = BASE.replace("least = { value = 11", "leest = { value = 11")
    misspelt, missing = problems(text)
    assert misspelt.line == line_of(text, "leest")
    assert missing.line == line_of(text, "[rule.committee.size.roster]")
    (label,) = problems(BASE.replace('value = 11, label = "product-default"', 'value = 11, label = "law"'))
    assert label.line == line_of(BASE, "value = 11")


def test_a_base_book_must_set_every_parameter_of_a_rule() -> None:
    text = re.sub(r"(?m)^most = \{ value.*\n", "", BASE)
    (problem,) = problems(text)
    assert problem.field == "rule.committee.one_per_employer.roster.most"
    assert (problem.en, problem.zh) == ("This is missing. Add it.", "缺少此项，请补上。")
    assert problem.line == line_of(text, "[rule.committee.one_per_employer.roster]")


def test_a_base_book_must_declare_every_parameter_of_a_rule() -> None:
    text = re.sub(r"(?m)^most = \{ kind.*\n", "", BASE)
    (problem,) = problems(text)
    assert problem.field == "rule.committee.one_per_employer.parameters.most"
    extra = BASE.replace(
        "most = { kind", 'moist = { kind = "number", unit = "person", may = "no", zh = "x", en = "x" }\nmost = { kind'
    )
    assert [each.field for each in problems(extra)] == ["rule.committee.one_per_employer.parameters.moist"]


def test_a_number_needs_a_unit() -> None:
    (problem,) = problems(BASE.replace('unit = "person", may = "raise"', 'may = "raise"'))
    assert problem.field == "rule.committee.size.parameters.least.unit"
    assert "Known: area code, day, fen" in problem.en


BAD_LATER = [
    (
        "[rule.committee.size.tender]",
        '[rule.committee.size]\ntitle = { zh = "x", en = "x" }\n[rule.committee.size.tender]',
        "rule.committee.size.title",
        "“base” declares title, messages and parameters; this layer only sets values. Delete it.",
        "规则的名称、文字和参数由“base”定义，本层只设定数值。请删除此项。",
    ),
    (
        "[rule.committee.size.tender]",
        "[rule.committee.size.parameters]\n[rule.committee.size.tender]",
        "rule.committee.size.parameters",
        "“base” declares title, messages and parameters; this layer only sets values. Delete it.",
        "规则的名称、文字和参数由“base”定义，本层只设定数值。请删除此项。",
    ),
    (
        "least = {",
        "leats = {",
        "rule.committee.size.tender.leats",
        "“leats” is not known here. Did you mean “least”?",
        "不认识“leats”。是否应为“least”？",
    ),
    (
        'article = "某办法"',
        'article = ""',
        "rule.committee.size.tender.least.article",
        "A text is needed here.",
        "此处须填写文字。",
    ),
    (
        'extends = "base"',
        'extends = ""',
        "extends",
        "A text is needed here.",
        "此处须填写文字。",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "field", "en", "zh"), BAD_LATER)
def test_a_mistake_in_a_later_book(right: str, wrong: str, field: str, en: str, zh: str) -> None:
    assert LATER.count(right) == 1
    first = problems(LATER.replace(right, wrong))[0]
    assert (first.field, first.en, first.zh) == (field, en, zh)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id = "x"\nlevel = centre\n', 2),
        ('id = "x"\n\neffective_from = 2026-02-30\n', 3),
        ('id = "x"\nid = "y"\n', 2),
        ("[rule\n", 1),
    ],
)
def test_what_is_not_toml_is_told_by_line(text: str, line: int) -> None:
    (problem,) = problems(text)
    assert (problem.field, problem.source, problem.line) == ("TOML", "book.toml", line)
    assert problem.en == (
        "This line is not valid TOML (key = value; a day must exist and is written 2026-11-21; text in double quotes)."
    )
    assert problem.zh == "这一行不是合法的 TOML（键 = 值；日期须真实存在，写作 2026-11-21；文字用双引号）。"


def test_all_mistakes_are_told_at_once() -> None:
    text = BASE.replace("value = 11", "value = 1.5").replace('level = "centre"', 'level = "city"')
    assert [problem.field for problem in problems(text)] == ["level", "rule.committee.size.roster.least.value"]


def test_an_empty_file_says_what_is_missing() -> None:
    assert [problem.field for problem in problems("")] == ["level", "effective_from", "id", "title.zh", "title.en"]
    assert problems("")[0].line is None
    assert str(problems("")[0]) == "book.toml: level: A text is needed here. | 此处须填写文字。"
