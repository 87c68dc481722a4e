"""Writes the page of all rules and figures from the rulebooks: `python -m policies.describe > docs/rulebook.md`."""

import sys
from collections.abc import Iterable, Iterator
from inspect import cleandoc

from policies.layers import written
from policies.library import Library, shipped
from policies.names import FACTS, Text
from policies.registry import RULES
from policies.rule import ExpertRule, Rule
from policies.rulebook import ON, Label, May, Rulebook

LABELS = {Label.LAW: "law 法律", Label.LOCAL: "local 地方", Label.PRODUCT_DEFAULT: "product-default 产品默认"}
MAY = {May.NO: "fixed 不可改", May.RAISE: "raise 只升", May.LOWER: "lower 只降", May.ANY: "any 可改"}

HEAD = """# Rulebook 规则库

This page is made from the rulebooks by `python -m policies.describe`; a test compares. Change the books, not this page.
本页由规则库生成，请勿手工修改。

Every figure has a label. **law 法律**: national text that was read. **local 地方**: a province's or city's published
figure. **product-default 产品默认**: ours, for want of a national figure or of a text that was read; its article says
which. A later book may move a figure only in the direction under “later books”. Whatever fact a rule reads, not
knowing it counts as not meeting the rule (unless the rule says when it does not matter).

A centre's own book is a file beside the others. It names the book that it builds on and sets only what differs:

```toml
id = "our-centre"
level = "centre"
title = { zh = "本中心规则库", en = "Our centre's rulebook" }
extends = "hunan"
effective_from = 2027-01-01

[rule.service.leave.tender]
minutes = { value = 120, label = "local", article = "本中心办法 第八条" }
```

A new edition is a new file with the same `id` and a later `effective_from`; the old one gets its `effective_to`.
What is misspelt, loosened or of the wrong kind is refused with its file, line and remedy.
"""


def page(library: Library) -> str:
    """Write the whole page, in Markdown."""
    editions = library.editions()
    parts = [HEAD, *_books(editions)]
    for rule in RULES.values():
        parts.extend(_rule(rule, editions))
    return "\n".join(parts).rstrip() + "\n"


def _books(editions: Iterable[Rulebook]) -> Iterator[str]:
    yield "## Books 规则库文件\n"
    yield "| book | title | level | builds on | in force |\n|---|---|---|---|---|"
    for book in editions:
        layer = book.layers[0]
        until = layer.effective_to or ""
        yield (
            f"| `{layer.book}` | {layer.title.zh} {layer.title.en} | {layer.level} "
            f"| {f'`{layer.extends}`' if layer.extends else '—'} | {layer.effective_from} – {until} |"
        )
    yield ""


def _rule(rule: Rule, editions: Iterable[Rulebook]) -> Iterator[str]:
    bases = [book for book in editions if rule.id in book.rules]
    words = _words(bases)
    table = bases[0].rules[rule.id]
    title = Text(
        *(text.format_map({name: each[at] for name, each in words.items()}) for at, text in enumerate(table.title))
    )
    yield f"## `{rule.id}` {title.zh} · {title.en}\n"
    yield cleandoc(rule.states.__doc__ or "") + "\n"
    reads = (*rule.reads, *(rule.asks if isinstance(rule, ExpertRule) else ()))
    yield "Facts 事实: " + "; ".join(f"{FACTS[name].zh} {FACTS[name].en}" for name in reads) + "\n"
    yield "| regime | parameter | value | label | article | book | later books |\n|---|---|---|---|---|---|---|"
    yield from _settings(rule, bases[0], editions)
    yield ""
    for key, message in table.messages.items():
        yield f"- `{key}`: {message.zh} {message.en}"
    yield ""


def _settings(rule: Rule, base: Rulebook, editions: Iterable[Rulebook]) -> Iterator[str]:
    names = (ON, *rule.parameters)
    rows = (
        (regime, names.index(name), name, setting)
        for book in editions
        for (owner, regime, name), (setting,) in book.settings.items()
        if owner == rule.id
    )
    for regime, _, name, setting in sorted(rows, key=lambda row: row[:2]):
        parameter = base.parameter(rule.id, name)
        unit = f" ({parameter.unit})" if parameter.unit and isinstance(setting.value, int) else ""
        yield (
            f"| {regime} | `{name}` {parameter.text.zh} {parameter.text.en} | {written(setting.value)}{unit} "
            f"| {LABELS[setting.label]} | {setting.article} | `{setting.layer}` | {MAY[parameter.may]} |"
        )


def _words(bases: Iterable[Rulebook]) -> dict[str, Text]:
    """Join the regimes' own words, since one rule serves several: “投标人/供应商”, “bidder/supplier”."""
    regimes = [words for book in bases for words in book.regimes.values()]
    return {
        name: Text(*("/".join(dict.fromkeys(words[name][at] for words in regimes)) for at in range(2)))
        for name in regimes[0]
    }


if __name__ == "__main__":
    sys.stdout.write(page(shipped()))
