"""What schemas say of a field that is wrong, in both languages.

Schemas are plain marshmallow; its messages are English sentences, so the table below tells them apart and puts them
into Chinese. A sentence that is not listed is not shown: it might repeat the input.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from marshmallow import ValidationError, validate


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a field. ``code`` is stable."""

    code: str
    zh: str
    en: str


class Matches(validate.Validator):
    """The whole text must have this form; says so in both languages."""

    def __init__(self, pattern: str, *, zh: str, en: str) -> None:
        self.regex = re.compile(f"^{pattern}$")  # anchored for the API's description, which shows it
        self._complaint = Complaint("form", zh, en)

    def __call__(self, value: str) -> str:
        if not self.regex.fullmatch(value):
            raise ValidationError([self._complaint])
        return value


MESSAGES: Final = (
    ("required", "Missing data for required field.", "此项必填。"),
    ("null", "Field may not be null.", "此项不能为 null。"),
    ("unknown", "Unknown field.", "没有这一项，请核对名称。"),
    ("type", "Invalid input type.", "内容的类型不对，应为 JSON 对象。"),
    ("type", "Invalid type.", "内容的类型不对，应为 JSON 对象。"),
    ("type", "Not a valid string.", "应为文本。"),
    ("type", "Not a valid integer.", "应为整数。"),
    ("type", "Not a valid number.", "应为数字。"),
    ("type", "Not a valid boolean.", "应为 true 或 false。"),
    ("type", "Not a valid list.", "应为列表。"),
    ("type", "Not a valid mapping type.", "应为 JSON 对象。"),
    ("form", "Not a valid datetime.", "应为 ISO 8601 日期时间。"),
    ("form", "Not a valid aware datetime.", "日期时间必须带时区。"),
    ("form", "Not a valid date.", "应为 ISO 8601 日期。"),
    ("too-large", "Number too large.", "数字过大。"),
    ("choice", "Must be one of: {choices}.", "应为其中之一：{choices}。"),
    ("range", "Must be greater than or equal to {min}.", "不能小于 {min}。"),
    ("range", "Must be less than or equal to {max}.", "不能大于 {max}。"),
    (
        "range",
        "Must be greater than or equal to {min} and less than or equal to {max}.",
        "应在 {min} 和 {max} 之间。",
    ),
    ("length", "Shorter than minimum length {min}.", "至少 {min} 个字符或项。"),
    ("length", "Longer than maximum length {max}.", "最多 {max} 个字符或项。"),
    ("length", "Length must be between {min} and {max}.", "长度应在 {min} 和 {max} 之间。"),
)
"""Code, marshmallow's sentence, the same in Chinese."""

OTHER: Final = Complaint("invalid", "此项的内容不合规定。", "The value is not allowed.")


def complaint_of(message: object) -> Complaint:
    """What a validator said, in both languages."""
    if isinstance(message, Complaint):
        return message
    for code, form, english, chinese in _FORMS:
        if match := form.fullmatch(str(message)):
            return Complaint(code, chinese.format(**match.groupdict()), english.format(**match.groupdict()))
    return OTHER


def complaints(messages: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten marshmallow's messages: one item per complaint, ``field`` as a dotted path."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            own = "" if name == "_schema" else str(name)
            yield from complaints(inner, ".".join(part for part in (field, own) if part))
    else:
        for message in messages:
            yield {"field": field, **asdict(complaint_of(message))}


def _form(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    return re.compile("".join(f"(?P<{part}>.+)" if i % 2 else re.escape(part) for i, part in enumerate(parts)))


# The longest first: the sentence with both bounds contains the one with the least.
_FORMS: Final = [
    (code, _form(english), english, chinese)
    for code, english, chinese in sorted(MESSAGES, key=lambda row: -len(row[1]))
]
