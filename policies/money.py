"""Money at the edges: what a person writes and reads, in yuan. Inside, everything is whole 分 as `int`.

Public: `Money`, `MoneyInvalid`, `MOST`.
"""

import re
from dataclasses import dataclass
from typing import Final

MOST: Final = 10**14 - 1
"""In 分, just below a million millions of yuan: a larger amount is a mistake."""

WRITTEN: Final = re.compile(r"[¥￥]?\s*(\d{1,3}(?:[,，]\d{3}){1,3}|\d{1,12})(?:\.(\d{1,2}))?\s*元?", re.ASCII)
FIGURES: Final = "零壹贰叁肆伍陆柒捌玖"
PLACES: Final = ("", "拾", "佰", "仟")
MYRIADS: Final = ("", "万", "亿")


class MoneyInvalid(ValueError):
    """What was written is no amount of yuan and 分, or an absurd one."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in 分, never more than `MOST` either way."""

    fen: int

    def __post_init__(self) -> None:
        if type(self.fen) is not int or abs(self.fen) > MOST:
            raise MoneyInvalid

    @classmethod
    def parse(cls, written: str) -> "Money":
        """Read yuan: “1,234.50”, “¥600”, “600元”. Nothing is rounded. Raises `MoneyInvalid`, also below zero."""
        found = WRITTEN.fullmatch(written.strip())
        if found is None:
            raise MoneyInvalid
        yuan, rest = found[1].replace(",", "").replace("，", ""), found[2] or ""
        return cls(int(yuan) * 100 + int(rest.ljust(2, "0")))

    @property
    def plain(self) -> str:
        """“1234.50”, as files carry it."""
        return f"{'-' if self.fen < 0 else ''}{abs(self.fen) // 100}.{abs(self.fen) % 100:02}"

    def __str__(self) -> str:
        """“1,234.50”, as people read it."""
        return f"{'-' if self.fen < 0 else ''}{abs(self.fen) // 100:,}.{abs(self.fen) % 100:02}"

    @property
    def capital(self) -> str:
        """In capital figures (中文大写, 支付结算办法 附一): 整 closes one without 分, 零 stands before a lone 分."""
        yuan, rest = divmod(abs(self.fen), 100)
        jiao, fen = divmod(rest, 10)
        whole = f"{_whole(yuan)}元" if yuan or not rest else ""
        small = (f"{FIGURES[jiao]}角" if jiao else "") + (f"{FIGURES[fen]}分" if fen else "")
        gap = "零" if whole and fen and not jiao else ""
        return f"{'负' if self.fen < 0 else ''}{whole}{gap}{small}{'' if fen else '整'}"


def _whole(yuan: int) -> str:
    """A whole number in capital figures; any run of zeros before a figure is said once."""
    said, gap, digits = "", False, str(yuan)
    for place, digit in zip(reversed(range(len(digits))), digits, strict=True):
        if digit == "0":
            gap = True
        else:
            said += ("零" if gap and said else "") + FIGURES[int(digit)] + PLACES[place % 4]
            gap = False
        if place % 4 == 0 and yuan // 10**place % 10_000:
            said += MYRIADS[place // 4]
    return said or FIGURES[0]
