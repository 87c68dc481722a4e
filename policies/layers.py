"""What a later layer may do to an earlier one: override, in the direction that the earlier one allows."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import reduce
from itertools import pairwise

from policies.problems import BadInput, Problem
from policies.rulebook import Kind, Label, May, Parameter, Rulebook, Setting, Value
from policies.shapes import misfit

LEVELS = ("national", "province", "centre")

LABELS_OF = {
    "national": frozenset({Label.LAW, Label.PRODUCT_DEFAULT}),
    "province": frozenset({Label.LOCAL, Label.PRODUCT_DEFAULT}),
    "centre": frozenset({Label.LOCAL, Label.PRODUCT_DEFAULT}),
}
"""Only national text is law, and only a locality's own book has its figures."""

MOVES = {
    May.NO: ("本层不得改动", "may not be changed by a later layer"),
    May.RAISE: ("只能向更高（更多）改", "may only be raised (or widened) by a later layer"),
    May.LOWER: ("只能向更低（更少）改", "may only be lowered (or narrowed) by a later layer"),
}


def rises(parameter: Parameter, before: Value, after: Value) -> bool:
    """Say whether `after` is at least as high, as many or as late as `before`; lists have no direction."""
    if parameter.kind is Kind.RATIO:
        return Fraction(str(after)) >= Fraction(str(before))
    if parameter.kind is Kind.CHOICE:
        return parameter.choices.index(str(after)) >= parameter.choices.index(str(before))
    if isinstance(before, tuple) and isinstance(after, tuple):
        return set(after) >= set(before)
    if isinstance(before, int) and isinstance(after, int):
        return after >= before
    return False


def allowed(parameter: Parameter, before: Value, after: Value) -> bool:
    """Say whether a later layer may move a parameter so. Saying the same again is always allowed."""
    if parameter.normal(before) == parameter.normal(after) or parameter.may is May.ANY:
        return True
    if parameter.may is May.RAISE:
        return rises(parameter, before, after)
    if parameter.may is May.LOWER:
        return rises(parameter, after, before)
    return False


def written(value: Value) -> str:
    """Write a value as the rulebook does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(value) + "]"
    return str(value)


def stack(books: Iterable[Rulebook]) -> Rulebook:
    """Merge the layers, the earliest first, and check the result. Raises `BadInput`."""
    merged = reduce(Rulebook.merge, books)
    check(merged)
    return merged


def check(book: Rulebook) -> None:
    """Raise `BadInput` with every value that does not fit its declaration and every forbidden override."""
    problems = list(_problems(book))
    if problems:
        raise BadInput(problems)


def _problems(book: Rulebook) -> Iterator[Problem]:
    source = {layer.book: layer.source for layer in book.layers}
    first = book.layers[0].book
    for (rule, regime, name), settings in sorted(book.settings.items()):
        key = f"rule.{rule}.{regime}.{name}"
        if settings[0].layer != first:
            yield Problem(
                key,
                f"“{first}”在此制度下没有这条规则。请删除此行，或先在“{first}”中定义。",
                f"“{first}” does not have this rule in this regime. Delete this line, or define it there first.",
                source[settings[0].layer],
                settings[0].line,
            )
            continue
        parameter = book.parameter(rule, name)
        wrong = [(setting, misfit(setting.value, parameter)) for setting in settings]
        for setting, hint in wrong:
            if hint is not None:
                yield Problem(f"{key}.value", hint.zh, hint.en, source[setting.layer], setting.line)
        if any(hint is not None for _, hint in wrong):
            continue
        for before, after in pairwise(settings):
            if not allowed(parameter, before.value, after.value):
                yield _explain(key, parameter, before, after, source[after.layer])


def _explain(key: str, parameter: Parameter, before: Setting, after: Setting, source: str) -> Problem:
    zh, en = MOVES[parameter.may]
    was, now = written(before.value), written(after.value)
    return Problem(
        key,
        f"“{before.layer}”定为 {was}（{before.article}），{zh}；此处为 {now}。请改回 {was} 或删除此行。",
        f"“{before.layer}” sets {was} ({before.article}), which {en}; here it is {now}. "
        f"Set it to {was} or delete this line.",
        source,
        after.line,
    )
