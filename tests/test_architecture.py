"""The shape of the code, as far as the import contracts in pyproject.toml cannot state it.

Lint may be silenced line by line; these may not.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400

# What each part may import besides itself and the standard library; a part that is not there yet imports nothing.
ALLOWED_IMPORTS = {
    "ledger": {"cryptography", "rfc8785"},
    "policies": set(),
    "expertpool/protocol": {
        "ledger",
        "policies",
        "cryptography",
        "nacl",
        "networkx",
        "py_arkworks_bls12381",
        "rfc8785",
    },
}
# What each part may import of the project besides itself.
ALLOWED_OWN_IMPORTS = {
    "expertpool/custodian": {
        "ledger",
        "expertpool.protocol",
        *(f"expertpool.core.{part}" for part in ("keystore", "keyfile", "errors", "clock", "faults")),
    },
    "expertpool/web": {"expertpool.core"},
}
OWN = ("ledger", "policies", "expertpool", "tests", "benchmarks", "deploy")


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(tree: ast.AST, package: str = "") -> Iterator[str]:
    """Yield the full names of the modules that a syntax tree imports; `package` resolves relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> list[str]:
    return list(imports(ast.parse(path.read_text()), ".".join(path.relative_to(ROOT).parent.parts)))


def within(module: str, parts: set[str]) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in parts)


def uses_random(tree: ast.AST) -> bool:
    return any(within(module, {"random"}) for module in imports(tree))


def reads_naive_time(tree: ast.AST) -> bool:
    """Find `now()` without a zone, `utcnow()`, `utcfromtimestamp()` and `today()`: local or unmarked time."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr in {"utcnow", "utcfromtimestamp", "today"}
            or (
                node.func.attr == "now"
                and ast.unparse(node.func.value).endswith("datetime")
                and not (node.args or node.keywords)
            )
        )
        for node in ast.walk(tree)
    )


def offenders(files: list[Path], offends: Callable[[ast.AST], bool]) -> list[str]:
    assert files
    return [str(path.relative_to(ROOT)) for path in files if offends(ast.parse(path.read_text()))]


@pytest.mark.parametrize("part", ALLOWED_IMPORTS)
def test_the_pure_parts_import_what_they_may(part: str) -> None:
    allowed = ALLOWED_IMPORTS[part] | {part.replace("/", ".")} | sys.stdlib_module_names
    found = {(path.name, module) for path in python_files(part) for module in imports_of(path)}
    assert {(name, module) for name, module in found if not within(module, allowed)} == set()


@pytest.mark.parametrize("part", ALLOWED_OWN_IMPORTS)
def test_the_edges_import_what_they_may(part: str) -> None:
    allowed = ALLOWED_OWN_IMPORTS[part] | {part.replace("/", ".")}
    files = [path for path in python_files(part) if path.name != "__main__.py"]  # a command, which nothing imports
    found = {(path.name, module) for path in files for module in imports_of(path)}
    own = {(name, module) for name, module in found if within(module, set(OWN))}
    assert {(name, module) for name, module in own if not within(module, allowed)} == set()


def test_no_file_is_longer_than_one_idea() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in python_files(*OWN)}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_randomness_comes_from_the_protocol_or_from_secrets() -> None:
    assert offenders(python_files("ledger", "policies", "expertpool", "deploy"), uses_random) == []


def test_time_is_never_naive() -> None:
    assert offenders(python_files(*OWN), reads_naive_time) == []


@pytest.mark.parametrize(
    ("source", "package", "expected"),
    [
        ("import a.b, c", "", ["a.b", "c"]),
        ("from a.b import c, d", "", ["a.b.c", "a.b.d"]),
        ("def f():\n    import late", "", ["late"]),
        ("from . import x", "p.q", ["p.q.x"]),
        ("from ..r import x", "p.q", ["p.r.x"]),
    ],
)
def test_imports_are_found(source: str, package: str, expected: list[str]) -> None:
    assert list(imports(ast.parse(source), package)) == expected


@pytest.mark.parametrize("source", ["import random", "from random import Random", "def f():\n    import random"])
def test_random_is_found(source: str) -> None:
    assert uses_random(ast.parse(source))
    assert not uses_random(ast.parse("import randomness, secrets"))


@pytest.mark.parametrize("call", ["datetime.now()", "dt.datetime.now()", "datetime.utcnow()", "date.today()"])
def test_naive_time_is_found(call: str) -> None:
    assert reads_naive_time(ast.parse(call))


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "datetime.now(tz=UTC)", "clock.now()", "datetime.now"])
def test_time_with_a_zone_passes(call: str) -> None:
    assert not reads_naive_time(ast.parse(call))
