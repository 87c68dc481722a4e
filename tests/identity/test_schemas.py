"""What identity takes for a code and for a line of text."""

from typing import Any

import pytest

from expertpool.identity.schemas import NewActor, NewCentre, Retirement

CENTRE = "ctr_" + 26 * "0"
LINES = ["岳麓分中心", "Yuelu branch", "a", "O’Neill & 张 (3)", "😀", "长" * 120]
NO_LINES = [
    "",
    " ",
    " a",
    "a ",
    "a\nb",
    "a\n",
    "\ta",
    "\x00",
    "a\x7fb",
    "\u3000岳麓",
    "a\u2028b",
    "a\u202eb",
    "a\x85",
    "长" * 121,
]
CODES = ["a", "yuelu", "430104", "branch-2", "a-b-c", "a" * 40]
NO_CODES = ["", "A", "a_b", "-a", "a-", "a--b", "a b", "a\n", "岳麓", "a" * 41, "é"]


def complaints(schema: Any, **fields: Any) -> set[str]:
    return set(schema.validate(fields, partial=True))


@pytest.mark.parametrize("text", LINES)
def test_lines(text: str) -> None:
    assert complaints(NewCentre(), name_zh=text, name_en=text) == set()
    assert complaints(Retirement(), reason=text) == set()


@pytest.mark.parametrize("text", NO_LINES)
def test_no_lines(text: str) -> None:
    assert complaints(NewCentre(), name_zh=text, name_en=text) == {"name_zh", "name_en"}


@pytest.mark.parametrize("code", CODES)
def test_codes(code: str) -> None:
    assert complaints(NewActor(), code=code) == complaints(NewCentre(), code=code) == set()


@pytest.mark.parametrize("code", NO_CODES)
def test_no_codes(code: str) -> None:
    assert complaints(NewActor(), code=code) == complaints(NewCentre(), code=code) == {"code"}


@pytest.mark.parametrize(
    "centre", ["", "ctr_", CENTRE + "0", CENTRE[:-1], CENTRE.upper(), CENTRE + "\n", "act_" + 26 * "0"]
)
def test_no_identifiers(centre: str) -> None:
    assert complaints(NewActor(), centre_id=centre) == {"centre_id"}
    assert complaints(NewActor(), centre_id=CENTRE) == set()


@pytest.mark.parametrize("role", ["", "god", "SYSTEM_ADMINISTRATOR", 1, None, ["auditor"]])
def test_no_roles(role: Any) -> None:
    assert complaints(NewActor(), role=role) == {"role"}
