"""What an agent's codes mean, in the words that its owner reads. zh, en."""

from collections.abc import Iterator
from typing import Any, Final

from expertpool.core.errors import Language
from expertpool.custodian.errors import Refusal

WAITS: Final[dict[str, tuple[str, str]]] = {
    "centre-has-not-contributed": ("等待中心先出具随机贡献", "the centre has to contribute first"),
    "clock-unconfirmed": (
        "等待账本出现新条目以核对本机时钟（或以 run --clock-ok 启动）",
        "a new entry of the log has to confirm this machine's clock (or start with run --clock-ok)",
    ),
    "committee-not-followed": ("账本尚未跟随到该次抽取", "the log was not followed up to this committee yet"),
    "consent-missing": ("等待其他保管方同意", "other key holders have to consent"),
    "draw-not-closed": ("等待该次抽取办结", "the draw is not closed yet"),
    "intent-not-followed": ("账本尚未跟随到该抽取意向", "the log was not followed up to this intent yet"),
    "moment-not-come": ("未到可以开启的时间", "the moment for it has not come"),
    "no-quorum-yet": ("等待法定数的共签", "a quorum has to cosign"),
    "not-stepped-in": ("本单位为候补，尚未递补", "this holder is an alternate and was not called in"),
    "owner-must-approve": ("等待本单位批准", "its owner has to approve"),
    "release-not-followed": ("账本尚未跟随到该公开申请", "the log was not followed up to this release yet"),
}
"""Why a task is not answered yet."""

ASKS: Final[dict[str, tuple[str, str]]] = {
    "draw.intended": ("为抽取出具随机贡献", "contribute to a draw"),
    "draw.release-requested": ("为公开名单出具份额", "give a share, so that names are released"),
    "draw.release-ordered": ("按监督部门的命令开启席位", "give a share, so that a supervisor's order is done"),
    "draw.break-glass-requested": ("应急解封（须加 --break-glass）", "break the glass (needs --break-glass)"),
}
"""What an entry of this kind asks the owner to approve."""

KEYS: Final[dict[str, tuple[str, str]]] = {
    "unregistered": ("待登记", "to be registered"),
    "registered": ("已登记，待监督部门批准", "registered, to be approved by the supervisor"),
    "approved": ("使用中", "in force"),
    "retired": ("已停用", "retired"),
}
"""How a set of keys stands in the log."""


def waits(code: str, language: Language) -> str:
    """Why a task waits; a code that is not known stays what it is."""
    return _choose(WAITS.get(code, (code, code)), language)


def asks(kind: str | None, language: Language) -> str:
    """What an entry of this kind asks."""
    return _choose(ASKS.get(kind or "", (kind or "-", kind or "-")), language)


def keys(state: str, language: Language) -> str:
    """How a set of keys stands."""
    return _choose(KEYS.get(state, (state, state)), language)


def refused(refusal: dict[str, Any], language: Language) -> str:
    """Why a task was refused, with the entry that speaks against it."""
    kind = next((each for each in _refusals(Refusal) if each.code == refusal["refused"]), None)
    return str(refusal["refused"]) if kind is None else kind(refusal.get("entry")).message(language)


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _refusals(child)


def _choose(texts: tuple[str, str], language: Language) -> str:
    return texts[0] if language == "zh" else texts[1]
