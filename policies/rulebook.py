"""The rulebook: parameters in layers, national -> province -> centre, each with its label and article.

Merging only stacks what each layer says, so that it does not matter in which order layers are combined; what a later
layer may change is checked on the stack (`policies.layers`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from types import MappingProxyType

from policies.names import Text

Value = bool | int | str | tuple[str, ...]
Key = tuple[str, str, str]
"""Rule id, regime and the parameter's name."""

ON = "on"
"""The parameter that every rule has in every regime: whether it is applied."""


class Label(StrEnum):
    """How binding a figure is: national text, a locality's published figure, or ours for want of one."""

    LAW = "law"
    LOCAL = "local"
    PRODUCT_DEFAULT = "product-default"


class May(StrEnum):
    """Which way a later layer may move a parameter."""

    NO = "no"
    RAISE = "raise"
    LOWER = "lower"
    ANY = "any"


class Kind(StrEnum):
    """What a parameter's value is. A ratio is written “2/3”; a set is unordered, a list is in order."""

    FLAG = "flag"
    NUMBER = "number"
    RATIO = "ratio"
    CHOICE = "choice"
    SET = "set"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter is, the same in every layer: kind, unit, direction, choices (in order), and its texts."""

    kind: Kind
    may: May
    text: Text
    unit: str = ""
    choices: tuple[str, ...] = ()

    def normal(self, value: Value) -> Value:
        """Give the one form of equal values: a set has no order."""
        return tuple(sorted(value)) if self.kind is Kind.SET and isinstance(value, tuple) else value


APPLIED = Parameter(Kind.FLAG, May.RAISE, Text("是否适用", "whether the rule is applied"))
"""`on`, declared once for all rules: a later layer may switch a rule on, never off."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter's value as one layer sets it. `line` is that in the layer's file."""

    value: Value
    label: Label
    article: str
    layer: str
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RuleTable:
    """A rule's texts and the parameters that it takes."""

    title: Text
    messages: Mapping[str, Text]
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class Layer:
    """One rulebook file: who issues it and when it is in force (both days included)."""

    book: str
    level: str
    title: Text
    extends: str
    effective_from: date
    effective_to: date | None = None
    source: str = field(default="", compare=False)

    def in_force(self, on: date) -> bool:
        """Say whether this layer is in force on that day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True, slots=True)
class Values:
    """The parameters of one rule in one regime, as the rule's function reads them."""

    values: Mapping[str, Value]

    def flag(self, name: str) -> bool:
        """Give a yes or no."""
        value = self.values[name]
        if not isinstance(value, bool):
            raise TypeError(f"{name} is not a flag")
        return value

    def number(self, name: str) -> int:
        """Give a whole number, in the parameter's unit."""
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} is not a number")
        return value

    def word(self, name: str) -> str:
        """Give a choice."""
        value = self.values[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} is not a choice")
        return value

    def ratio(self, name: str) -> Fraction:
        """Give a ratio, exactly."""
        return Fraction(self.word(name))

    def words(self, name: str) -> tuple[str, ...]:
        """Give a list or a set."""
        value = self.values[name]
        if not isinstance(value, tuple):
            raise TypeError(f"{name} is not a list")
        return value


@dataclass(frozen=True, slots=True)
class Rulebook:
    """One layer, or several merged: for each parameter the settings of all layers, the earliest first."""

    layers: tuple[Layer, ...]
    regimes: Mapping[str, Mapping[str, Text]]
    rules: Mapping[str, RuleTable]
    settings: Mapping[Key, tuple[Setting, ...]]

    def merge(self, later: "Rulebook") -> "Rulebook":
        """Put a later layer on this one. Associative; checks nothing (see `policies.layers.check`)."""
        keys = self.settings.keys() | later.settings.keys()
        return Rulebook(
            layers=self.layers + later.layers,
            regimes=MappingProxyType({**self.regimes, **later.regimes}),
            rules=MappingProxyType({**self.rules, **later.rules}),
            settings=MappingProxyType({key: self.settings.get(key, ()) + later.settings.get(key, ()) for key in keys}),
        )

    def setting(self, rule: str, regime: str, name: str) -> Setting:
        """Give what counts: the latest layer's word. Raises `KeyError` where no layer sets it."""
        return self.settings[rule, regime, name][-1]

    def parameter(self, rule: str, name: str) -> Parameter:
        """Give the declaration of a parameter. Raises `KeyError` for one that the rule does not take."""
        return APPLIED if name == ON else self.rules[rule].parameters[name]

    def applies(self, rule: str, regime: str) -> bool:
        """Say whether the rule is switched on in this regime."""
        return (rule, regime, ON) in self.settings and self.setting(rule, regime, ON).value is True

    def values(self, rule: str, regime: str) -> Values:
        """Give the rule's parameters in this regime."""
        names = self.rules[rule].parameters
        return Values(MappingProxyType({name: self.setting(rule, regime, name).value for name in names}))

    def canonical(self) -> bytes:
        """Give the bytes whose digest goes into the ledger: what counts for every parameter, and which layers say it.

        JSON, keys sorted, no white space, UTF-8; only objects, lists, strings, integers and booleans (a ratio is the
        string “2/3”, a day ISO 8601). Texts stay out: they present the rules and do not change them.
        """
        settings: dict[str, dict[str, dict[str, object]]] = {}
        for rule, regime, name in self.settings:
            current = self.setting(rule, regime, name)
            settings.setdefault(rule, {}).setdefault(regime, {})[name] = {
                "value": self.parameter(rule, name).normal(current.value),
                "label": current.label.value,
                "article": current.article,
                "layer": current.layer,
            }
        layers = [
            {
                "book": layer.book,
                "level": layer.level,
                "effective_from": layer.effective_from.isoformat(),
                "effective_to": layer.effective_to.isoformat() if layer.effective_to else "",
            }
            for layer in self.layers
        ]
        document = {"format": "rulebook/v1", "layers": layers, "settings": settings}
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical bytes, in hex."""
        return sha256(self.canonical()).hexdigest()
