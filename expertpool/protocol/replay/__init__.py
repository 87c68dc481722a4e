"""Checks a draw from its bundle alone: docs/spec/bundle.md, section 4.

    with open("draw.zip", "rb") as file:
        report = replay(file, Trust(policy=parse_policy(...)))
    print(as_text(report, "zh"))

No result that the bundle states is believed: everything is computed again from the contributions, the table and the
intent, and compared. Needs no database, no network and no web framework. Log key and policy come from the
caller.

Public: `replay`, `Trust`, `Report`, `Step`, `as_text`, `as_json`, `exit_code`.
"""

from typing import BinaryIO, Final

from expertpool.protocol.bundle import Bundle, MemberMalformed, MembersWrong, read_bundle
from expertpool.protocol.replay import audit, causes, contributions, log, order, panel, recusals
from expertpool.protocol.replay.case import Case, Check, Progress, Trust, take
from expertpool.protocol.replay.lots import lots
from expertpool.protocol.replay.report import Report, as_json, as_text, exit_code
from expertpool.protocol.replay.steps import Differs, NotChecked, Said, Step, saw
from expertpool.protocol.replay.whole_log import only_intent, only_roster, search_log
from ledger.checkpoint import parse_signed_checkpoint

__all__ = ["Report", "Step", "Trust", "as_json", "as_text", "exit_code", "replay"]


def _format(case: Case) -> Said:
    """The members were read; what is left is the checkpoint's form."""
    signed = parse_signed_checkpoint(case.bundle.checkpoint)
    if signed.to_bytes() != case.bundle.checkpoint:
        raise Differs("“checkpoint”不合规范。", "“checkpoint” is not written as it must be.")
    case.signed = signed
    return saw("文件齐全，格式符合规范。", "All members are there, in the form of the specification.")


CHECKS: Final[dict[str, Check]] = {
    "format": _format,
    "checkpoint": log.checkpoint,
    "entries": log.entries,
    "intent": order.intent,
    "order": order.order,
    "table": panel.table,
    "contributions": contributions.contributions,
    "beacon": contributions.beacon,
    "seed": contributions.seed,
    "panel": panel.panel,
    "struck": recusals.struck,
    "vacancies": panel.vacancies,
    "lots": lots,
    "request": audit.request,
    "roster": audit.roster,
    "decisions": audit.decisions,
    "recusals": recusals.recusals,
    "causes": causes.causes,
}
"""The steps that a bundle allows, in order."""


def replay(
    file: BinaryIO, trust: Trust, *, log_place: str | None = None, progress: Progress = lambda _name, _done, _all: None
) -> Report:
    """Check a bundle. ``log_place``: a copy of the whole log, to see that nothing was left out of the bundle.

    Raises `ArchiveBroken`, `MemberTooLong` for a file that is no bundle; all else that is wrong is in the report.
    """
    try:
        bundle = read_bundle(file)
    except (MembersWrong, MemberMalformed) as error:
        return Report(None, (Step("format", "differs", error.text("zh"), error.text("en"), {"code": error.code}),))
    return replay_bundle(bundle, trust, log_place=log_place, progress=progress)


def replay_bundle(
    bundle: Bundle, trust: Trust, *, log_place: str | None = None, progress: Progress = lambda _name, _done, _all: None
) -> Report:
    """Check a bundle that is in memory, as `replay` does after reading it."""
    case = Case(bundle, trust, progress)
    steps = [take(name, check, case) for name, check in CHECKS.items()]
    steps += _with_whole_log(case, log_place)
    return Report(bundle, tuple(steps))


def _no_log(_case: Case) -> Said:
    raise NotChecked(
        "证明包本身不能说明没有遗漏；请用 --log 给出整个账本的副本来查。",
        "A bundle cannot show that nothing was left out of it; give a copy of the whole log with --log.",
    )


def _with_whole_log(case: Case, place: str | None) -> list[Step]:
    if place is None:
        return [take("only-intent", _no_log, case), take("only-roster", _no_log, case)]
    try:
        searched = search_log(case, place)
    except (Differs, NotChecked) as ended:
        return [Step("only-intent", ended.outcome, ended.zh, ended.en, ended.details)]
    return [
        take("only-intent", lambda case: only_intent(case, searched), case),
        take("only-roster", lambda case: only_roster(case, searched), case),
    ]
