"""Say what a verification found: one sentence of verdict first, then the proof; Chinese, English or JSON."""

import base64
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from ledger.errors import Lang, LedgerError, printable
from ledger.verify import Report

EXIT: Final = {"proven": 0, "broken": 1, "not-proven": 3}

_VERDICT: Final[dict[str, tuple[str, str]]] = {
    "proven": (
        "已证实：{size} 个条目无一被改动、删除、插入或调换，并有外部共签方作证。",
        "PROVEN: none of {size} entries was changed, removed, inserted or moved; outside cosigners vouch for it.",
    ),
    "broken": ("账本有误：{what}", "BROKEN: {what}"),
    "not-proven": (
        "未能证实：{size} 个条目前后一致，但缺少您所信任的外部共签方作证，不能排除整个账本被换过。",
        "NOT PROVEN: {size} entries agree, but no cosigners you trust vouch for them: all may have been replaced.",
    ),
}
_NEXT: Final[dict[str, tuple[str, str]]] = {
    "broken": (
        "请保留这份副本作为证据，并与共签方及他人所存的副本、检查点比对。",
        "Keep this copy as evidence; compare it with the copies and checkpoints that cosigners and others keep.",
    ),
    "no-policy": (
        "请用 --policy 给出策略文件：您信任的账本密钥和共签方。它应来自账本以外的渠道。",
        "Name the log key and the cosigners you trust with --policy; get that file from someone other than the log.",
    ),
    "no-cosigner": (
        "该策略不要求任何共签，检查点上也没有共签：仅凭账本自己的签名，不能证明没有第二份账本。请改用列有共签方的策略。",
        "The policy asks for no cosigner and none signed: its own word cannot rule out a second log. Name some.",
    ),
    "no-quorum": (
        "有效共签未达策略的法定数：请向账本运营方索取共签更多的检查点，或稍后再核验。",
        "The policy asks for more cosigners: ask the log for a checkpoint with more, or check again later.",
    ),
}
_LABELS: Final[dict[str, tuple[str, str]]] = {
    "first-bad": ("首个有误的条目", "first bad entry"),
    "origin": ("账本", "log"),
    "size": ("条目数（区块高度）", "entries (height)"),
    "checked": ("已核验条目", "entries checked"),
    "root": ("根哈希", "root hash"),
    "last": ("末条哈希", "last entry's hash"),
    "cosigners": ("共签方", "cosigners"),
    "known": ("相符的检查点", "extends"),
    "findings": ("发现的问题", "findings"),
    "stopped": ("{count}（其余未核验）", "{count} (the rest was not checked)"),
    "nobody": ("无", "none"),
    "unverified": ("未核实", "not verified"),
}


def exit_code(report: Report) -> int:
    """0 proven, 1 broken, 3 not proven (2, unreadable, never gets as far as a report)."""
    return EXIT[report.verdict]


def as_text(report: Report, lang: Lang) -> str:
    """The report for people: the verdict, the facts in two columns, what to do next."""
    choose = 0 if lang == "zh" else 1
    what = report.findings[0].text(lang) if report.findings else ""
    rows = [(_LABELS[label][choose], value) for label, value in _facts(report, lang)]
    column = max(_width(label) for label, _ in rows) + 2
    lines = [_VERDICT[report.verdict][choose].format(size=f"{report.signed.size:,}", what=what), ""]
    above = ""
    for label, value in rows:
        shown = "" if label == above else label
        lines.append(f"  {shown}{' ' * (column - _width(shown))}{printable(value)}")
        above = label
    if report.verdict != "proven":
        lines += ["", _NEXT[_why(report)][choose]]
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs. Keys are stable:

    - ``verdict``: "proven", "broken" or "not-proven" (see ``unreadable`` for the fourth)
    - ``origin``, ``size``, ``root`` (base64): what the checkpoint states
    - ``checked``: entries checked; fewer than ``size`` only when broken
    - ``last_entry``: leaf hash of the last entry (hex), null when not all were checked or there is none
    - ``first_bad``: index of the first entry at which something is wrong, or null
    - ``cosigners``: names of the policy's witnesses that cosigned, with the time they state (POSIX seconds)
    - ``quorum``: whether these suffice under the policy
    - ``known``: known checkpoints that the log extends
    - ``findings``: what is wrong: ``index`` (or null), ``code`` (stable), ``zh``, ``en``
    """
    return {
        "verdict": report.verdict,
        "origin": report.signed.checkpoint.origin,
        "size": report.signed.size,
        "root": base64.b64encode(report.signed.root).decode(),
        "checked": report.checked,
        "last_entry": report.last_hash,
        "first_bad": report.first_bad,
        "cosigners": dict(report.trust.cosigners) if report.trust else {},
        "quorum": report.trust is not None and report.trust.quorum,
        "known": report.known,
        "findings": [
            {"index": found.index, "code": found.code, "zh": found.text("zh"), "en": found.text("en")}
            for found in report.findings
        ],
    }


def unreadable(error: LedgerError) -> dict[str, Any]:
    """The JSON report when there was nothing to check: ``verdict`` "unreadable", ``code``, ``zh``, ``en``."""
    return {"verdict": "unreadable", "code": error.code, "zh": error.text("zh"), "en": error.text("en")}


def _facts(report: Report, lang: Lang) -> Iterator[tuple[str, str]]:
    choose = 0 if lang == "zh" else 1
    if report.first_bad is not None:
        yield "first-bad", f"{report.first_bad}"
    yield "origin", report.signed.checkpoint.origin
    yield "size", f"{report.signed.size:,}"
    if report.checked < report.signed.size:
        yield "checked", _LABELS["stopped"][choose].format(count=f"{report.checked:,}")
    yield "root", base64.b64encode(report.signed.root).decode()
    if report.last_hash is not None:
        yield "last", report.last_hash
    cosigners = sorted(report.trust.cosigners.items()) if report.trust else []
    for name, seconds in cosigners:
        yield "cosigners", f"{_moment(seconds)}  {name}"
    if not cosigners:
        yield "cosigners", _LABELS["nobody" if report.trust else "unverified"][choose]
    for place in report.known:
        yield "known", place
    for number, found in enumerate(report.findings, 1):
        yield "findings", f"{number}. {found.text(lang)}"


def _why(report: Report) -> str:
    if report.verdict == "broken":
        return "broken"
    if report.trust is None:
        return "no-policy"
    return "no-cosigner" if report.trust.quorum else "no-quorum"


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):  # a cosigner may state any second up to 2^63
        return f"{seconds} s"


def _width(text: str) -> int:
    """Columns in a terminal: Chinese characters and full-width signs take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "FW" else 1 for char in text)
