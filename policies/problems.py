"""What is wrong with a rulebook or with facts that came from outside, told to the person who can mend it."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple


class Problem(NamedTuple):
    """One mistake: the field, what it is and how to mend it, and in a file its line (from 1)."""

    field: str
    zh: str
    en: str
    source: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line) if part)
        return f"{place + ': ' if place else ''}{self.field}: {self.en} | {self.zh}"


class BadInput(ValueError):
    """What came in cannot be used. `problems` names every field with its remedy, in both languages."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Hint(NamedTuple):
    """A suggestion in both languages, to be put after what is wrong."""

    zh: str
    en: str


def did_you_mean(word: str, known: Iterable[str]) -> Hint:
    """Suggest the nearest of the `known` words, or list them all when none is near."""
    choices = sorted(known)
    near = get_close_matches(word, choices, n=1)
    if near:
        return Hint(f"是否应为“{near[0]}”？", f"Did you mean “{near[0]}”?")
    return Hint(f"可用：{'、'.join(choices)}。", f"Known: {', '.join(choices)}.")
