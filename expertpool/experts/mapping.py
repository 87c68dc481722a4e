"""Which column of a sheet is which field. Without a file the usual Chinese titles are understood.

A mapping file is TOML::

    employers = "name"             # the roster knows employers by name only; otherwise, by credit code
    none = ["penalties"]           # somebody vouches that there are none for the whole sheet; otherwise: unknown
    [columns]
    "Full name" = "name"           # title in the sheet = field; exactly these columns are read
    [title]
    "研究员" = "senior"             # further words for a title, and so for [degree]

Public: `Mapping`, `DEFAULT`, `load_mapping`, `load_aliases`, `FIELDS`, `place_columns`.
"""

import tomllib
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from expertpool.experts.sheet_errors import ColumnMissing, ColumnTwice, MappingInvalid
from expertpool.experts.validation import name_key
from policies.facts import Degree, Title
from policies.problems import did_you_mean

FIELDS: Final[Table[str, tuple[str, ...]]] = {
    "name": ("姓名",),
    "id_number": ("身份证号", "身份证号码", "公民身份号码"),
    "code": ("专家编号",),
    "phone": ("手机号", "手机号码", "联系电话"),
    "account": ("银行账号", "银行卡号"),
    "birth_date": ("出生日期",),
    "practice_since": ("从业日期", "参加工作日期"),
    "title": ("职称", "职称等级"),
    "equivalent": ("同等水平",),
    "degree": ("学位", "学历"),
    "area": ("行政区划代码", "所在地区代码"),
    "claims": ("评标专业代码", "评标专业", "专业代码"),
    "employer": ("工作单位", "单位名称"),
    "employer_code": ("统一社会信用代码", "单位代码"),
    "employed_since": ("入职日期",),
    "penalties": ("处罚",),
    "directorships": ("任职董监高",),
    "shareholdings": ("持股",),
    "kinships": ("近亲属任职",),
    "interests": ("其他利害关系",),
}
"""Every field, with the titles that are understood without a mapping file; the first is the one that is written."""

NONE_FIELDS: Final = ("penalties", "directorships", "shareholdings", "kinships", "interests")

TITLES: Final[Table[str, str]] = {
    "无": Title.NONE,
    "初级": Title.JUNIOR,
    "中级": Title.MID,
    "副高级": Title.SENIOR,
    "高级": Title.SENIOR,
    "正高级": Title.SENIOR,
    **{word.value: word for word in Title},
}
DEGREES: Final[Table[str, str]] = {
    "无": Degree.NONE,
    "学士": Degree.BACHELOR,
    "硕士": Degree.MASTER,
    "博士": Degree.DOCTOR,
    **{word.value: word for word in Degree},
}


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a sheet is to be read. ``columns``: title -> field; ``exact``: all of these columns must be there."""

    columns: Table[str, str]
    exact: bool = True
    by_name: bool = False
    none: tuple[str, ...] = ()
    titles: Table[str, str] = field(default_factory=lambda: TITLES)
    degrees: Table[str, str] = field(default_factory=lambda: DEGREES)


DEFAULT: Final = Mapping({title: name for name, titles in FIELDS.items() for title in titles}, exact=False)


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file. Raises `MappingInvalid`, OSError."""
    given = _toml(path)
    _only(given, ("employers", "none", "columns", "title", "degree"), "")
    employers, none = given.get("employers", "code"), given.get("none", [])
    if employers not in ("code", "name"):
        raise MappingInvalid("employers 应为 code 或 name。", "employers must be code or name.")
    if not isinstance(none, list):
        raise MappingInvalid("none 应为列表。", "none must be a list.")
    _only(dict.fromkeys(map(str, none)), NONE_FIELDS, "none: ")
    columns = _words(given, "columns", tuple(FIELDS))
    return Mapping(
        columns or DEFAULT.columns,
        exact=bool(columns),
        by_name=employers == "name",
        none=tuple(none),
        titles={**TITLES, **_words(given, "title", tuple(Title))},
        degrees={**DEGREES, **_words(given, "degree", tuple(Degree))},
    )


def load_aliases(path: Path) -> dict[str, str]:
    """Read an alias file, ``"the name" = ["another spelling", ...]``: spelling (``name_key``) -> the name.

    Raises `MappingInvalid`, also for a spelling that two names claim; OSError.
    """
    aliases: dict[str, str] = {}
    for name, spellings in _toml(path).items():
        if not isinstance(spellings, list) or not all(isinstance(each, str) for each in spellings):
            raise MappingInvalid(f"“{name}”应为文字列表。", f"“{name}” must be a list of texts.")
        for key in {name_key(each) for each in (name, *spellings)}:
            if key in aliases:
                raise MappingInvalid(f"“{name}”的一种写法已属另一单位。", f"A spelling of “{name}” is another's too.")
            aliases[key] = name
    return aliases


def place_columns(mapping: Mapping, titles: Sequence[str]) -> dict[str, int]:
    """Field -> index of its column. Raises `ColumnMissing`, `ColumnTwice`."""
    places: dict[str, int] = {}
    for index, title in enumerate(titles):
        name = mapping.columns.get(title)
        if name is None:
            continue
        if name in places:
            raise ColumnTwice(title)
        places[name] = index
    missing = [title for title in mapping.columns if title not in titles] if mapping.exact else []
    if "name" not in places:
        missing.append(FIELDS["name"][0])
    if missing:
        raise ColumnMissing(missing[0])
    return places


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise MappingInvalid(f"不是 TOML（{error}）。", f"This is no TOML ({error}).") from None
    except UnicodeDecodeError:
        raise MappingInvalid("不是 UTF-8 编码。", "This is not UTF-8.") from None


def _words(given: Table[str, Any], table: str, allowed: Sequence[str]) -> dict[str, str]:
    words = given.get(table, {})
    if not isinstance(words, dict):
        raise MappingInvalid(f"{table} 应为对照表。", f"{table} must be a table.")
    _only(dict.fromkeys(str(word) for word in words.values()), allowed, f"{table}: ")
    return words


def _only(given: Table[str, object], allowed: Sequence[str], where: str) -> None:
    for name in given:
        if name not in allowed:
            hint = did_you_mean(name, allowed)
            raise MappingInvalid(f"{where}没有“{name}”。{hint.zh}", f"{where}there is no “{name}”. {hint.en}")
