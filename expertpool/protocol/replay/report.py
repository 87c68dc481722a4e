"""Says what a replay found: one sentence of verdict, then each step; Chinese, English or JSON."""

import unicodedata
from dataclasses import dataclass
from typing import Any, Final, Literal

from expertpool.protocol.bundle import Bundle
from expertpool.protocol.errors import Lang, ProtocolError
from expertpool.protocol.replay.steps import TITLES, Outcome, Step
from ledger.errors import LedgerError, printable

Verdict = Literal["proven", "not-proven", "refuted"]

EXIT: Final[dict[Verdict, int]] = {"proven": 0, "refuted": 1, "not-proven": 3}
"""As `python -m ledger verify`; 2 is unreadable."""

_VERDICT: Final[dict[Verdict, tuple[str, str]]] = {
    "proven": (
        "已证实：抽取结果由事先固定的名单和各方随机贡献得出，没有人挑选。",
        "PROVEN: the result follows from a list that was fixed before and from everyone's contributions; nobody chose.",
    ),
    "not-proven": (
        "未能证实：没有发现差错，但缺少您所信任的账本密钥或外部共签，不能排除整套材料另有一份。",
        "NOT PROVEN: nothing is wrong, but no log key or cosigners that you trust: it may all be made up.",
    ),
    "refuted": ("不能成立：{what}", "REFUTED: {what}"),
}
_OUTCOMES: Final[dict[Outcome, tuple[str, str]]] = {
    "ok": ("✓ 相符", "✓ ok"),
    "differs": ("✗ 不符", "✗ differs"),
    "not-proven": ("? 未证实", "? not proven"),
    "not-checked": ("– 未核对", "– not checked"),
}
_NEXT: Final[dict[str, tuple[str, str]]] = {
    "refuted": (
        "请保留此文件作为证据，并向监督部门或共签方核实。",
        "Keep this file as evidence, and ask the supervisor or a cosigner.",
    ),
    "public": (
        "这是公开版：资格认定与名册核对须由审计人员用审计版完成。",
        "This is a public bundle: decisions and roster are checked by an auditor, with an auditor's bundle.",
    ),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay found. ``bundle`` is None when the form of a member was wrong, so that nothing else was checked."""

    bundle: Bundle | None
    steps: tuple[Step, ...]

    @property
    def verdict(self) -> Verdict:
        """Refuted as soon as anything differs; proven only where the log is proven to be the one that others know."""
        outcomes = {step.outcome for step in self.steps}
        if "differs" in outcomes:
            return "refuted"
        vouched = any(step.name == "checkpoint" and step.outcome == "ok" for step in self.steps)
        return "proven" if vouched and "not-proven" not in outcomes else "not-proven"

    def step(self, name: str) -> Step:
        """One step by its name. Raises `KeyError` for one that was not taken."""
        return {step.name: step for step in self.steps}[name]


def exit_code(report: Report) -> int:
    """0 proven, 1 refuted, 3 not proven (2, unreadable, never gets as far as a report)."""
    return EXIT[report.verdict]


def as_text(report: Report, lang: Lang) -> str:
    """The report for people: the verdict, a line for each step with what was seen, what to do next."""
    choose = 0 if lang == "zh" else 1
    wrong = next((step for step in report.steps if step.outcome == "differs"), None)
    what = "" if wrong is None else _text(wrong, lang)
    lines = [_VERDICT[report.verdict][choose].format(what=printable(what)), ""]
    outcomes = {name: texts[choose] for name, texts in _OUTCOMES.items()}
    wide = max(map(_width, outcomes.values())) + 2
    for step in report.steps:
        outcome = outcomes[step.outcome]
        lines.append(f"  {outcome}{' ' * (wide - _width(outcome))}{TITLES[step.name][choose]}")
        lines.append(f"  {' ' * wide}{printable(_text(step, lang))}")
    if report.verdict == "refuted":
        lines += ["", _NEXT["refuted"][choose]]
    elif report.bundle is not None and report.bundle.kind == "public":
        lines += ["", _NEXT["public"][choose]]
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs. Keys are stable:

    - ``verdict``: "proven", "not-proven" or "refuted" (see ``unreadable`` for the fourth)
    - ``kind``, ``draw``, ``intent``: what the bundle is of; null when its form is wrong
    - ``steps``: ``name``, ``outcome`` ("ok", "differs", "not-proven", "not-checked"), ``zh``, ``en``, ``details``
    """
    bundle = report.bundle
    return {
        "verdict": report.verdict,
        "kind": None if bundle is None else bundle.kind,
        "draw": None if bundle is None else bundle.draw,
        "intent": None if bundle is None else bundle.intent,
        "steps": [
            {
                "name": step.name,
                "outcome": step.outcome,
                "zh": step.zh,
                "en": step.en,
                "details": dict(step.details),
            }
            for step in report.steps
        ],
    }


def unreadable(error: LedgerError | ProtocolError) -> dict[str, Any]:
    """The JSON report when there was nothing to check: ``verdict`` "unreadable", ``code``, ``zh``, ``en``."""
    return {"verdict": "unreadable", "code": error.code, "zh": error.text("zh"), "en": error.text("en")}


def _text(step: Step, lang: Lang) -> str:
    return step.zh if lang == "zh" else step.en


def _width(text: str) -> int:
    """Columns in a terminal: Chinese characters and full-width signs take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "FW" else 1 for char in text)
