"""Identifiers: 128 random bits, one canonical text, and nothing else to be read from them."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.ids import is_id, new_id

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def decode(identifier: str) -> int:
    number = 0
    for character in identifier.partition("_")[2]:
        number = number * 32 + ALPHABET.index(character)
    return number


@pytest.mark.parametrize("number", [0, 1, 31, 32, 2**127, 2**128 - 1])
def test_all_128_bits_are_written(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def randbits(bits: int) -> int:
        asked.append(bits)
        return number

    monkeypatch.setattr(secrets, "randbits", randbits)
    identifier = new_id("ctr")
    assert asked == [128]
    assert len(identifier) == len("ctr_") + 26
    assert decode(identifier) == number
    assert is_id("ctr", identifier)


@given(st.from_regex(r"[a-z][a-z0-9]{1,11}", fullmatch=True))
def test_a_fresh_id_is_of_its_own_kind_and_of_no_other(prefix: str) -> None:
    identifier = new_id(prefix)
    assert is_id(prefix, identifier)
    assert not is_id("zz" if prefix != "zz" else "yy", identifier)


def test_ids_tell_no_order() -> None:
    made = [new_id("ctr") for _ in range(64)]
    assert len(set(made)) == 64
    assert made != sorted(made)
    assert len({identifier[4:8] for identifier in made}) > 32  # no shared beginning, so no time in it


@pytest.mark.parametrize("prefix", ["", "c", "Ctr", "1tr", "c_r", "c-r", "ctr\n", "中心", "c" * 13])
def test_an_odd_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        new_id(prefix)


GOOD = "7" + "z" * 25


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ctr",
        "ctr_",
        "_" + GOOD,
        "ctr" + GOOD,
        "ctr_" + GOOD[:-1],
        "ctr_" + GOOD + "0",
        "ctr_8" + GOOD[1:],  # more than 128 bits
        "ctr_" + GOOD.upper(),
        "ctr_" + GOOD[:-1] + "l",
        "ctr_" + GOOD + "\n",
        " ctr_" + GOOD,
        "ctr__" + GOOD,
        "ctr_" + GOOD[:-1] + "\uff10",  # a full-width digit
        "prj_" + GOOD,
    ],
)
def test_only_the_one_canonical_form_is_an_id(text: str) -> None:
    assert is_id("ctr", "ctr_" + GOOD)
    assert not is_id("ctr", text)


@given(st.text())
def test_any_text_is_judged_without_an_exception(text: str) -> None:
    assert is_id("ctr", text) == (is_id("prj", "prj" + text[3:]) and text.startswith("ctr"))
