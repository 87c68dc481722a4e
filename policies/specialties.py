"""The national specialty classification (发改法规〔2018〕316号): a tree of codes; a claim covers all below it."""

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from policies.problems import BadInput, Problem, did_you_mean

Key = tuple[str, str, str]
"""Scheme, version and code: the same code may mean something else in another scheme or version."""


class Specialty(NamedTuple):
    """One row of the table; `level` runs from 1 (工程, 货物, 服务) to 4."""

    code: str
    parent: str
    level: int
    name_zh: str


TABLES = {("national", "2018"): "specialties-2018.csv"}


@cache
def table(scheme: str, version: str) -> dict[str, Specialty]:
    """Give all specialties of a scheme's version by code. Raises `BadInput` for a table that we do not have."""
    name = TABLES.get((scheme, version))
    if name is None:
        known = [f"{scheme}/{version}" for scheme, version in TABLES]
        hint = did_you_mean(f"{scheme}/{version}", known)
        problem = Problem(
            "scheme",
            f"没有专业分类“{scheme}/{version}”。{hint.zh}",
            f"There is no specialty scheme “{scheme}/{version}”. {hint.en}",
        )
        raise BadInput([problem])
    with files("policies").joinpath("data", name).open(encoding="utf-8") as rows:
        return {
            row["code"]: Specialty(row["code"], row["parent"], int(row["level"]), row["name_zh"])
            for row in csv.DictReader(rows)
        }


def find(code: str, scheme: str = "national", version: str = "2018") -> Specialty:
    """Give the specialty of `code`. Raises `BadInput` that names the code and the nearest class above it."""
    known = table(scheme, version)
    specialty = known.get(code)
    if specialty is None:
        above = next((code[:end] for end in range(len(code), 0, -1) if code[:end] in known), "")
        choices = [each for each in known.values() if each.parent == above]
        listed = [f"{each.code} {each.name_zh}" for each in choices[:6]]
        problem = Problem(
            "code",
            f"没有专业代码“{code}”（{scheme}/{version}）。可在“{above or '全部'}”下选择，例如：{'、'.join(listed)}。",
            f"There is no specialty code “{code}” ({scheme}/{version}). "
            f"Choose one under “{above or 'all'}”: {', '.join(listed)}.",
        )
        raise BadInput([problem])
    return specialty


def ancestors(code: str, scheme: str = "national", version: str = "2018") -> Iterator[Specialty]:
    """Go from `code` itself up to its first-level class. Raises `BadInput` for an unknown code."""
    specialty = find(code, scheme, version)
    yield specialty
    while specialty.parent:
        specialty = find(specialty.parent, scheme, version)
        yield specialty


def descendants(code: str, scheme: str = "national", version: str = "2018") -> frozenset[str]:
    """Give `code` and every code below it. Raises `BadInput` for an unknown code."""
    find(code, scheme, version)
    children: dict[str, list[str]] = {}
    for specialty in table(scheme, version).values():
        children.setdefault(specialty.parent, []).append(specialty.code)
    found = [code]
    for reached in found:
        found.extend(children.get(reached, ()))
    return frozenset(found)


def claims_that_cover(
    code: str, *, climbed: int = 0, scheme: str = "national", version: str = "2018"
) -> frozenset[Key]:
    """Give every claim that qualifies for `code`: the code itself and all above it, since a claim covers what is below.

    `climbed` levels of the shortage ladder open the subtree of that ancestor as well; above the first level there
    is nothing to open. Raises `BadInput` for an unknown code.
    """
    path = [specialty.code for specialty in ancestors(code, scheme, version)]
    accepted = set(path)
    if climbed:
        accepted |= descendants(path[min(climbed, len(path) - 1)], scheme, version)
    return frozenset((scheme, version, each) for each in accepted)
