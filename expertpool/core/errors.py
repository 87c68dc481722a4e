"""Errors that people may read.

Text for a screen is opted in: a class states its message in Chinese and English as templates, and only the
parameters that a template names are ever shown. Nothing here knows HTTP; an edge maps the nature of an error
(`Invalid`, `NotFound`, `Forbidden`, `Conflict`, `Unavailable`) to a status.

An error declares its parameters like the fields of a dataclass::

    class RoomTaken(Conflict):
        code = "sessions.room-taken"
        zh = "评标室 {room} 已被占用，请另选一间。"
        en = "Room {room} is taken; choose another one."
        room: str

and is raised as ``RoomTaken("3")`` or, where a field of the input is to blame, ``RoomTaken("3", field="room")``.
Classes are named for what happened, without an ``Error`` at the end.
"""

import dataclasses
import string
from typing import Any, ClassVar, Literal, dataclass_transform

Language = Literal["zh", "en"]


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field,))
class _DataclassChildren:
    """Makes every subclass a dataclass, so that an error is declared once and raised with checked types."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclasses.dataclass(eq=False, repr=False)(cls)


class ExpertpoolError(_DataclassChildren, Exception):
    """Base of every expected error. `code` is stable: programs and documentation refer to it."""

    code: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]

    field: str | None = dataclasses.field(default=None, kw_only=True)
    """Name of the input field to blame, where there is one."""

    @classmethod
    def placeholders(cls) -> frozenset[str]:
        """Names of the parameters that the templates show."""
        parsed = [*string.Formatter().parse(cls.zh), *string.Formatter().parse(cls.en)]
        return frozenset(name for _, name, _, _ in parsed if name is not None)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters that may be shown: those that a template names."""
        return {name: getattr(self, name) for name in sorted(self.placeholders())}

    def message(self, language: Language) -> str:
        template = self.zh if language == "zh" else self.en
        return template.format(**self.params)

    def as_dict(self) -> dict[str, Any]:
        """Neutral data for any edge: code, both messages, shown parameters, and the field if one is to blame."""
        shown = {"code": self.code, "zh": self.message("zh"), "en": self.message("en"), "params": self.params}
        return shown if self.field is None else {**shown, "field": self.field}

    def __str__(self) -> str:
        return f"{self.code}: {self.message('en')}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.__dict__)


def _restore(kind: type[ExpertpoolError], state: dict[str, Any]) -> ExpertpoolError:
    """Unpickle: by default an exception would be made anew from its positional arguments alone."""
    error = kind.__new__(kind)
    error.__dict__.update(state)
    return error


class Invalid(ExpertpoolError):
    """The input breaks a rule of form or of business; the sender can correct it."""


class NotFound(ExpertpoolError):
    """What was named does not exist, or this caller may not know that it does."""


class Forbidden(ExpertpoolError):
    """This caller may never do this."""


class Conflict(ExpertpoolError):
    """Right in itself, but not in the present state."""


class Unavailable(ExpertpoolError):
    """Nothing is wrong with the request, but something that it needs is missing or too slow."""


class Several(Invalid):
    """Base of an error that tells all problems at once instead of only the first."""

    problems: tuple[ExpertpoolError, ...]

    def message(self, language: Language) -> str:
        lines = (f"  - {problem.message(language)}" for problem in self.problems)
        return "\n".join([super().message(language), *lines])

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "problems": [problem.as_dict() for problem in self.problems]}
