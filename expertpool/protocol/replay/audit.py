"""What only an auditor can check: the request, the whole roster, and every decision about every candidate.

What has a line for each expert is read twice and kept never: the first time it shows the roster as of the intent, the
second time everyone on it is matched and decided again. Kept are a few bytes of each expert.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from expertpool.protocol.bidders import Bidders, Late
from expertpool.protocol.bundle import Audit, MemberMalformed, ProvenEntry, decision_line, read_proven
from expertpool.protocol.commitments import request_digest
from expertpool.protocol.decisions import NOTHING, Decider, Extra, read_extra
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import Malformed
from expertpool.protocol.facts import expert_facts
from expertpool.protocol.matching import Matching
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.recusals import find
from expertpool.protocol.replay.steps import Differs, NotChecked, Said, saw, shown
from expertpool.protocol.replay.story import BIDDERS_OPENED
from expertpool.protocol.request import DrawRequest, read_request
from expertpool.protocol.roster import Rebuilding
from expertpool.protocol.stored_facts import read_stored
from expertpool.protocol.table import MOST_LINES, Row, RowMaker
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError
from ledger.merkle import leaf_hash, verify_inclusion
from policies.facts import Expert
from policies.problems import BadInput
from policies.restored import restore

_AT_ONCE = 1_000
STRANGE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What rules and readers raise for facts that nobody could have recorded: a bundle may hold anything."""


class Changed(NamedTuple):
    """An entry that changed the roster, and what is shown of the lines that it wrote."""

    proven: ProvenEntry
    erased: tuple[bytes, ...]
    lines: Iterator[bytes]


def request(case: Case) -> Said:
    """The request is the one to which the intent commits, and the intent's seats and lots are the request's."""
    audit, intent = _audit(case), case.intent
    if request_digest(audit.salt, audit.request) != intent.request:
        raise Differs(
            "所示抽取申请不是意向所承诺的那一份。", "The request shown is not the one that the intent commits to."
        )
    if sha256(audit.rulebook).digest() != intent.rulebook:
        raise Differs("所示规则库不是意向所写明的那一版。", "The rulebook shown is not the one that the intent names.")
    asked, lots = read_request(audit.request), case.bundle.openings.lots
    expected = {
        "draw": (asked.draw, intent.draw),
        "centre": (asked.centre, intent.centre),
        "seats": (asked.seats, intent.seats),
        "project": (asked.project, lots.project),
        "lots": (sorted(map(str, asked.lots)), sorted(lots.lots)),
        "retained": (asked.retained, len(intent.retained)),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise Differs(
                f"申请中的“{name}”与意向不一致。", f"“{name}” of the request is not that of the intent.", member=name
            )
    case.rulebook = _restored(audit.rulebook)
    case.bidders = _bidders(case, audit, asked)
    case.request = asked
    return saw(
        "申请和规则库正是意向所承诺的；席位、项目和标段一致。",
        "Request and rulebook are those that the intent commits to; seats, project and lots agree.",
        rulebook=intent.rulebook.hex(),
    )


def roster(case: Case) -> Said:
    """The roster as of the intent's size, rebuilt from the entries that changed it and the lines that they wrote."""
    audit, intent = _audit(case), case.intent
    rebuilding, before, erased, taken = Rebuilding(), -1, 0, set[int]()
    for changed in _changes(audit):
        entry = changed.proven.entry
        verify_inclusion(entry.index, case.signed.size, entry.hash, changed.proven.proof, case.signed.root)
        body = entry.body
        of_pool = (body.get("centre"), body.get("origin")) == (intent.roster_centre, intent.roster_origin)
        if not before < entry.index < intent.roster_size or not of_pool or type(body.get("roster")) is not dict:
            raise Differs(
                f"第 {entry.index} 条不是该专家库在意向之前的名册变动，或次序不对。",
                f"Entry {entry.index} is no change of this pool's roster below the intent's size, or out of order.",
                entry=entry.index,
            )
        rebuilding.apply(entry.index, body["roster"], changed.lines, changed.erased)
        before, erased = entry.index, erased + len(changed.erased)
        taken.add(before)
        case.progress("roster", entry.index, intent.roster_size)
    case.current, case.roster_entries = frozenset(leaf for _, leaf in rebuilding.leaves()), frozenset(taken)
    count = len(taken)
    return saw(
        f"由 {count} 个条目重建意向所指时点（账本大小 {intent.roster_size}）的名册，共 {len(case.current)} 人，"
        f"无一重复；另有 {erased} 行已按期清除。",
        f"Rebuilt from {count} entries, the roster as of ledger size {intent.roster_size} has {len(case.current)} "
        f"experts, none twice; {erased} lines were erased after their retention.",
        entries=count,
        experts=len(case.current),
        erased=erased,
        size=intent.roster_size,
    )


def decisions(case: Case) -> Said:
    """Everyone on the roster who matches has exactly one row, nobody else has; each is decided again the same way."""
    audit, rows, _ = _audit(case), case.bundle.table, case.rows_hold
    extras = dict(_documents(case, audit))
    maker, seen, struck = RowMaker(audit.table_key), bytearray(len(rows)), set[int]()
    for leaf, row, late in _decided_again(case, audit, extras, maker):
        place = find(rows, row.leaf)
        if place is None:
            raise Differs(
                "名册中有一名符合专业和地域的专家，按规则重新认定后与候选名单不符：被遗漏，或认定结果被改动。",
                "An expert on the roster who matches by specialty and area, decided again, is not in the table like "
                "that: left out, or decided otherwise.",
                roster_leaf=leaf.hex(),
            )
        if rows[place] != row or seen[place]:
            raise Differs(
                f"候选名单第 {place + 1} 行的席位行或分组与重新认定的不符。",
                f"Lines or groups of row {place + 1} are not those that follow from the decision.",
                row=place,
                roster_leaf=leaf.hex(),
            )
        seen[place] = 1
        if late:
            struck.add(place)
        case.progress("decisions", len(rows), 2 * len(rows))
    missing = seen.find(0)
    if missing >= 0:
        raise Differs(
            f"候选名单第 {missing + 1} 行在意向时点的名册中没有对应的、符合条件的专家。",
            f"Row {missing + 1} of the table belongs to nobody on the roster as of the intent who matches.",
            row=missing,
        )
    case.struck_again = frozenset(struck)
    return saw(
        f"名册中符合专业和地域的 {len(rows)} 人与候选名单一一对应，逐人按规则重新认定，结论相同。",
        f"The {len(rows)} experts who match by specialty and area are exactly the rows; each was decided again by the "
        f"rules with the same result.",
        rows=len(rows),
    )


def _bidders(case: Case, audit: Audit, asked: DrawRequest) -> Bidders | None:
    """The bidders to which the request commits, or the opening of their list after the draw; one of the two at most."""
    said = [shown(entry, "bidders", str) for entry in case.of_intent(BIDDERS_OPENED)]
    said += [] if asked.bidders is None else [asked.bidders]
    found = [] if audit.bidders is None else [audit.bidders.digest(audit.table_key).hex()]
    if said != found:
        raise Differs(
            "所示投标人名单不是申请或开启名单时所承诺的那一份。",
            "The bidders shown are not those that the request, or the opening of the list, commits to.",
        )
    return audit.bidders


def _audit(case: Case) -> Audit:
    if case.bundle.audit is None:
        raise NotChecked(
            "公开版证明包不含个人资料，此步只有审计版能够核对。",
            "A public bundle has no personal data; only an auditor's bundle shows this.",
        )
    return case.bundle.audit


def _restored(data: bytes) -> Any:
    try:
        return restore(data)
    except BadInput as error:
        [problem] = error.problems
        raise Differs(problem.zh, problem.en) from None


def _changes(audit: Audit) -> Iterator[Changed]:
    """Every entry with its lines, which must be read before the next one is asked for."""
    lines = audit.roster.lines()
    for data in lines:
        head = _parsed("roster.jsonl", data)
        if type(head) is not dict or head.keys() != {"entry", "erased", "lines", "proof"}:
            raise _malformed("roster.jsonl")
        count, erased = head["lines"], head["erased"]
        if type(count) is not int or count < 0 or type(erased) is not list:
            raise _malformed("roster.jsonl")
        leaves = tuple(from_hex(each, 32, "erased") for each in erased)
        yield Changed(read_proven(head, "roster.jsonl"), leaves, _some(lines, count))


def _some(lines: Iterator[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        line = next(lines, None)
        if line is None:
            raise _malformed("roster.jsonl")
        yield line


def _documents(case: Case, audit: Audit) -> Iterator[tuple[bytes, Extra]]:
    """Check that each row is what its document and the table key give; give what is known beyond the roster."""
    maker, rows, place = RowMaker(audit.table_key), case.bundle.table, -1
    for place, data in enumerate(audit.decisions.lines()):
        value = _parsed("decisions.jsonl", data)
        try:
            leaf = from_hex(value["roster_leaf"], 32, "roster_leaf")
            document = value["decision"]
            extra = read_extra(document["facts"])
            made = maker.row(leaf, canonical(document), _lines(document["lines"]), map(tuple, document["groups"]))
        except (*STRANGE, Malformed, LedgerError):
            raise _malformed("decisions.jsonl") from None
        if decision_line(leaf, canonical(document)) != data:
            raise _malformed("decisions.jsonl")
        if place >= len(rows) or rows[place] != made:
            raise Differs(
                f"候选名单第 {place + 1} 行不是由所示认定文书得出的。",
                f"Row {place + 1} of the table does not follow from the decision shown for it.",
                row=place,
                roster_leaf=leaf.hex(),
            )
        if extra is not NOTHING:
            yield leaf, extra
        if place % _AT_ONCE == 0:
            case.progress("decisions", place, 2 * len(rows))
    if place + 1 != len(rows):
        raise Differs(
            f"候选名单有 {len(rows)} 行，认定文书却有 {place + 1} 份。",
            f"The table has {len(rows)} rows, and there are {place + 1} decisions.",
        )


def _lines(value: Any) -> list[int]:
    lines = [line for line in value if type(line) is int and 0 <= line < MOST_LINES]
    if lines != value:
        raise ValueError
    return lines


def _decided_again(
    case: Case, audit: Audit, extras: dict[bytes, Extra], maker: RowMaker
) -> Iterator[tuple[bytes, Row, bool]]:
    """The row of everyone on the roster who matches, by the roster leaf, and whether bidders opened later strike it."""
    asked, book, current, done = case.request, case.rulebook, case.current, 0
    bidders = case.bidders or Bidders(())
    try:
        rules = asked.for_rules(book, bidders.units if asked.bidders is not None else None)
        matches, decider = Matching(book, asked.regime, rules), Decider(book, asked.regime, rules)
        opened = None if asked.bidders is not None or case.bidders is None else Late(book, asked, bidders)
    except STRANGE:
        raise Differs(
            "申请与规则库不相配，无法重新认定。", "Request and rulebook do not go together; nothing can be decided."
        ) from None
    for changed in _changes(audit):
        for data in changed.lines:
            leaf = leaf_hash(data)
            if leaf not in current:
                continue
            try:
                expert = _facts(data)
                extra = extras.get(leaf, NOTHING)
                decided = decider.decide(expert, extra) if matches(expert) else None
                late = opened is not None and decided is not None and opened.strikes(leaf, expert, extra, decided)
            except STRANGE:
                raise Differs(
                    "名册中有一行的事实无法按规则认定。",
                    "A line of the roster has facts that no rule can judge.",
                    roster_leaf=leaf.hex(),
                ) from None
            if decided is not None:
                yield leaf, maker.row(leaf, decided.document, decided.lines, decided.groups), late
            done += 1
            if done % _AT_ONCE == 0:
                case.progress("decisions", done, len(current))


def _facts(line: bytes) -> Expert:
    # The line is canonical, so the facts are what stands between the fifth comma and the last bracket.
    return expert_facts(read_stored(line[line.index(b',{"') + 1 : -1].decode()))


def _parsed(member: str, data: bytes) -> Any:
    try:
        return parse(data)
    except LedgerError as error:
        raise MemberMalformed(member=member, zh_why=error.text("zh"), en_why=error.text("en")) from None


def _malformed(member: str) -> MemberMalformed:
    return MemberMalformed(member=member, zh_why="内容格式不对。", en_why="its form is wrong.")
