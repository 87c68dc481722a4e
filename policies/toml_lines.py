"""Where each key of a TOML document stands: `tomllib` gives values without lines, and a mistake wants its line."""

import tomllib
from collections.abc import Iterator

Path = tuple[str, ...]


def lines_of(text: str) -> dict[Path, int]:
    """Map every table and key of a valid TOML document to its line, counted from 1.

    Works on statements: the few lines that parse on their own. Keys within an inline table share its line.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        if statement.lstrip().startswith("["):
            table = _only_path(tomllib.loads(statement))
            for end in range(1, len(table) + 1):
                found.setdefault(table[:end], number)
            continue
        for path in _paths(tomllib.loads(statement)):
            found.setdefault(table + path, number)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Split into statements with the line where each begins; one that does not parse yet goes on to the next line."""
    pending: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        pending.append(line)
        statement = "\n".join(pending)
        try:
            empty = not tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if not empty:
            yield number - len(pending) + 1, statement
        pending = []


def _only_path(header: dict[str, object]) -> Path:
    path: Path = ()
    inner: object = header
    while isinstance(inner, dict) and inner:
        ((key, inner),) = inner.items()
        path += (key,)
    return path


def _paths(values: dict[str, object]) -> Iterator[Path]:
    for key, value in values.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, *inner) for inner in _paths(value))
