"""The threat model points at tests: those that it names exist, and each claim names one or says that there is none."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TEXT = (TESTS.parent / "docs/threat-model.md").read_text()
PARTS = dict(part.split("\n", 1) for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:])
OUTSIDE = "Outside every promise"
POINTER = re.compile(r"`(?:test_|tests/)\w*|\(no test: [^)]+\)")


def rows(part: str) -> Iterator[str]:
    """What stands in the tables of a part, without their heads."""
    for table in re.findall(r"(?:^\|.*\n)+", part, re.MULTILINE):
        yield from table.splitlines()[2:]


def test_every_test_that_it_names_is_there() -> None:
    sources = {path: path.read_text() for path in TESTS.rglob("*.py")}
    tests = {name for source in sources.values() for name in re.findall(r"^\s*def (test_\w+)", source, re.MULTILINE)}
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(named) > 100
    assert sorted(named - tests) == []


def test_every_file_that_it_names_is_there() -> None:
    files = {path.name for path in TESTS.rglob("*.py")}
    for named in re.findall(r"`((?:tests/)?[\w/]+\.py)`", TEXT):
        there = (TESTS.parent / named).is_file() if "/" in named else named in files
        assert there, named


@pytest.mark.parametrize("part", sorted(PARTS.keys() - {OUTSIDE}))
def test_every_claim_names_its_test_or_says_that_there_is_none(part: str) -> None:
    assert POINTER.search(PARTS[part])
    assert [row for row in rows(PARTS[part]) if not POINTER.search(row) and row.strip("| ").count("|")] == []


def test_what_no_part_protects_stands_at_the_end() -> None:
    assert list(PARTS)[-1] == OUTSIDE
    for said in ("Root on the vault's host", "collude in a whole set", "carries the calls", "An expert may talk"):
        assert said in PARTS[OUTSIDE]
