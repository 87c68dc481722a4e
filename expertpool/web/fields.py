"""Kinds of fields that marshmallow takes in more ways than the API should: one value, one spelling."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from marshmallow import ValidationError, fields

from expertpool.web.validation import Complaint


class Flag(fields.Boolean):
    """True or false, and no number or word for it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Whole(fields.Integer):
    """A whole number, however JSON writes it (7, 7.0), and no text for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _validated(self, value: Any) -> Any:
        return super()._validated(int(value) if isinstance(value, float) and value.is_integer() else value)


class Day(fields.Date):
    """A calendar day of the years in which people here live: beyond them a slip of the pen is likelier than a fact."""

    FIRST: Final = date(1900, 1, 1)
    LAST: Final = date(2199, 12, 31)
    COMPLAINT: Final = Complaint(
        "range",
        f"日期应在 {FIRST} 至 {LAST} 之间。",
        f"A day must lie between {FIRST} and {LAST}.",
    )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        day: date = super()._deserialize(value, attr, data, **kwargs)
        if not self.FIRST <= day <= self.LAST:
            raise ValidationError([self.COMPLAINT])
        return day
