"""A rulebook read back from its canonical bytes, as evidence holds it: the same digest, the same decisions.

The bytes say what counts for every parameter and which layers say it (`Rulebook.canonical`). Texts are not in them, so
the messages of a restored book are empty; whoever shows findings takes the texts from a book at hand.
"""

import json
from collections.abc import Iterable
from datetime import date
from types import MappingProxyType
from typing import Any

from policies.names import Text
from policies.problems import BadInput, Problem
from policies.registry import RULES
from policies.rulebook import ON, Kind, Label, Layer, May, Parameter, Rulebook, RuleTable, Setting, Value

NO_TEXT = Text("", "")


def restore(data: bytes) -> Rulebook:
    """Read what `Rulebook.canonical` wrote. Raises `BadInput` for anything else, and for rules that are not known here.

    A rule that the bytes have and this program does not cannot be applied, so such a book is refused as a whole.
    """
    try:
        book = _book(json.loads(data))
        same = book.canonical() == data and not list(_misfits(book))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise _refusal() from None
    if not same:
        raise _refusal()
    return book


def _book(document: Any) -> Rulebook:
    settings = {
        (rule, regime, name): (_setting(setting),)
        for rule, regimes in document["settings"].items()
        for regime, names in regimes.items()
        for name, setting in names.items()
    }
    regimes = {regime for _, regime, _ in settings}
    return Rulebook(
        layers=tuple(_layer(layer) for layer in document["layers"]),
        regimes=MappingProxyType({regime: MappingProxyType({}) for regime in sorted(regimes)}),
        rules=MappingProxyType({rule: _table(rule) for rule in document["settings"]}),
        settings=MappingProxyType(settings),
    )


def _setting(setting: Any) -> Setting:
    value: Value = tuple(setting["value"]) if isinstance(setting["value"], list) else setting["value"]
    return Setting(value, Label(setting["label"]), _text(setting["article"]), _text(setting["layer"]))


def _layer(layer: Any) -> Layer:
    ends = layer["effective_to"]
    return Layer(
        book=_text(layer["book"]),
        level=_text(layer["level"]),
        title=NO_TEXT,
        extends="",
        effective_from=date.fromisoformat(layer["effective_from"]),
        effective_to=date.fromisoformat(ends) if ends else None,
    )


def _table(rule: str) -> RuleTable:
    declared = RULES[rule]
    parameters = {name: Parameter(kind, May.ANY, NO_TEXT) for name, kind in declared.parameters.items()}
    return RuleTable(NO_TEXT, MappingProxyType(dict.fromkeys(declared.effects, NO_TEXT)), MappingProxyType(parameters))


def _misfits(book: Rulebook) -> Iterable[str]:
    """Name every rule of which a parameter is missing in a regime, or has a value of another kind."""
    for rule, regime in {(rule, regime) for rule, regime, _ in book.settings}:
        for name in (ON, *book.rules[rule].parameters):
            if not _fits(book.setting(rule, regime, name).value, book.parameter(rule, name).kind):
                yield rule


def _fits(value: Value, kind: Kind) -> bool:
    if kind in (Kind.SET, Kind.LIST):
        return isinstance(value, tuple) and all(isinstance(each, str) for each in value)
    if kind is Kind.NUMBER:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, bool if kind is Kind.FLAG else str)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _refusal() -> BadInput:
    problem = Problem(
        "rulebook",
        "这不是规则库的规范形式，或其中有本程序不认识的规则。请使用相应版本的程序。",
        "This is not the canonical form of a rulebook, or it has rules that this program does not know. "
        "Use the version of the program that it was made with.",
    )
    return BadInput([problem])
