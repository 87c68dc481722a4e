"""The rulebooks at hand: which book is in force on a day, with the books that it builds on."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise

from policies.layers import LEVELS, stack
from policies.loader import load
from policies.problems import BadInput, Problem, did_you_mean
from policies.rulebook import Layer, Rulebook


class Library:
    """Books by id; of one id there may be several editions, of which one at most is in force on any day."""

    def __init__(self, books: Iterable[Rulebook]) -> None:
        """Sort the editions. Raises `BadInput` when two editions of one book are in force on the same day."""
        self._editions: dict[str, list[Rulebook]] = {}
        for book in books:
            self._editions.setdefault(_layer(book).book, []).append(book)
        problems = []
        for editions in self._editions.values():
            editions.sort(key=lambda book: _layer(book).effective_from)
            for earlier, later in pairwise(editions):
                if _layer(earlier).in_force(_layer(later).effective_from):
                    problems.append(_overlap(_layer(earlier), _layer(later)))
        if problems:
            raise BadInput(problems)

    def ids(self) -> tuple[str, ...]:
        """Give the ids of all books."""
        return tuple(sorted(self._editions))

    def editions(self) -> tuple[Rulebook, ...]:
        """Give all editions of all books as their files have them, by level, id and day."""
        books = (book for editions in self._editions.values() for book in editions)
        return tuple(sorted(books, key=lambda book: (LEVELS.index(_layer(book).level), _layer(book).book)))

    def rulebook(self, book: str, on: date) -> Rulebook:
        """Give the merged and checked rulebook in force on a day: the book on top of all that it extends.

        Raises `BadInput` when the book, or one that it extends, is unknown or not in force that day, when the chain
        does not go down from nation to province to centre, or when a layer overrides what it may not.
        """
        chain = [self._edition(book, on)]
        while parent := _layer(chain[0]).extends:
            above = self._edition(parent, on)
            lower, upper = _layer(chain[0]), _layer(above)
            if LEVELS.index(upper.level) >= LEVELS.index(lower.level):
                raise BadInput([_upside_down(lower, upper)])
            chain.insert(0, above)
        return stack(chain)

    def _edition(self, book: str, on: date) -> Rulebook:
        editions = self._editions.get(book)
        if editions is None:
            hint = did_you_mean(book, self._editions)
            problem = Problem("rulebook", f"没有规则库“{book}”。{hint.zh}", f"There is no rulebook “{book}”. {hint.en}")
            raise BadInput([problem])
        for edition in editions:
            if _layer(edition).in_force(on):
                return edition
        first = _layer(editions[0]).effective_from
        problem = Problem(
            "rulebook",
            f"规则库“{book}”在 {on} 未生效（最早 {first}）。请换日期，或补充该日生效的版本。",
            f"Rulebook “{book}” is not in force on {on} (first: {first}). "
            "Choose another day, or add an edition for it.",
        )
        raise BadInput([problem])


def _layer(book: Rulebook) -> Layer:
    return book.layers[0]


def _overlap(earlier: Layer, later: Layer) -> Problem:
    return Problem(
        "effective_to",
        f"“{earlier.book}”的两个版本在 {later.effective_from} 同时有效（{earlier.source}、{later.source}）。"
        f"请给前一版填写早于该日的 effective_to。",
        f"Two editions of “{earlier.book}” are in force on {later.effective_from} ({earlier.source}, {later.source}). "
        "Give the earlier one an effective_to before that day.",
        earlier.source,
    )


def _upside_down(lower: Layer, upper: Layer) -> Problem:
    return Problem(
        "extends",
        f"“{lower.book}”（{lower.level}）不能以“{upper.book}”（{upper.level}）为上层。顺序为：国家、省、中心。",
        f"“{lower.book}” ({lower.level}) cannot extend “{upper.book}” ({upper.level}). The order is nation, province, "
        "centre.",
        lower.source,
    )


def open_library(folder: Traversable) -> Library:
    """Read every `.toml` file of a folder (a `pathlib.Path` will do). Raises `BadInput` with all files' problems."""
    books: list[Rulebook] = []
    problems: list[Problem] = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            try:
                books.append(load(path.read_text(encoding="utf-8"), path.name))
            except BadInput as error:
                problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    return Library(books)


@cache
def shipped() -> Library:
    """Give the books that come with the package."""
    return open_library(files("policies").joinpath("books"))
