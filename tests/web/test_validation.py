"""Whatever marshmallow says of a field is said in both languages, and nothing is said that repeats the input."""

from typing import Any

import marshmallow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, validate

from expertpool.web.validation import MESSAGES, OTHER, Complaint, Matches, complaint_of, complaints

USED = [
    fields.String,
    fields.Integer,
    fields.Boolean,
    fields.List,
    fields.Nested,
    fields.Dict,
    fields.Enum,
    fields.AwareDateTime,
    fields.Date,
]


def said_by(field: type[fields.Field[Any]]) -> set[str]:
    """What a field may say of an input."""
    said: dict[str, Any] = {}
    for kind in reversed(field.__mro__):
        said |= getattr(kind, "default_error_messages", {})
    only_writing = {"format"}
    return {str(text) for code, text in said.items() if code not in only_writing}


def test_the_table_has_everything_that_fields_say() -> None:
    said = {"Missing data for required field.", *marshmallow.Schema._default_error_messages.values()}
    for field in USED:
        said |= {text.format(obj_type="datetime", awareness="aware", choices="{choices}") for text in said_by(field)}
    # Said to programmers or of bytes, which JSON has not.
    said -= {"Invalid value.", "Not a valid utf-8 string.", "Must be one of: {choices}."}
    assert {text for text in said if complaint_of(text) is OTHER} == set()


@pytest.mark.parametrize(
    ("validator", "value", "complaint"),
    [
        (validate.Length(2, 3), "a", Complaint("length", "长度应在 2 和 3 之间。", "Length must be between 2 and 3.")),
        (validate.Length(min=2), "a", Complaint("length", "至少 2 个字符或项。", "Shorter than minimum length 2.")),
        (validate.Length(max=2), "abc", Complaint("length", "最多 2 个字符或项。", "Longer than maximum length 2.")),
        (validate.Range(min=1), 0, Complaint("range", "不能小于 1。", "Must be greater than or equal to 1.")),
        (validate.Range(max=1), 2, Complaint("range", "不能大于 1。", "Must be less than or equal to 1.")),
        (
            validate.Range(1, 2),
            3,
            Complaint("range", "应在 1 和 2 之间。", "Must be greater than or equal to 1 and less than or equal to 2."),
        ),
        (validate.OneOf("ab"), "c", Complaint("choice", "应为其中之一：a, b。", "Must be one of: a, b.")),
        (Matches("[a-z]+", zh="小写。", en="Small."), "A", Complaint("form", "小写。", "Small.")),
    ],
)
def test_validators_speak_both_languages(validator: Any, value: Any, complaint: Complaint) -> None:
    with pytest.raises(ValidationError) as refused:
        validator(value)
    assert [complaint_of(message) for message in refused.value.messages] == [complaint]


@given(st.text())
def test_what_is_not_in_the_table_is_not_repeated(text: str) -> None:
    complaint = complaint_of(f"{text} cannot be right")
    assert complaint == OTHER


@pytest.mark.parametrize("text", ["abc\n", "\nabc", "ab c", "", "abc1"])
def test_a_form_is_that_of_the_whole_text(text: str) -> None:
    with pytest.raises(ValidationError):
        Matches("[a-z]+", zh="小写。", en="Small.")(text)
    assert Matches("[a-z]+", zh="小写。", en="Small.")("abc") == "abc"


class Part(Schema):
    size = fields.Integer(required=True)


class Whole(Schema):
    name = fields.String(required=True)
    parts = fields.List(fields.Nested(Part))


def test_complaints_name_the_field_by_its_path() -> None:
    found = Whole().validate({"parts": [{"size": 1}, {"size": "x", "more": 1}], "other": 1})
    assert {(complaint["field"], complaint["code"]) for complaint in complaints(found)} == {
        ("name", "required"),
        ("parts.1.size", "type"),
        ("parts.1.more", "unknown"),
        ("other", "unknown"),
    }


def test_a_complaint_about_the_whole_names_no_field() -> None:
    assert [complaint["field"] for complaint in complaints(Whole().validate([]))] == [""]


def test_the_two_languages_mention_the_same() -> None:
    for _, english, chinese in MESSAGES:
        names = [name for name in ("{min}", "{max}", "{choices}") if name in english]
        assert all(name in chinese for name in names)
