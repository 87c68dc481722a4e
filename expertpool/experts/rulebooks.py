"""The rulebooks as people read them: which counts from when, what each figure is and why, what changed between two.

Public: `Version`, `versions`, `Section`, `sections`, `Changed`, `changed`, `said`.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from expertpool.experts import words
from policies.changes import Change, changes
from policies.library import shipped
from policies.money import Money
from policies.names import Text
from policies.problems import BadInput
from policies.rulebook import ON, Layer, Parameter, Rulebook, Setting


class Version(NamedTuple):
    """A book as it counts from a day on, with all that it builds on."""

    book: str
    since: date
    title: Text

    @property
    def key(self) -> str:
        return f"{self.book}@{self.since}"


class Line(NamedTuple):
    """A parameter as it counts, and what lower layers had said before."""

    name: str
    parameter: Parameter
    setting: Setting
    before: tuple[Setting, ...]


class Section(NamedTuple):
    """A rule in one regime."""

    rule: str
    regime: str
    regime_name: Text
    title: Text
    applies: bool
    lines: tuple[Line, ...]


class Changed(NamedTuple):
    """A change, with the texts that explain it."""

    change: Change
    title: Text
    regime_name: Text
    parameter: Parameter


def said(parameter: Parameter, setting: Setting | None) -> Text:
    """A value as a reader says it, with its unit."""
    if setting is None:
        return Text("—", "—")
    value = setting.value
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    if isinstance(value, tuple):
        return Text("、".join(value) or "（空）", ", ".join(value) or "(none)")
    if parameter.unit == "fen" and isinstance(value, int):
        return Text(f"{Money(value)} 元", f"{Money(value)} yuan")
    unit = words.UNITS.get(parameter.unit, words.Words(parameter.unit, parameter.unit))
    return Text(f"{value} {unit.zh}".strip(), f"{value} {unit.en}".strip())


def sections(book: Rulebook) -> Iterator[Section]:
    """Rule by rule in the book's own order, and in each regime that it is set for; whether it applies comes first."""
    regimes = sorted({(rule, regime) for rule, regime, _ in book.settings})
    for rule, table in book.rules.items():
        for owner, regime in regimes:
            if owner != rule:
                continue
            names = [name for name in (ON, *table.parameters) if (rule, regime, name) in book.settings]
            lines = tuple(
                Line(
                    name,
                    book.parameter(rule, name),
                    book.setting(rule, regime, name),
                    book.settings[rule, regime, name][:-1],
                )
                for name in names
            )
            yield Section(
                rule, regime, _regime(book, regime), _title(book, rule, regime), book.applies(rule, regime), lines
            )


def changed(before: Version, after: Version) -> Iterator[Changed]:
    """What changed from one version to another: of the same book, or of the layer under it."""
    old, new = (shipped().rulebook(each.book, each.since) for each in (before, after))
    for change in changes(old, new):
        book = old if change.after is None else new
        yield Changed(
            change,
            _title(book, change.rule, change.regime),
            _regime(book, change.regime),
            book.parameter(change.rule, change.name),
        )


def versions() -> list[Version]:
    """Every book on every day on which something in it, or under it, begins to count."""
    layers = [book.layers[0] for book in shipped().editions()]
    days = sorted({layer.effective_from for layer in layers})
    return [version for book in dict.fromkeys(layer.book for layer in layers) for version in _of_book(book, days)]


def _of_book(book: str, days: list[date]) -> Iterator[Version]:
    last: tuple[Layer, ...] = ()
    for day in days:
        try:
            found = shipped().rulebook(book, day)
        except BadInput:
            continue  # not in force then
        if found.layers != last:
            yield Version(book, max(layer.effective_from for layer in found.layers), found.layers[-1].title)
            last = found.layers


def _title(book: Rulebook, rule: str, regime: str) -> Text:
    """A rule's title in the regime's own words."""
    terms, title = book.regimes.get(regime, {}), book.rules[rule].title
    return Text(*(text.format_map({name: each[at] for name, each in terms.items()}) for at, text in enumerate(title)))


def _regime(book: Rulebook, regime: str) -> Text:
    return book.regimes.get(regime, {}).get("name", Text(regime, regime))
