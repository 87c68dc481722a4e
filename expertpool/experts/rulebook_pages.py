"""The rulebooks: which is in force from when, what each figure is and why, and what changed between two of them.

A figure is shown with its label (law, local, product default) and its article, as the book has it.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from flask import Blueprint, Response, request

from expertpool.experts import words
from expertpool.experts.desk import shell
from expertpool.web.access import signed_in
from expertpool.web.edge import edge
from expertpool.web.errors import NoSuchAddress
from expertpool.web.rendering import BEIJING, page
from policies.changes import Change, changes
from policies.library import shipped
from policies.names import Text
from policies.problems import BadInput
from policies.rulebook import ON, Layer, Parameter, Rulebook, Setting

PATH: Final = "/pool/rulebooks"

blueprint = Blueprint("pool-rulebooks", __name__)


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


@blueprint.get(PATH)
@signed_in("centre.see")
def show_all() -> Response:
    """Every edition of every book, the nation's first."""
    today = _today()
    layers = [book.layers[0] for book in shipped().editions()]
    return page(
        "experts/rulebooks.html",
        layers=layers,
        in_force={layer.source for layer in layers if layer.in_force(today)},
        used=edge().settings.draws.rulebook,
        versions=_versions(),
        words=words,
        **shell(),
    )


@blueprint.get(f"{PATH}/<book>")
@signed_in("centre.see")
def show(book: str) -> Response:
    """A book as it counts on a day, with all that it builds on."""
    on = _day(request.args.get("on", "")) or _today()
    try:
        rulebook = shipped().rulebook(book, on)
    except BadInput:
        raise NoSuchAddress from None
    sections = list(_sections(rulebook))
    return page(
        "experts/rulebook.html",
        rulebook=rulebook,
        top=rulebook.layers[-1],
        on=on,
        sections=sections,
        in_use=sum(section.applies for section in sections),
        said=said,
        words=words,
        **shell(),
    )


@blueprint.get(f"{PATH}/changes")
@signed_in("centre.see")
def compare() -> Response:
    """What changed from one version to another: of the same book, or of the layer under it."""
    versions = {version.key: version for version in _versions()}
    before, after = (versions.get(request.args.get(name, "")) for name in ("from", "to"))
    found = list(_changed(before, after)) if before and after else []
    return page(
        "experts/changes.html",
        versions=list(versions.values()),
        before=before,
        after=after,
        found=found,
        said=said,
        words=words,
        **shell(),
    )


def said(parameter: Parameter, setting: Setting | None) -> Text:
    """A value as a reader says it, with its unit."""
    if setting is None:
        return Text("—", "—")
    value = setting.value
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    if isinstance(value, tuple):
        return Text("、".join(value) or "（空）", ", ".join(value) or "(none)")
    unit = words.UNITS.get(parameter.unit, words.Words(parameter.unit, parameter.unit))
    return Text(f"{value} {unit.zh}".strip(), f"{value} {unit.en}".strip())


def _sections(book: Rulebook) -> Iterator[Section]:
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


def _changed(before: Version, after: Version) -> Iterator[Changed]:
    old, new = (shipped().rulebook(each.book, each.since) for each in (before, after))
    for change in changes(old, new):
        book = old if change.after is None else new
        yield Changed(
            change,
            _title(book, change.rule, change.regime),
            _regime(book, change.regime),
            book.parameter(change.rule, change.name),
        )


def _versions() -> list[Version]:
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


def _today() -> date:
    return edge().clock.now().astimezone(BEIJING).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
