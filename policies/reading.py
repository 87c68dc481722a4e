"""Facts to and from plain JSON or TOML values: for records, for evidence bundles, and for whatever comes from outside.

A fact that is left out is unknown. What is there must be right: an impossible day, a misspelt field, an unknown
specialty or area, a malformed credit code are refused, each with its field and its remedy.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from policies import areas, specialties
from policies.facts import Claim, Expert, Line, Request, Unit
from policies.problems import BadInput, Problem, did_you_mean

Fact = TypeVar("Fact")

CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
"""The shape of GB 32100-2015; its check character is the importer's matter."""


def plain(value: object) -> object:
    """Write facts as JSON can hold them: records as objects, days and instants as ISO 8601, unknown as null."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(each) for name, each in value._asdict().items()}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(plain(each) for each in value)  # type: ignore[type-var]
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    return value


def read(kind: type[Fact], data: object) -> Fact:
    """Build a fact tuple of type `kind` from plain values. Raises `BadInput` that names every wrong field."""
    problems: list[Problem] = []
    fact = _read(kind, data, "", problems)
    if problems:
        raise BadInput(problems)
    result: Fact = fact
    return result


@cache
def _fields(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: object, path: str, problems: list[Problem]) -> Any:
    """Read one value of any type that facts are made of; note what is wrong and go on."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if data is None else _read(arguments[0], data, path, problems)
    if origin in (tuple, frozenset):
        if not isinstance(data, list | tuple):
            return _wrong(problems, path, "须为列表。", "This must be a list.")
        return origin(_read(arguments[0], each, f"{path}[{index}]", problems) for index, each in enumerate(data))
    if origin is Mapping:
        if not isinstance(data, Mapping):
            return _wrong(problems, path, "须为对照表。", "This must be a table.")
        return {
            _key(arguments[0], name, path, problems): _read(arguments[1], each, f"{path}.{name}", problems)
            for name, each in data.items()
        }
    if issubclass(kind, tuple):
        return _record(kind, data, path, problems)
    return _scalar(kind, data, path, problems)


def _key(kind: Any, name: object, path: str, problems: list[Problem]) -> Any:
    """Read a key of a table: JSON writes even a year as a text."""
    written = str(name)
    if kind is int:
        return int(written) if written.isdecimal() else _wrong(problems, path, "须为年份。", "This must be a year.")
    return written


def _record(kind: Any, data: object, path: str, problems: list[Problem]) -> Any:
    if not isinstance(data, Mapping):
        return _wrong(problems, path, "须为一组“字段: 值”。", "This must be a record of fields and values.")
    fields = _fields(kind)
    dot = f"{path}." if path else ""
    values = {}
    for name, each in data.items():
        if name in fields:
            values[name] = _read(fields[name], each, dot + name, problems)
        else:
            hint = did_you_mean(str(name), fields)
            _wrong(problems, f"{dot}{name}", f"没有此字段。{hint.zh}", f"There is no such field. {hint.en}")
    missing = [name for name in fields if name not in values and name not in kind._field_defaults]
    for name in missing:
        _wrong(problems, dot + name, "缺少此项，请填写。", "This is missing. Fill it in.")
    if missing or any(problem.field.startswith(path) for problem in problems):
        return None
    record = kind(**values)
    _check_record(record, dot, problems)
    return record


def _scalar(kind: Any, data: object, path: str, problems: list[Problem]) -> Any:
    if kind is datetime:
        return _instant(data, path, problems)
    if kind is date:
        return _day(data, path, problems)
    if issubclass(kind, StrEnum):
        if data in list(kind):
            return kind(data)
        hint = did_you_mean(str(data), kind)
        return _wrong(problems, path, f"“{data}”不是可用的值。{hint.zh}", f"“{data}” is not a value. {hint.en}")
    if type(data) is kind:
        return data
    names = {bool: ("是或否", "true or false"), int: ("整数", "a whole number"), str: ("文字", "a text")}
    zh, en = names[kind]
    return _wrong(problems, path, f"须为{zh}。", f"This must be {en}.")


def _day(data: object, path: str, problems: list[Problem]) -> Any:
    if isinstance(data, date) and not isinstance(data, datetime):
        return data
    try:
        return date.fromisoformat(data if isinstance(data, str) else "")
    except ValueError:
        zh = f"“{data}”不是日历上的日期，请写作 2026-11-21。"
        en = f"“{data}” is not a day in the calendar. Write it as 2026-11-21."
        return _wrong(problems, path, zh, en)


def _instant(data: object, path: str, problems: list[Problem]) -> Any:
    instant = data if isinstance(data, datetime) else None
    if isinstance(data, str):
        with suppress(ValueError):
            instant = datetime.fromisoformat(data)
    if instant is not None and instant.tzinfo is not None:
        return instant
    zh = f"“{data}”不是带时区的时间，请写作 2026-11-21T09:00:00+08:00。"
    en = f"“{data}” is not a time with its zone. Write it as 2026-11-21T09:00:00+08:00."
    return _wrong(problems, path, zh, en)


def _check_record(record: object, dot: str, problems: list[Problem]) -> None:
    """Check what types cannot say: codes that exist, spans that do not end before they start."""
    match record:
        case Claim(code=code, scheme=scheme, version=version):
            _look_up(lambda: specialties.find(code, scheme, version), f"{dot}code", problems)
        case Line(codes=codes, scheme=scheme, version=version):
            for index, code in enumerate(codes):
                _look_up(lambda code=code: specialties.find(code, scheme, version), f"{dot}codes[{index}]", problems)
        case Expert(area=str(area)):
            _look_up(lambda: areas.find(area), f"{dot}area", problems)
        case Request(site=str(site)):
            _look_up(lambda: areas.find(site), f"{dot}site", problems)
        case Unit(code=str(code)) if not CREDIT_CODE.fullmatch(code):
            zh = f"“{code}”不是统一社会信用代码（18 位，见营业执照）；不知道时请留空，将按未知处理。"
            en = (
                f"“{code}” is not a unified social credit code (18 characters, on the business licence). "
                "Leave it out when it is not known; it then counts as unknown."
            )
            _wrong(problems, f"{dot}code", zh, en)
    start, end = getattr(record, "start", None), getattr(record, "end", None)
    if isinstance(start, date) and isinstance(end, date) and end < start:
        zh, en = f"结束日期早于开始日期 {start}，请改正。", f"This is before the start, {start}. Correct one of them."
        _wrong(problems, f"{dot}end", zh, en)


def _look_up(find: Any, path: str, problems: list[Problem]) -> None:
    try:
        find()
    except BadInput as error:
        problems.extend(Problem(path, problem.zh, problem.en) for problem in error.problems)


def _wrong(problems: list[Problem], path: str, zh: str, en: str) -> Any:
    """Note a problem and stand in for the value."""
    problems.append(Problem(path, zh, en))
    return None
