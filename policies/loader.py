"""Reads one rulebook file and says everything that is wrong with it, by key and line."""

from types import MappingProxyType

from policies.layers import LABELS_OF, LEVELS
from policies.names import Text
from policies.problems import BadInput
from policies.registry import RULES
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
)
from policies.shapes import UNITS
from policies.toml_lines import Path
from policies.toml_reader import Table, TomlReader

REGIME_WORDS = ("name", "expert", "bidder", "committee", "owner")
"""The words that each regime has its own of."""

DECLARED = ("title", "messages", "parameters")
"""What a base book says of a rule once; every other key of the rule's table is a regime."""


def load(text: str, source: str) -> Rulebook:
    """Read one book. `source` names the file in messages. Raises `BadInput` with every problem found."""
    reader = TomlReader(text, source)
    layer = _layer(reader)
    regimes: dict[str, MappingProxyType[str, Text]] = {}
    for regime in reader.table(reader.document, "regime", ()):
        words = reader.texts(reader.table(reader.document, "regime", ()), regime, ("regime",))
        reader.only(words, REGIME_WORDS, ("regime", regime))
        reader.need(words, REGIME_WORDS, ("regime", regime))
        regimes[regime] = MappingProxyType(words)
    rules: dict[str, RuleTable] = {}
    settings: dict[Key, Setting] = {}
    for family, members in reader.tables(reader.document, "rule", ()):
        for name in members:
            rule, path = f"{family}.{name}", ("rule", family, name)
            if rule not in RULES:
                reader.misspelt(path, rule, RULES)
                continue
            table = reader.table(members, name, path[:-1])
            if layer.extends:
                _refuse_declaration(reader, table, path, layer)
            else:
                rules[rule] = _declaration(reader, rule, table, path)
            for regime in (key for key in table if key not in DECLARED):
                values = reader.table(table, regime, path)
                for parameter, setting in _settings(reader, rule, values, (*path, regime), layer).items():
                    settings[rule, regime, parameter] = setting
                if not layer.extends and regime not in regimes:
                    reader.misspelt((*path, regime), regime, regimes)
    if reader.problems:
        raise BadInput(reader.problems)
    return Rulebook(
        (layer,),
        MappingProxyType(regimes),
        MappingProxyType(rules),
        MappingProxyType({key: (setting,) for key, setting in settings.items()}),
    )


def _layer(reader: TomlReader) -> Layer:
    head = reader.document
    known = ("id", "level", "title", "extends", "effective_from", "effective_to", "regime", "rule")
    reader.only(head, known, ())
    level = reader.word(head, "level", ())
    if level and level not in LEVELS:
        reader.misspelt(("level",), level, LEVELS)
    starts = reader.day(head, "effective_from", ())
    ends = reader.day(head, "effective_to", ()) if "effective_to" in head else None
    if ends is not None and ends < starts:
        reader.say(
            ("effective_to",),
            f"失效日期 {ends} 早于生效日期 {starts}，请改正其一。",
            f"The last day {ends} is before the first, {starts}. Correct one of them.",
        )
    return Layer(
        book=reader.word(head, "id", ()),
        level=level,
        title=reader.text(head, "title", ()),
        extends=reader.word(head, "extends", ()) if "extends" in head else "",
        effective_from=starts,
        effective_to=ends,
        source=reader.source,
    )


def _refuse_declaration(reader: TomlReader, table: Table, path: Path, layer: Layer) -> None:
    for name in DECLARED:
        if name in table:
            reader.say(
                (*path, name),
                f"规则的名称、文字和参数由“{layer.extends}”定义，本层只设定数值。请删除此项。",
                f"“{layer.extends}” declares title, messages and parameters; this layer only sets values. Delete it.",
            )


def _declaration(reader: TomlReader, rule: str, table: Table, path: Path) -> RuleTable:
    messages = reader.texts(table, "messages", path)
    reader.only(messages, RULES[rule].effects, (*path, "messages"))
    reader.need(messages, RULES[rule].effects, (*path, "messages"))
    parameters: dict[str, Parameter] = {}
    for name, body in reader.tables(table, "parameters", path):
        parameters[name] = _parameter(reader, body, (*path, "parameters", name))
        kind = RULES[rule].parameters.get(name)
        if kind is not None and parameters[name].kind is not kind:
            reader.say(
                (*path, "parameters", name, "kind"),
                f"该参数的类型须为“{kind}”。",
                f"This parameter's kind must be “{kind}”.",
            )
    reader.only(parameters, RULES[rule].parameters, (*path, "parameters"))
    reader.need(parameters, RULES[rule].parameters, (*path, "parameters"))
    return RuleTable(reader.text(table, "title", path), MappingProxyType(messages), MappingProxyType(parameters))


def _parameter(reader: TomlReader, table: Table, path: Path) -> Parameter:
    reader.only(table, ("kind", "may", "unit", "choices", "zh", "en"), path)
    kind = reader.one_of(table, "kind", path, Kind)
    unit = reader.word(table, "unit", path) if "unit" in table else ""
    if (kind is Kind.NUMBER or unit) and unit not in UNITS:
        reader.misspelt((*path, "unit"), unit, UNITS)
    return Parameter(
        kind=kind,
        may=reader.one_of(table, "may", path, May),
        text=Text(reader.word(table, "zh", path), reader.word(table, "en", path)),
        unit=unit,
        choices=reader.words(table, "choices", path),
    )


def _settings(reader: TomlReader, rule: str, values: Table, path: Path, layer: Layer) -> dict[str, Setting]:
    """Read what one regime sets. A base book must set everything; a later layer sets what it changes."""
    names = (ON, *RULES[rule].parameters)
    reader.only(values, names, path)
    if not layer.extends:
        reader.need(values, names, path)
    return {name: _setting(reader, values, name, path, layer) for name in names if name in values}


def _setting(reader: TomlReader, values: Table, name: str, path: Path, layer: Layer) -> Setting:
    where = (*path, name)
    table = reader.table(values, name, path)
    reader.only(table, ("value", "label", "article"), where)
    label = reader.one_of(table, "label", where, Label)
    if label not in LABELS_OF.get(layer.level, Label):
        known = sorted(LABELS_OF[layer.level])
        reader.say(
            (*where, "label"),
            f"本层（{layer.level}）不能标为“{label}”，可用：{'、'.join(known)}。",
            f"A {layer.level} book may not label a figure “{label}”; use {' or '.join(known)}.",
        )
    return Setting(
        _value(reader, table, where), label, reader.word(table, "article", where), layer.book, reader.line(where)
    )


def _value(reader: TomlReader, table: Table, where: Path) -> Value:
    value = table.get("value")
    if isinstance(value, list):
        return reader.words(table, "value", where)
    if isinstance(value, bool | int | str):
        return value
    reader.say(
        (*where, "value"),
        '须为真假、整数、文字或文字列表；比例写作 "2/3"，不用小数。',
        "This must be true or false, a whole number, a text or a list of texts; "
        'a ratio is written "2/3", never as a decimal.',
    )
    return ""
