"""JSON values as a ledger holds them, and the many ways to write one."""

import json
from typing import Any

from hypothesis import strategies as st

MAX_INTEGER = 2**53 - 1

# Where UTF-16 and code point order differ, what writers escape, and what looks like white space.
_CHARACTERS = st.sampled_from(
    'a"\\/\b\f\n\r\t\x00\x1f \x7f\x80\u2028é中\ud7ff\ue000\ufb33\ufeff\uffff\U00010000\U0001f600\U0010ffff'
) | st.characters(exclude_categories=["Cs"])
TEXTS = st.text(_CHARACTERS, max_size=6)
KEYS = TEXTS | st.sampled_from(["\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0001f600"])  # in order of code points
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER) | st.sampled_from([0, -1, MAX_INTEGER, -MAX_INTEGER])
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def writings(draw: st.DrawFn, value: Any) -> str:
    """Write a value as any JSON writer might: spaces, escapes, orders, number forms, repeated keys."""
    space = draw(st.sampled_from(["", "", "", " ", "\n", "\t\r"]))
    if isinstance(value, dict):
        names = draw(st.permutations(sorted(value)) if draw(st.booleans()) else st.just(sorted(value)))
        members = [f"{draw(writings(name))}{space}:{draw(writings(value[name]))}" for name in names]
        if members and draw(st.integers(0, 9)) == 0:
            members.append(members[0])
        return space + "{" + ",".join(members) + space + "}"
    if isinstance(value, list):
        return space + "[" + ",".join(draw(writings(item)) for item in value) + space + "]"
    if isinstance(value, str):
        return f'"{"".join(draw(_spellings(character)) for character in value)}"'
    if type(value) is int:
        forms = ["{}"] * 5 + ["{}.0", "{}e0", "{}E+0", "-{}" if value == 0 else "{}.00"]
        return draw(st.sampled_from(forms)).format(value)
    return json.dumps(value) + space


def _spellings(character: str) -> st.SearchStrategy[str]:
    plain = json.dumps(character, ensure_ascii=False)[1:-1]
    units = character.encode("utf-16be")
    escaped = "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
    return st.sampled_from([plain] * 6 + [json.dumps(character)[1:-1], escaped, escaped.upper().replace("U", "u")])


_PIECES = [b"0", b"-0", b".0", b"e3", b"1e400", b"NaN", b"9007199254740992", b"[", b"]", b"{}", b"null", b"+", b"="]
_PIECES += [b" ", b"\n", b"\n\n", b"\r", b"\t", b",", b'"', b"\x00", b"\\u0041", b"\\ud800"]
_PIECES += [b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80", b"\xff"]


def mutated(data: bytes) -> st.SearchStrategy[bytes]:
    """One or two places of ``data`` replaced by a few other bytes, or none."""
    edits = st.tuples(st.integers(0, len(data)), st.integers(0, 3), st.binary(max_size=3) | st.sampled_from(_PIECES))

    def apply(places: list[tuple[int, int, bytes]]) -> bytes:
        result = data
        for start, length, piece in places:
            result = result[:start] + piece + result[start + length :]
        return result

    return st.lists(edits, min_size=1, max_size=2).map(apply)
