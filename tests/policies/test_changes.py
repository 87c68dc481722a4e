"""What changed between two rulebooks."""

from dataclasses import replace
from datetime import date

import pytest

from policies.changes import changes
from policies.library import shipped
from policies.rulebook import Label, Rulebook

DAY = date(2026, 11, 21)
AGE = ("qualification.age", "govproc", "most")


def book(name: str) -> Rulebook:
    return shipped().rulebook(name, DAY)


def changed(before: Rulebook, **values: object) -> Rulebook:
    """A book in which one parameter is set anew."""
    setting = replace(before.setting(*AGE), **values)  # type: ignore[arg-type]  # the fields of a setting
    return replace(before, settings={**before.settings, AGE: (*before.settings[AGE], setting)})


@pytest.mark.parametrize("name", shipped().ids())
def test_nothing_changes_between_a_book_and_itself(name: str) -> None:
    assert changes(book(name), book(name)) == ()


def test_a_layer_changes_what_it_sets_and_no_more() -> None:
    before, after = book("national"), book("hunan")
    said = {(each.rule, each.regime, each.name) for each in changes(before, after)}
    layer = {key for key, settings in after.settings.items() if settings[-1].layer == "hunan"}
    assert said
    assert said <= layer
    (age,) = [each for each in changes(before, after) if (each.rule, each.regime, each.name) == AGE]
    assert age.before is not None
    assert age.after is not None
    assert (age.before.value, age.after.value, age.after.label) == (70, 68, Label.LOCAL)


@pytest.mark.parametrize(
    "values",
    [{"value": 60}, {"label": Label.PRODUCT_DEFAULT}, {"article": "新的条款"}],
    ids=["value", "label", "article"],
)
def test_a_change_of_value_label_or_article_is_told(values: dict[str, object]) -> None:
    before = book("hunan")
    (told,) = changes(before, changed(before, **values))
    assert (told.rule, told.regime, told.name) == AGE


def test_saying_the_same_in_another_layer_is_no_change() -> None:
    before = book("hunan")
    assert changes(before, changed(before, layer="centre")) == ()


def test_what_one_book_lacks_was_added_or_removed() -> None:
    there, back = changes(book("hunan"), book("roster-demo")), changes(book("roster-demo"), book("hunan"))
    assert any(each.before is None for each in there)
    assert any(each.after is None for each in there)
    assert [(each.before, each.after) for each in there] == [(each.after, each.before) for each in back]
