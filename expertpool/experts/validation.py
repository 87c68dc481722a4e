"""Checks and normal forms of what is said about people and organisations.

A wrong check digit or an impossible date refuses, with the field and the remedy. The library's table of birth places
only raises a question: it rejects real people whose district was renumbered.

Public: `check_identity`, `check_phone`, `check_id_number`, `check_credit_code`, `check_facts`, `name_key`, `Checked`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache, partial
from typing import Final, Literal, NamedTuple

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from expertpool.core.errors import ExpertpoolError, Invalid
from expertpool.experts.errors import (
    AccountInvalid,
    BirthDateDiffers,
    BirthPlaceUnknown,
    CodeInvalid,
    CreditCodeInvalid,
    ExpertInvalid,
    FactInvalid,
    GroundMissing,
    IdNumberInvalid,
    NameInvalid,
    PermilleInvalid,
    PhoneInvalid,
    Question,
    SpanInvalid,
    UnitNameInvalid,
)
from expertpool.experts.protection import Identity
from policies import areas, reading, specialties
from policies.facts import Directorship, Employment, Expert, Interest, Kinship, Shareholding, Suspension, Unit
from policies.problems import BadInput

Tie = Employment | Directorship | Shareholding | Kinship | Interest | Suspension

FIRST_BIRTH: Final = date(1900, 1, 1)

_LINE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]([^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*(?<!\s))?")
_ID = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_CODE = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*", re.ASCII)
_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_LANDLINE = re.compile(r"0[1-9][0-9]{9,10}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{8,32}", re.ASCII)
_SEPARATORS = re.compile(r"[\s()\-–—]+")


class Checked(NamedTuple):
    """An identity in normal form, and what somebody should look at again."""

    identity: Identity
    questions: tuple[Question, ...]


def check_identity(given: Identity, today: date) -> Checked:
    """Bring an identity into normal form. Raises `ExpertInvalid` with all problems, each naming its field."""
    problems: list[ExpertpoolError] = []
    questions: list[Question] = []
    values: dict[str, str | None] = {}
    for field, check in _CHECKS.items():
        text = getattr(given, field)
        try:
            values[field] = None if text is None and field != "name" else check(_clean(text or ""))
        except Invalid as problem:
            problem.field = field
            problems.append(problem)
    number = values.get("id_number")
    if number is not None:
        impossible = _birth_problem(number, today)
        if impossible:
            problems.append(impossible)
        elif not _birth_place_known(number[:10]):
            questions.append(BirthPlaceUnknown(field="id_number"))
    if problems:
        raise ExpertInvalid(tuple(problems))
    return Checked(Identity(**values), tuple(questions))  # type: ignore[arg-type]  # the name was checked


def check_phone(text: str) -> str:
    """A telephone number in normal form. Raises `PhoneInvalid`."""
    return _phone(_clean(text))


def check_id_number(text: str) -> str:
    """An identity number in normal form. Raises `IdNumberInvalid`."""
    return _id_number(_clean(text))


def check_number(kind: Literal["id_number", "code", "phone", "account"], text: str) -> str:
    """A number by which somebody is looked for, in normal form. Raises `Invalid` that blames ``number``."""
    try:
        return _CHECKS[kind](_clean(text))
    except Invalid as problem:
        problem.field = "number"
        raise


def birth_date(id_number: str) -> date:
    """The date of birth in a checked identity number."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def check_credit_code(code: str, field: str) -> str:
    """A unified social credit code in normal form (GB 32100-2015). Raises `CreditCodeInvalid`."""
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", code)).upper()
    if not is_credit_code(text):
        raise CreditCodeInvalid(field=field)
    return text


@lru_cache(maxsize=10_000)
def is_credit_code(text: str) -> bool:
    """Whether a text in normal form is a credit code with its right check character; remembered, employers repeat."""
    return reading.CREDIT_CODE.fullmatch(text) is not None and uscc.calc_check_digit(text) == text[-1]


def check_facts(facts: Expert, identity: Identity | None = None) -> Expert:
    """Check that codes exist and spans do not end before they start. Raises `ExpertInvalid`, each with its field.

    With the identity at hand the date of birth is taken from the identity number, or must agree with it.
    """
    problems: list[ExpertpoolError] = []
    for index, claim in enumerate(facts.claims or ()):
        problems += _look_up(partial(specialties.find, claim.code, claim.scheme, claim.version), f"claims.{index}.code")
    if facts.area is not None:
        problems += _look_up(partial(areas.find, facts.area), "area")
    for field, tie in _ties(facts):
        problems += _tie_problems(field, tie)
    if identity is not None and identity.id_number is not None:
        born = birth_date(identity.id_number)
        if facts.birth_date not in (None, born):
            problems.append(BirthDateDiffers(field="birth_date"))
        facts = facts._replace(birth_date=born)
    if problems:
        raise ExpertInvalid(tuple(problems))
    return facts


def check_unit_name(name: str) -> str:
    """An organisation's name, one line. Raises `UnitNameInvalid`."""
    text = _clean(name)
    if not is_unit_name(text):
        raise UnitNameInvalid(field="name")
    return text


@lru_cache(maxsize=10_000)
def is_unit_name(text: str) -> bool:
    """Whether a text can be an organisation's name; remembered, employers repeat."""
    return len(text) <= 200 and _LINE.fullmatch(text) is not None


def check_ground(ground: str) -> str:
    """The ground of an act. Raises `GroundMissing`."""
    if not _LINE.fullmatch(ground) or len(ground) > 500:
        raise GroundMissing(field="ground")
    return ground


def name_key(name: str) -> str:
    """An organisation's name as it is compared: full and half width alike, no spaces, brackets of one kind."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def _clean(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _name(text: str) -> str:
    if not 1 <= len(text) <= 60 or not _LINE.fullmatch(text):
        raise NameInvalid
    return text


def _id_number(text: str) -> str:
    number = _SEPARATORS.sub("", text).upper()
    if not _ID.fullmatch(number):
        raise IdNumberInvalid(f"现为 {len(number)} 位或含其他字符", "length or characters are wrong")
    if ric.calc_check_digit(number) != number[-1]:
        raise IdNumberInvalid("末位校验码不对", "the check digit is wrong")
    return number


def _code(text: str) -> str:
    if len(text) > 40 or not _CODE.fullmatch(text):
        raise CodeInvalid
    return text


def _phone(text: str) -> str:
    number = re.sub(r"^(\+|00)86", "", _SEPARATORS.sub("", text))
    if not (_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number)):
        raise PhoneInvalid
    return number


def _account(text: str) -> str:
    number = _SEPARATORS.sub("", text)
    if not _ACCOUNT.fullmatch(number):
        raise AccountInvalid
    return number


_CHECKS = {"name": _name, "id_number": _id_number, "code": _code, "phone": _phone, "account": _account}


def _birth_problem(number: str, today: date) -> IdNumberInvalid | None:
    try:
        born = birth_date(number)
    except ValueError:
        born = None
    if born is None or not FIRST_BIRTH <= born <= today:
        return IdNumberInvalid("第 7 至 14 位不是出生日期", "digits 7 to 14 are no date of birth", field="id_number")
    return None


@lru_cache(maxsize=10_000)
def _birth_place_known(district_and_year: str) -> bool:
    """Whether the library's table has a district in a year; slow, so remembered, and districts repeat."""
    try:
        ric.get_birth_place(f"{district_and_year}01010000")
    except (ValidationError, KeyError):  # KeyError: the table has the province and not the county
        return False
    return True


def _look_up(find: Callable[[], object], field: str) -> list[ExpertpoolError]:
    try:
        find()
    except BadInput as error:
        return [FactInvalid(each.zh, each.en, field=field) for each in error.problems]
    return []


def _ties(facts: Expert) -> Iterator[tuple[str, Tie]]:
    """Every tie to a unit, and every suspension, with its path."""
    for name in ("employments", "directorships", "shareholdings", "kinships", "interests", "suspensions"):
        for index, tie in enumerate(getattr(facts, name) or ()):
            yield f"{name}.{index}", tie


def _tie_problems(field: str, tie: Tie) -> Iterator[ExpertpoolError]:
    unit: Unit | None = getattr(tie, "unit", None)
    if unit is not None and unit.code is not None and not is_credit_code(unit.code):
        yield CreditCodeInvalid(field=f"{field}.unit.code")
    if unit is not None and not is_unit_name(unit.name):
        yield UnitNameInvalid(field=f"{field}.unit.name")
    permille = getattr(tie, "permille", None)
    if permille is not None and not 0 <= permille <= 1000:
        yield PermilleInvalid(field=f"{field}.permille")
    start, end = getattr(tie, "start", None), getattr(tie, "end", None) or getattr(tie, "until", None)
    if start is not None and end is not None and end < start:
        yield SpanInvalid(start.isoformat(), field=f"{field}.end")
