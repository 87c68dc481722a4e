"""What no bundle can show by itself: that nothing was left out of it. The whole log is searched.

A later intent for one of the lots must name the first of them (draw.md, section 4); every entry below the intent's size
that changes the roster must be in an auditor's bundle.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from expertpool.protocol.errors import Malformed
from expertpool.protocol.intent import KIND, Intent, read_intent
from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.log import judging
from expertpool.protocol.replay.steps import Differs, NotChecked, Said, saw
from ledger.entry import Entry, parse_entry
from ledger.sources import open_source
from ledger.tiles import bundles_of, split_bundle
from ledger.verify import Known, verify

ABOUT: Final = (b'"kind":"draw.intended"', b'"roster":')
"""What the entries that are looked for have in their bytes; the others need not be parsed."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What the whole log says: all intents, and the entries that changed the pool's roster."""

    size: int
    intents: dict[int, Intent]
    roster: frozenset[int]


def search_log(case: Case, place: str) -> Searched:
    """Verify the log at a place (directory, zip file, address), and search it.

    Raises `Differs` when it is broken or does not extend the bundle's checkpoint, `LedgerError` when it is unreadable.
    """
    found = verify(
        place,
        policy=judging(case.trust),
        known=[Known("checkpoint", case.signed)],
        progress=lambda done, total: case.progress("only-intent", done, 2 * total),
    )
    if found.findings:
        first = found.findings[0]
        raise Differs(
            f"给出的账本有误，或与证明包的检查点不是同一份：{first.text('zh')}",
            f"The log given is broken, or does not extend the bundle's checkpoint: {first.text('en')}",
            code=first.code,
        )
    intents: dict[int, Intent] = {}
    roster: set[int] = set()
    pool = (case.intent.roster_centre, case.intent.roster_origin)
    for entry in _entries(case, place, found.signed.size):
        if entry.kind == KIND:
            read = _read(entry)
            if read is not None:
                intents[entry.index] = read
        body: Any = entry.body
        if "roster" in body and entry.kind != KIND and (body.get("centre"), body.get("origin")) == pool:
            roster.add(entry.index)
    return Searched(found.signed.size, intents, frozenset(roster))


def only_intent(case: Case, searched: Searched) -> Said:
    """Of all intents that have one of these lots, every later one names the first."""
    alike = {index: each for index, each in searched.intents.items() if _share_a_lot(each, case.intent)}
    for index, intent in alike.items():
        before = (
            earlier for earlier, each in searched.intents.items() if earlier < index and _share_a_lot(each, intent)
        )
        first = min(before, default=None)
        if intent.first != first:
            raise Differs(
                f"同一标段有多次抽取意向，第 {index} 条没有如实指明首次意向（应为第 {first} 条）。",
                f"There are several intents for one lot, and entry {index} does not name the first (entry {first}).",
                intents=sorted(alike),
            )
    if case.bundle.intent not in alike:
        raise Differs("给出的账本中没有本次意向。", "The intent is not in the log given.")
    others = sorted(alike.keys() - {case.bundle.intent})
    if not others:
        return saw(
            f"在全部 {searched.size} 个条目中，这些标段只有这一次抽取意向。",
            f"Among all {searched.size} entries there is no other intent for these lots.",
            intents=[case.bundle.intent],
        )
    return saw(
        f"这些标段另有抽取意向：第 {'、'.join(map(str, others))} 条，后者均指明前者。请一并核验。",
        f"There are other intents for these lots, entries {', '.join(map(str, others))}, each later one naming the "
        f"first. Check those as well.",
        intents=sorted(alike),
    )


def only_roster(case: Case, searched: Searched) -> Said:
    """Every change of the pool's roster below the intent's size is in the bundle."""
    if case.bundle.audit is None:
        raise NotChecked(
            "公开版证明包不含名册，此步只有审计版能够核对。",
            "A public bundle has no roster; only an auditor's bundle shows this.",
        )
    wanted = {index for index in searched.roster if index < case.intent.roster_size}
    missing = sorted(wanted - case.roster_entries)
    if missing:
        raise Differs(
            f"证明包遗漏了名册变动：账本第 {missing[0]} 条。",
            f"The bundle leaves out a change of the roster: entry {missing[0]} of the ledger.",
            missing=missing,
        )
    return saw(
        f"意向之前该专家库的 {len(wanted)} 次名册变动全部在证明包中。",
        f"All {len(wanted)} changes of the pool's roster before the intent are in the bundle.",
        entries=len(wanted),
    )


def _share_a_lot(one: Intent, other: Intent) -> bool:
    return not set(one.lots).isdisjoint(other.lots)


def _entries(case: Case, place: str, size: int) -> Iterator[Entry]:
    source = open_source(place)
    for tile in bundles_of(size):
        for data in split_bundle(source.tile(tile), tile):
            if any(each in data for each in ABOUT):
                yield parse_entry(data)
        case.progress("only-intent", size + tile.index, 2 * size)


def _read(entry: Entry) -> Intent | None:
    """An intent that is not well-formed decides nothing: no contributor answers it."""
    try:
        return read_intent(entry)
    except Malformed:
        return None
