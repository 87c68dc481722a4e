"""A rulebook restored from evidence decides as the one that it was; what is no rulebook is refused."""

import json
from datetime import date
from typing import Any

import pytest

from policies import library
from policies.eligibility import Eligibility
from policies.facts import CHINA, Claim, Expert, Line, Request
from policies.problems import BadInput
from policies.restored import restore
from policies.rulebook import Rulebook

DAY = date(2026, 11, 21)
BOOKS = [book.layers[0].book for book in library.shipped().editions()]


def book(name: str) -> Rulebook:
    return library.shipped().rulebook(name, DAY)


@pytest.mark.parametrize("name", sorted(set(BOOKS)))
def test_a_restored_book_has_its_digest_and_its_values(name: str) -> None:
    original = book(name)
    restored = restore(original.canonical())
    assert restored.digest == original.digest
    for rule, regime, parameter in original.settings:
        assert restored.applies(rule, regime) == original.applies(rule, regime)
        before, after = (each.setting(rule, regime, parameter) for each in (original, restored))
        assert (after.label, after.article, after.layer) == (before.label, before.article, before.layer)
        declared = original.parameter(rule, parameter)
        assert declared.normal(after.value) == declared.normal(before.value)


def test_a_restored_book_decides_the_same() -> None:
    from datetime import datetime

    original = book("demo-centre")
    moment = datetime(2026, 11, 21, 9, tzinfo=CHINA)
    request = Request(decided_at=moment, review_at=moment, site="430100", areas=("430100",), lines=(Line(("A01",), 3),))
    experts = [
        Expert(),
        Expert(area="430100", claims=(Claim("A01", date(2020, 1, 1)),)),
        Expert(area="110000", claims=(), birth_date=date(1930, 1, 1)),
    ]
    first, second = (Eligibility(each, "tender", request) for each in (original, restore(original.canonical())))
    for expert in experts:
        found, again = first.decide(expert), second.decide(expert)
        assert found.findings
        assert again.outcome is found.outcome
        assert [each.plain() for each in again.findings] == [each.plain() for each in found.findings]


def changed(change: Any) -> bytes:
    document = json.loads(book("demo-centre").canonical())
    change(document)
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def first_rule(document: dict[str, Any]) -> Any:
    return next(iter(document["settings"].values()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        book("demo-centre").canonical() + b" ",
        changed(lambda document: document.update(format="rulebook/v2")),
        changed(lambda document: document.update(more=1)),
        changed(lambda document: document["settings"].update({"strange.rule": {}})),
        changed(lambda document: document["layers"][0].update(effective_from="2026-02-30")),
        changed(lambda document: next(iter(first_rule(document).values()))["on"].update(value=1)),
        changed(lambda document: next(iter(first_rule(document).values()))["on"].update(label="strange")),
        changed(lambda document: next(iter(first_rule(document).values())).pop("on")),
        changed(lambda document: next(iter(first_rule(document).values())).update(strange={"value": 1})),
    ],
)
def test_what_is_no_rulebook_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        restore(data)


def given(rule: str, name: str, value: object) -> bytes:
    """The demonstration's book in which one figure of the tendering regime has another value."""
    return changed(lambda document: document["settings"][rule]["tender"][name].update(value=value))


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("shortage.ladder", "neighbours", "430200"),
        ("shortage.ladder", "neighbours", [430200]),
        ("qualification.tender", "years", "8"),
        ("qualification.tender", "years", True),
        ("qualification.tender", "on", "yes"),
        ("committee.one_per_employer", "by", 1),
    ],
)
def test_a_figure_of_another_kind_is_refused(rule: str, name: str, value: object) -> None:
    with pytest.raises(BadInput) as refused:
        restore(given(rule, name, value))
    [problem] = refused.value.problems
    assert problem.field == "rulebook"
    assert "规范形式" in problem.zh
    assert "canonical form" in problem.en
