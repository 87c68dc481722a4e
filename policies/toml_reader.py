"""Reads TOML tables piece by piece and gathers what is wrong, by key and line, instead of stopping at the first."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from string import Formatter
from typing import TypeVar, cast

from policies.names import Text
from policies.problems import BadInput, Problem, did_you_mean
from policies.toml_lines import Path, lines_of

Table = dict[str, object]
Word = TypeVar("Word", bound=StrEnum)


class TomlReader:
    """One document, and the problems found in it so far. A piece that is wrong reads as something harmless."""

    def __init__(self, text: str, source: str) -> None:
        """Parse `text`; `source` names the file in messages. Raises `BadInput` when it is not TOML at all."""
        self.source = source
        self.problems: list[Problem] = []
        try:
            self.document: Table = tomllib.loads(text)
        except ValueError as error:  # besides its own errors, tomllib passes on those of impossible days
            raise BadInput([_syntax(str(error), source)]) from None
        self._lines = lines_of(text)

    def line(self, path: Path) -> int | None:
        """Give the line of a key, or of the innermost table around it that has one."""
        return next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), None)

    def say(self, path: Path, zh: str, en: str) -> None:
        """Note a problem with what stands at `path`."""
        self.problems.append(Problem(".".join(path), zh, en, self.source, self.line(path)))

    def misspelt(self, path: Path, word: str, known: Iterable[str]) -> None:
        """Note that `word` is not among the `known`, with the nearest of them."""
        hint = did_you_mean(word, known)
        self.say(path, f"不认识“{word}”。{hint.zh}", f"“{word}” is not known here. {hint.en}")

    def only(self, table: Mapping[str, object], known: Iterable[str], path: Path) -> None:
        """Note every key that is not among the `known`."""
        names = set(known)
        for key in table:
            if key not in names:
                self.misspelt((*path, key), key, names)

    def need(self, table: Mapping[str, object], names: Iterable[str], path: Path) -> None:
        """Note every name that is missing."""
        for name in sorted(set(names) - set(table)):
            self.say((*path, name), "缺少此项，请补上。", "This is missing. Add it.")

    def table(self, parent: Table, name: str, path: Path) -> Table:
        """Read a table; a missing one is empty."""
        value = parent.get(name, {})
        if isinstance(value, dict):
            return value
        self.say((*path, name), "此处须为表。", "This must be a table.")
        return {}

    def tables(self, parent: Table, name: str, path: Path) -> list[tuple[str, Table]]:
        """Read a table of tables."""
        inner = self.table(parent, name, path)
        return [(key, self.table(inner, key, (*path, name))) for key in inner]

    def word(self, table: Table, name: str, path: Path) -> str:
        """Read a text that must not be blank."""
        value = table.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.say((*path, name), "此处须填写文字。", "A text is needed here.")
        return ""

    def words(self, table: Table, name: str, path: Path) -> tuple[str, ...]:
        """Read a list of texts; a missing one is empty."""
        value = table.get(name, [])
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(cast("list[str]", value))
        self.say((*path, name), "须为文字列表。", "This must be a list of texts.")
        return ()

    def one_of(self, table: Table, name: str, path: Path, choices: type[Word]) -> Word:
        """Read one word of an enumeration."""
        word = self.word(table, name, path)
        known = {str(choice): choice for choice in choices}
        if word in known:
            return known[word]
        if word:
            self.misspelt((*path, name), word, known)
        return next(iter(choices))

    def day(self, table: Table, name: str, path: Path) -> date:
        """Read a day."""
        value = table.get(name)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.say(
            (*path, name),
            "须为日期，写作 2026-11-21，不加引号。",
            "This must be a day, written 2026-11-21 without quotes.",
        )
        return date.min

    def text(self, parent: Table, name: str, path: Path) -> Text:
        """Read a text in both languages: `{ zh = "...", en = "..." }`. Placeholders must be plain names."""
        table = self.table(parent, name, path)
        where = (*path, name)
        self.only(table, ("zh", "en"), where)
        text = Text(self.word(table, "zh", where), self.word(table, "en", where))
        for language, words in zip(("zh", "en"), text, strict=True):
            if not _plain_placeholders(words):
                self.say(
                    (*where, language),
                    "花括号只能括住一个名称，例如 {size}。",
                    "Braces may hold a plain name only, such as {size}.",
                )
        return text

    def texts(self, parent: Table, name: str, path: Path) -> dict[str, Text]:
        """Read a table of texts in both languages."""
        inner = self.table(parent, name, path)
        return {key: self.text(inner, key, (*path, name)) for key in inner}


def _plain_placeholders(words: str) -> bool:
    """Say whether `str.format` can only look up names in `words`: no attributes, indexes or formats."""
    try:
        pieces = list(Formatter().parse(words))
    except ValueError:
        return False
    return all(name is None or (name.isidentifier() and not spec and not how) for _, name, spec, how in pieces)


def _syntax(message: str, source: str) -> Problem:
    """Explain that the file is not TOML, or has a day that is not in the calendar."""
    position = re.search(r"line (\d+)", message)
    return Problem(
        "TOML",
        "这一行不是合法的 TOML（键 = 值；日期须真实存在，写作 2026-11-21；文字用双引号）。",
        "This line is not valid TOML (key = value; a day must exist and is written 2026-11-21; text in double quotes).",
        source,
        int(position[1]) if position else None,
    )
