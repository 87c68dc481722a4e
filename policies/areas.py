"""The area codes of GB/T 2260: province, prefecture, county; retired codes with the one that follows, where known."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from policies.problems import BadInput, Problem

COUNTRY = "000000"
"""Not a code of the standard: the whole country, as a scope."""


class Area(NamedTuple):
    """One row; `last_listed` (year-month) is empty for a code in force, and so is `successor` when none is known."""

    code: str
    name_zh: str
    last_listed: str
    successor: str


@cache
def table() -> dict[str, Area]:
    """Give every area by its code, the retired ones included."""
    with files("policies").joinpath("data", "areas.csv").open(encoding="utf-8") as rows:
        return {row["code"]: Area(**row) for row in csv.DictReader(rows)}


def find(code: str) -> Area:
    """Give the area of `code`. Raises `BadInput` that names the code and the nearest area that holds it."""
    known = table()
    area = known.get(code)
    if area is None:
        around = known.get(prefecture(code)) or known.get(province(code)) or known["430000"]
        problem = Problem(
            "area",
            f"没有行政区划代码“{code}”（GB/T 2260，六位数字）。请核对，例如：{around.code} {around.name_zh}。",
            f"There is no area code “{code}” (GB/T 2260, six digits). Check it against {around.code} {around.name_zh}.",
        )
        raise BadInput([problem])
    return area


@cache
def current(code: str) -> str:
    """Give the code that stands today for `code`: a retired one's successor, else the code itself."""
    area = table().get(code)
    return area.successor if area is not None and area.successor else code


def prefecture(code: str) -> str:
    """Give the code of the prefecture that `code` lies in."""
    return code[:4] + "00"


def province(code: str) -> str:
    """Give the code of the province that `code` lies in."""
    return code[:2] + "0000"


def prefix(code: str) -> str:
    """Cut the trailing 00 pairs, so that `startswith` says whether one area lies in another."""
    while code.endswith("00"):
        code = code[:-2]
    return code
