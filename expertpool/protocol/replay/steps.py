"""One step of a replay, and how it ends: docs/spec/bundle.md, section 4.

A step says what it saw, or raises what is the matter. Words are for lay people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeVar

from ledger.entry import Entry

Outcome = Literal["ok", "differs", "not-proven", "not-checked"]
Shown = TypeVar("Shown")

TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "format": ("文件格式", "form of the file"),
    "checkpoint": ("账本签名与外部共签", "signatures on the ledger"),
    "entries": ("账本条目", "entries of the ledger"),
    "intent": ("抽取意向", "the intent"),
    "order": ("先后次序", "order of events"),
    "table": ("候选名单", "table of candidates"),
    "contributions": ("各方随机贡献", "contributions"),
    "beacon": ("公共随机信标", "public beacon"),
    "seed": ("随机种子", "seed"),
    "panel": ("抽取结果", "the panel"),
    "struck": ("开标后的回避", "recusals after the opening"),
    "vacancies": ("补抽", "vacancies"),
    "lots": ("项目与标段", "project and lots"),
    "request": ("抽取申请", "the request"),
    "roster": ("专家名册", "the roster"),
    "decisions": ("逐人资格认定", "decisions on every candidate"),
    "recusals": ("逐人回避认定", "decisions on recusals after the opening"),
    "causes": ("空缺原因", "causes of the vacancies"),
    "only-intent": ("是否重复抽取（全账本）", "no other draw, in the whole ledger"),
    "only-roster": ("名册是否完整（全账本）", "whole roster, in the whole ledger"),
}
"""Every step by name, in the order in which they are taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one step ended. ``details`` are for programs: what was expected and found, hex for bytes."""

    name: str
    outcome: Outcome
    zh: str
    en: str
    details: Mapping[str, Any] = field(default_factory=dict)


class Said(NamedTuple):
    """What a step saw that went well."""

    zh: str
    en: str
    details: Mapping[str, Any]


def saw(zh: str, en: str, **details: Any) -> Said:
    """Say what a step saw."""
    return Said(zh, en, details)


class Ended(Exception):
    """A step ended otherwise than well."""

    outcome: Outcome

    def __init__(self, zh: str, en: str, **details: Any) -> None:
        super().__init__(en)
        self.zh, self.en, self.details = zh, en, details


class Differs(Ended):
    """Something is not as it must be."""

    outcome: Outcome = "differs"


class NotProven(Ended):
    """Nothing is wrong, but what would prove it is missing."""

    outcome: Outcome = "not-proven"


class NotChecked(Ended):
    """There is nothing to check, or what this step rests on failed."""

    outcome: Outcome = "not-checked"


def shown(entry: Entry, name: str, kind: type[Shown]) -> Shown:
    """A member that an entry shows. Raises `Differs` unless it is there and of this type."""
    value = entry.body.get(name)
    if type(value) is not kind:
        raise Differs(
            f"账本第 {entry.index} 条的“{name}”缺失或格式不对。",
            f"“{name}” of entry {entry.index} is missing or of the wrong form.",
            entry=entry.index,
            member=name,
        )
    return value
