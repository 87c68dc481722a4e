"""The library's own errors: every parser and check raises these and nothing else.

Callers show a person ``error.text(lang)`` (its words are in ``ledger.texts``) and never ``str`` of a foreign exception.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from ledger.texts import MESSAGES, REASONS

Lang = Literal["zh", "en"]


class LedgerError(Exception):
    """Something about a ledger is wrong; ``code`` is stable, ``params`` fill the text.

    ``place`` names the file or address that it is about, where the code that raised it could not know: see ``about``.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params
        self.place: str | None = None

    def text(self, lang: Lang) -> str:
        """What happened and what to do, in one line."""
        text = message(self.code, lang, **self.params)
        return text if self.place is None else printable(self.place) + ("：" if lang == "zh" else ": ") + text

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker process hands it over by pickle, which knows nothing of keyword arguments.
        return partial(type(self), self.code, **self.params), (), {"place": self.place}


class Malformed(LedgerError):
    """Bytes are not in the format that they claim to be in."""


class Refused(LedgerError):
    """Well-formed, but a proof, signature or condition does not hold."""


class Unreadable(LedgerError):
    """A file, archive or address cannot be read."""


@contextmanager
def about(place: object) -> Iterator[None]:
    """Name the file or address in an error that does not name one yet."""
    try:
        yield
    except LedgerError as error:
        if error.place is None and "path" not in error.params:
            error.place = str(place)
        raise


def message(code: str, lang: Lang, **params: object) -> str:
    """Return the text of ``code``; raises KeyError for a code that has no text (a test walks them all).

    A ``why`` that REASONS holds is put into the reader's language; any other is a bare fact (HTTP 503, a file name).
    """
    column = 0 if lang == "zh" else 1
    why = params.get("why")
    if isinstance(why, str) and why in REASONS:
        params["why"] = REASONS[why][column].format(**params)
    text = MESSAGES[code][column].format(**params)
    return printable(text)


def printable(text: str) -> str:
    """Return ``text`` with a mark for what breaks the line or moves a terminal's cursor: it may come from strangers."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
