"""Say what a verification found: one sentence of verdict first, then the proof; Chinese, English or JSON."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

from ledger.errors import Lang
from ledger.verify import Report

EXIT: Final = {"proven": 0, "broken": 1, "not-proven": 3}
SHOWN: Final = 20

_VERDICT: Final[dict[str, tuple[str, str]]] = {
    "proven": (
        "已证实：账本完整，自首条至第 {size} 条无一被改、删、插、换序，并有外部共签方作证。",
        "PROVEN: of {size} entries none was edited, deleted, inserted or reordered; outside cosigners vouch for it.",
    ),
    "broken": ("账本有误：{what}", "BROKEN: {what}"),
    "not-proven": (
        "未能证实：{size} 个条目前后一致，但没有足够的外部共签，不能排除整个账本被换过。{why}",
        "NOT PROVEN: {size} entries agree, but too few outside cosigners: the whole might have been replaced. {why}",
    ),
}
_WHY: Final[dict[str, tuple[str, str]]] = {
    "no-policy": (
        "未给出策略文件：请用 --policy 指定您自己信任的账本密钥和共签方。",
        "No policy was given: name the log key and cosigners that you trust with --policy.",
    ),
    "no-quorum": ("有效共签方：{have}，未达策略的法定数。", "Valid cosigners: {have}; the policy asks for more."),
}
_LABELS: Final[dict[str, tuple[str, str]]] = {
    "origin": ("账本", "log"),
    "size": ("区块高度（条目数）", "height (entries)"),
    "root": ("根哈希", "root hash"),
    "last": ("末条哈希", "hash of the last entry"),
    "cosigners": ("共签方", "cosigners"),
    "known": ("相符的已知检查点", "known checkpoints it extends"),
    "first-bad": ("首个有误的条目", "first bad entry"),
    "more": ("……另有 {count} 处", "... and {count} more"),
    "nobody": ("无", "none"),
}


def exit_code(report: Report) -> int:
    """0 proven, 1 broken, 3 not proven (2, unreadable, never gets as far as a report)."""
    return EXIT[report.verdict]


def as_text(report: Report, lang: Lang) -> str:
    """The report for people."""
    choose = 0 if lang == "zh" else 1
    size = f"{report.signed.size:,}"
    what = report.findings[0].text(lang) if report.findings else ""
    lines = [_VERDICT[report.verdict][choose].format(size=size, what=what, why=_why(report, choose)), ""]

    def row(label: str, value: str) -> None:
        lines.append(f"  {_LABELS[label][choose]}: {value}")

    row("origin", report.signed.checkpoint.origin)
    row("size", size)
    row("root", base64.b64encode(report.signed.root).decode())
    if report.last_hash is not None:
        row("last", report.last_hash)
    row("cosigners", _cosigners(report) or _LABELS["nobody"][choose])
    if report.known:
        row("known", ", ".join(report.known))
    if report.first_bad is not None:
        row("first-bad", str(report.first_bad))
    lines += [f"  - {found.text(lang)}" for found in report.findings[1:SHOWN]]
    if len(report.findings) > SHOWN:
        lines.append("  " + _LABELS["more"][choose].format(count=len(report.findings) - SHOWN))
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs. Keys are stable."""
    return {
        "verdict": report.verdict,
        "origin": report.signed.checkpoint.origin,
        "size": report.signed.size,
        "root": base64.b64encode(report.signed.root).decode(),
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


def _why(report: Report, choose: int) -> str:
    if report.trust is None:
        return _WHY["no-policy"][choose]
    have = ", ".join(sorted(report.trust.cosigners)) or _LABELS["nobody"][choose]
    return _WHY["no-quorum"][choose].format(have=have)


def _cosigners(report: Report) -> str:
    if report.trust is None:
        return ""
    return ", ".join(f"{name} ({_moment(when)})" for name, when in sorted(report.trust.cosigners.items()))


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s"
