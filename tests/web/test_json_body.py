"""JSON that two readers could take differently, or that a database has no place for, is refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.identity.roles import Role
from expertpool.web.errors import BadJson
from expertpool.web.json_body import parse_json
from tests.website import Website, problem_of

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_sound_json_reads_as_it_was_meant(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


BAD = [
    b"{",
    b"",
    b"{} {}",
    b"NaN",
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": 1, "a": 2}',
    b'{"a": {"b": 1, "b": 1}}',
    b'"\\ud800"',
    b'{"\\udfff": 1}',
    b'["\\u0000"]',
    b'{"a\\u0000b": 1}',
    b'"\xff"',
    '"a"'.encode("utf-16"),
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 10_000,
]


@pytest.mark.parametrize("content", BAD, ids=lambda content: repr(content[:20]))
def test_unsound_json_is_refused(content: bytes) -> None:
    with pytest.raises(BadJson):
        parse_json(content)


@given(st.binary(max_size=200))
def test_nothing_else_is_ever_raised(content: bytes) -> None:
    with suppress(BadJson):
        parse_json(content)


@pytest.mark.parametrize("content", [content for content in BAD if content], ids=lambda content: repr(content[:20]))
def test_over_http(site: Website, content: bytes) -> None:
    answer = site.call(
        "POST", "/api/v1/centres", role=Role.SYSTEM_ADMINISTRATOR, data=content, content_type="application/json"
    )
    problem_of(answer, 400, "web.bad-json")


@pytest.mark.parametrize("content", [b"[]", b"1", b'"x"', b"null"])
def test_sound_json_that_is_no_object(site: Website, content: bytes) -> None:
    answer = site.call(
        "POST", "/api/v1/centres", role=Role.SYSTEM_ADMINISTRATOR, data=content, content_type="application/json"
    )
    body = problem_of(answer, 422, "web.invalid-input")
    assert [blamed["field"] for blamed in body["errors"]] in ([""], ["code", "name_zh", "name_en", "kind", "parent_id"])
