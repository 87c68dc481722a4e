"""Which values a parameter can take: kinds, and units with the most that makes sense."""

import re
from collections.abc import Callable

from policies import areas, specialties
from policies.problems import BadInput, Hint
from policies.rulebook import Kind, Parameter, Value

UNITS = {
    "year": 100,
    "month": 1200,
    "day": 3660,
    "working day": 250,
    "hour": 8760,
    "hour of the day": 24,
    "minute": 525_600,
    "second": 86_400,
    "person": 99,
    "times": 1000,
    "specialty": 1741,
    "point": 100,
    "hundredth": 10_000,
    "per mille": 1000,
    "km": 20_000,
    "fen": 10**15,
    "area code": 0,
    "specialty code": 0,
}
"""The units, each with its largest number; codes are listed, not counted."""

RATIO = re.compile(r"([1-9]\d{0,2})/([1-9]\d{0,2})")

FIND: dict[str, Callable[[str], object]] = {"area code": areas.find, "specialty code": specialties.find}


def misfit(value: Value, parameter: Parameter) -> Hint | None:
    """Say what is wrong with `value` for this parameter, and what would be right; `None` when it fits."""
    match parameter.kind:
        case Kind.FLAG:
            fits = isinstance(value, bool)
            return None if fits else Hint("须为 true 或 false。", "This must be true or false.")
        case Kind.NUMBER:
            most = UNITS[parameter.unit]
            fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
            return None if fits else Hint(f"须为 0 到 {most} 的整数。", f"This must be a whole number, 0 to {most}.")
        case Kind.RATIO:
            parts = RATIO.fullmatch(value) if isinstance(value, str) else None
            fits = parts is not None and int(parts[1]) <= int(parts[2])
            return None if fits else Hint('须为不大于 1 的比例，写作 "2/3"。', 'This must be a ratio up to 1: "2/3".')
        case Kind.CHOICE:
            return _among((value,), parameter)
        case Kind.SET | Kind.LIST:
            return _among(value, parameter)


def _among(values: object, parameter: Parameter) -> Hint | None:
    """Check each of several words, and that none is said twice."""
    if not isinstance(values, tuple) or not all(isinstance(each, str) for each in values):
        return Hint("须为文字或文字列表。", "This must be a text, or a list of texts.")
    if len(set(values)) < len(values):
        return Hint("有重复项，请删除。", "Something is listed twice; delete one.")
    if parameter.unit in FIND:
        return _listed(values, FIND[parameter.unit])
    strange = [each for each in values if each not in parameter.choices]
    if strange:
        known = parameter.choices
        return Hint(
            f"不认识“{strange[0]}”，可用：{'、'.join(known)}。", f"“{strange[0]}” is not one of {', '.join(known)}."
        )
    return None


def _listed(codes: tuple[str, ...], find: Callable[[str], object]) -> Hint | None:
    for code in codes:
        try:
            find(code)
        except BadInput as error:
            return Hint(error.problems[0].zh, error.problems[0].en)
    return None
