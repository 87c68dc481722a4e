"""What changed between two rulebooks: two editions of one book, or a book and the layer under it."""

from typing import NamedTuple

from policies.rulebook import Rulebook, Setting


class Change(NamedTuple):
    """A parameter that is not the same in both. Without ``before`` it was added, without ``after`` removed.

    The value may be the same and only the label, article or layer another.
    """

    rule: str
    regime: str
    name: str
    before: Setting | None
    after: Setting | None


def changes(before: Rulebook, after: Rulebook) -> tuple[Change, ...]:
    """Give every parameter whose value, label or article differs, by rule, regime and name."""
    found = []
    for key in sorted(before.settings.keys() | after.settings.keys()):
        old = before.setting(*key) if key in before.settings else None
        new = after.setting(*key) if key in after.settings else None
        if _counts(before, key, old) != _counts(after, key, new):
            found.append(Change(*key, old, new))
    return tuple(found)


def _counts(book: Rulebook, key: tuple[str, str, str], setting: Setting | None) -> object:
    """What of a setting is compared; in a set the order is not."""
    if setting is None:
        return None
    rule, _, name = key
    return book.parameter(rule, name).normal(setting.value), setting.label, setting.article
