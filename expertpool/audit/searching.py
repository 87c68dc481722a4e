"""What somebody typed into the search of the ledger, read into terms; what cannot be read is explained."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from expertpool.audit.queries import Wanted
from expertpool.audit.terms import day_term, hash_term, kind_term, thing_term
from expertpool.audit.words import KINDS

SHORTEST_HASH: Final = 8
LONGEST: Final = 80
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
_NUMBER: Final = re.compile(r"#?(0|[1-9][0-9]{0,14})", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_ID: Final = re.compile(r"[a-z][a-z0-9]{1,11}_[0-9a-hjkmnp-tv-z]{26}", re.ASCII)
_ACCOUNT: Final = "act_"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Said = tuple[str, str]
NOT_UNDERSTOOD: Final[Said] = (
    "看不懂：请输入条目序号（如 41）、哈希（至少前 8 位）或完整编号（如 drw_…）。",
    "Not understood: give an entry’s number (41), a hash (at least its first 8 digits) or a whole identifier (drw_…).",
)
HASH_TOO_SHORT: Final[Said] = ("哈希至少要前 8 位。", "A hash needs at least its first 8 digits.")
NO_ACCOUNTS: Final[Said] = (
    "不能按账号查找：那会列出一个人的全部操作。请按抽取、场次等编号查找。",
    "Accounts cannot be looked for: that would list all that one person did. Look for a draw, a session and so on.",
)
NO_SUCH_ENTRY: Final[Said] = ("账本还没有这一条。", "The ledger has no such entry yet.")
NO_SUCH_KIND: Final[Said] = ("没有这种事项，请从列表中选。", "There is no such kind; choose one from the list.")
NO_SUCH_DAY: Final[Said] = (
    "日期应写作 2026-11-21 这样的格式。",
    "Write the day like 2026-11-21.",
)
NO_SUCH_PAGE: Final[Said] = ("页码有误，请重新查找。", "This page is not there; search again.")


@dataclass(slots=True)
class Search:
    """What was asked for. ``number`` leads to one entry; ``wrong`` says by field what could not be read."""

    wanted: Wanted = field(default_factory=Wanted)
    number: int | None = None
    below: int | None = None
    wrong: dict[str, Said] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for."""
        return not self.wanted.terms and self.wanted.prefix is None


def read_search(given: Mapping[str, str], size: int) -> Search:
    """Read ``q``, ``kind``, ``day`` and ``before``, in a ledger of so many entries."""
    found = Search()
    _read_text(found, given.get("q", "").strip().lower(), size)
    if kind := given.get("kind", ""):
        if kind in KINDS:
            _add(found, kind_term(kind))
        else:
            found.wrong["kind"] = NO_SUCH_KIND
    if day := given.get("day", "").strip():
        _read_day(found, day)
    if before := given.get("before", ""):
        if (number := _NUMBER.fullmatch(before)) and 0 < int(number[1]) <= size:
            found.below = int(number[1])
        else:
            found.wrong["q"] = NO_SUCH_PAGE
    return found


def _read_text(found: Search, text: str, size: int) -> None:
    if not text:
        return
    number = _NUMBER.fullmatch(text)
    if number and int(number[1]) < size:
        found.number = int(number[1])
    elif _HEX.fullmatch(text) and len(text) >= SHORTEST_HASH:
        found.wanted = Wanted(found.wanted.terms, hash_term(text))
    elif number:
        found.wrong["q"] = NO_SUCH_ENTRY
    elif _HEX.fullmatch(text):
        found.wrong["q"] = HASH_TOO_SHORT
    elif text.startswith(_ACCOUNT):
        found.wrong["q"] = NO_ACCOUNTS
    elif _ID.fullmatch(text):
        _add(found, thing_term(text))
    else:
        found.wrong["q"] = NOT_UNDERSTOOD


def _read_day(found: Search, text: str) -> None:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        found.wrong["day"] = NO_SUCH_DAY
    else:
        _add(found, day_term(day))


def _add(found: Search, term: bytes) -> None:
    found.wanted = Wanted((*found.wanted.terms, term), found.wanted.prefix)
