"""Why seats fell vacant: each cause was hidden in the ledger when it happened, with the evidence that it needs.

Docs/spec/draw.md, section 7. That a delivery was tried the gateway's provider can confirm; here it is seen that two
different channels were, that codes are the experts' own, and that a finding is there to be decided again.
"""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from expertpool.protocol.commitments import answer_digest
from expertpool.protocol.encoding import from_base64, from_hex
from expertpool.protocol.errors import Malformed
from expertpool.protocol.openings import AnswerOpened
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.order import moment
from expertpool.protocol.replay.steps import Differs, NotChecked, Said, saw, shown
from expertpool.protocol.replay.story import LOST, REFILLED, VACATED
from ledger.canonical import parse
from ledger.disclosure import DIGESTS, parse_disclosure
from ledger.entry import Entry, format_time
from ledger.errors import LedgerError
from policies.apply import decide
from policies.decision import Outcome
from policies.session_facts import Expected

BY_CODE: Final = frozenset({"declined", "leave"})
BY_FINDING: Final = frozenset({"absent", "recused", "desertion", "health"})
NO_ANSWER: Final = "no-answer"
CHANNELS_NEEDED: Final = 2
ABSENT: Final = "session.absent"


def causes(case: Case) -> Said:
    """The evidence of each seat that fell vacant, past the cap too, opens what its entry hides, and suffices."""
    if case.bundle.audit is None:
        raise NotChecked(
            "公开版证明包不说明席位空出的原因，此步只有审计版能够核对。",
            "A public bundle does not say why seats fell vacant; only an auditor's bundle shows this.",
        )
    opened, happened = case.bundle.audit.evidence, list(case.of_intent(VACATED, LOST))
    if len(opened) != len(happened):
        raise Differs(
            f"席位空出 {len(happened)} 次，证明包却说明了 {len(opened)} 次的原因。",
            f"Seats fell vacant {len(happened)} times, and the bundle says why for {len(opened)}.",
        )
    if not happened:
        raise NotChecked("没有席位空出。", "No seat fell vacant.")
    counted = Counter(_cause(case, entry, text) for entry, text in zip(happened, opened, strict=True))
    by_code, found = (sum(counted[cause] for cause in some) for some in (BY_CODE, BY_FINDING))
    return saw(
        f"席位空出 {len(happened)} 次，原因当时均已入账：本人凭应答码 {by_code} 次，两种渠道均未应答 "
        f"{counted[NO_ANSWER]} 次，回避、缺席、离岗或健康原因 {found} 次。",
        f"Seats fell vacant {len(happened)} times, each for a cause that was logged then: {by_code} by the expert's "
        f"own code, {counted[NO_ANSWER]} without an answer on two channels, {found} by a finding.",
        **dict(sorted(counted.items())),
    )


def _cause(case: Case, entry: Entry, text: str) -> str:
    """Why a seat fell vacant. Raises `Differs`, `LedgerError` for what is no disclosure."""
    disclosure, digests = parse_disclosure(text), entry.body.get(DIGESTS)
    if disclosure.name != "evidence" or type(digests) is not list or disclosure.digest not in digests:
        raise _differs(entry, "不是当时入账的那一份", "is not the one that was logged then")
    evidence = _read(entry, disclosure.value)
    cause = evidence["cause"]
    if not _has_its_code(case, entry, evidence):
        raise _differs(entry, "与所公开的应答码对不上", "does not go with the answer code that is opened")
    if cause == NO_ANSWER and not _on_two_channels(evidence.get("deliveries")):
        raise _differs(entry, "没有两种不同渠道的送达凭据", "has no evidence of delivery over two different channels")
    if cause in BY_FINDING and not (type(evidence.get("finding")) is dict and evidence["finding"]):
        raise _differs(entry, "没有可以重新认定的事实", "has no finding that can be decided again")
    if cause == "absent" and not _was_missed(case, entry, evidence["finding"]):
        raise _differs(entry, "认定缺席过早，或格式不对", "finds somebody absent too soon, or has a wrong form")
    return str(cause)


def _was_missed(case: Case, entry: Entry, finding: dict[str, Any]) -> bool:
    """Whether the rule finds whoever was due then, at the assembly or later, absent when the seat fell vacant.

    That they had neither come nor checked in whoever has the whole log can see.
    """
    if finding.keys() != {"assembly", "due", "kind", "minutes"} or finding["kind"] != "absent":
        return False
    assembly, due = _time(finding["assembly"]), _time(finding["due"])
    if assembly is None or due is None or due < assembly:
        return False
    missing = Expected(due_at=due, now=moment(entry), signed_in=False, checked_in=False, on_leave=False)
    book, regime = case.rulebook, case.request.regime
    stated = book.applies(ABSENT, regime) and book.values(ABSENT, regime).number("minutes") == finding["minutes"]
    return stated and decide(book, regime, missing).outcome is not Outcome.ALLOWED


def _time(text: Any) -> datetime | None:
    """A time as entries write it; None for anything else."""
    try:
        read = datetime.fromisoformat(text)
        return read if format_time(read) == text else None
    except (LedgerError, TypeError, ValueError):
        return None


def _read(entry: Entry, value: Any) -> dict[str, Any]:
    """The evidence in a disclosure: base64 of canonical JSON, filled up with spaces to one length."""
    try:
        evidence: Any = parse(from_base64(value, "evidence").rstrip(b" "))
    except Malformed:
        evidence = None
    causes_known = {*BY_CODE, *BY_FINDING, NO_ANSWER}
    if type(evidence) is not dict or type(evidence.get("cause")) is not str or evidence["cause"] not in causes_known:
        raise _differs(entry, "格式不对", "has a wrong form")
    return evidence


def _has_its_code(case: Case, entry: Entry, evidence: dict[str, Any]) -> bool:
    """Whether there is the code of whoever sat there, just where the cause is their own word.

    A vacancy's code is opened for everyone; that of a seat lost past the cap stands in the evidence alone.
    """
    given, by_code = evidence.get("answer"), evidence["cause"] in BY_CODE
    if entry.kind == LOST:
        return _opens(given, _answer_logged(case, entry)) if by_code else given is None
    answers = {each.vacancy: each for each in case.bundle.openings.answers}
    answer = answers.get(shown(entry, "vacancy", int))
    return by_code == (answer is not None) and (answer is None or given == _plain(answer))


def _plain(answer: AnswerOpened) -> dict[str, str]:
    return {"code": answer.code, "salt": answer.salt.hex()}


def _opens(given: Any, logged: str | None) -> bool:
    if type(given) is not dict or given.keys() != {"code", "salt"} or type(given["code"]) is not str:
        return False
    try:
        return answer_digest(from_hex(given["salt"], 16, "salt"), given["code"]).hex() == logged
    except Malformed:
        return False


def _answer_logged(case: Case, lost: Entry) -> str | None:
    """The commitment to the code of whoever sat there last, by the entry that seated them."""
    code = shown(lost, "seat", str)
    refilled = [entry.body for entry in case.of_intent(REFILLED) if entry.index < lost.index]
    seated = [*shown(case.story.result, "seats", list), *refilled]
    return next((each.get("answer") for each in reversed(seated) if each.get("seat") == code), None)


def _on_two_channels(deliveries: Any) -> bool:
    """Each channel once, ascending, with a digest."""
    if type(deliveries) is not list or not all(type(each) is dict for each in deliveries):
        return False
    channels = [each.get("channel") for each in deliveries]
    if not all(type(each) is str and each for each in channels) or channels != sorted(set(channels)):
        return False
    try:
        for each in deliveries:
            from_hex(each.get("digest"), 32, "digest")
    except Malformed:
        return False
    return len(channels) >= CHANNELS_NEEDED and all(each.keys() == {"channel", "digest"} for each in deliveries)


def _differs(entry: Entry, zh: str, en: str) -> Differs:
    return Differs(
        f"第 {entry.index} 条席位空出的原因{zh}。",
        f"The cause for which a seat fell vacant by entry {entry.index} {en}.",
        entry=entry.index,
    )
