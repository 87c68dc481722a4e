"""The sender's side: what a province does to make its next delta file. For tests, demonstrations and trials.

A sender keeps the files that it has sent; they are all that it needs to know to make the next one.

Public: `make_next`, `roster_of`, `experts_of`.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from expertpool.experts.candidates import RowReader
from expertpool.experts.errors import ExpertInvalid
from expertpool.experts.mapping import Mapping
from expertpool.experts.mirror_errors import FilesBroken, LineWrong, TwiceInFile
from expertpool.experts.mirror_format import (
    DeltaFile,
    Head,
    HeadKind,
    lines_commitment,
    roster_commitment,
    write_file,
)
from expertpool.experts.mirror_lines import (
    FIRST_LINE,
    SALT_BYTES,
    content_of,
    gone_line,
    line_wrong,
    put_line,
    read_lines,
    refuse,
)
from expertpool.experts.protection import Identity
from expertpool.experts.sheets import Sheet
from expertpool.protocol.facts import Record
from ledger.merkle import leaf_hash
from ledger.note import NoteSigner

NO_SALT: Final = bytes(SALT_BYTES)


class Made(NamedTuple):
    """The next file."""

    head: Head
    data: bytes


def make_next(
    sent: Sequence[DeltaFile],
    experts: Iterable[tuple[Identity, Record]],
    *,
    signer: NoteSigner,
    day: date,
    full: bool = False,
) -> Made:
    """The file after those that were sent, after which the roster has exactly these experts, each with their number.

    Full if it is the first or is to be; else with the changes alone, perhaps none. Whoever is missing has left. The
    signer's name is the pool's. Raises `FilesBroken`, and `LinesWrong` for what a receiver would refuse.
    """
    before = roster_of(sent)
    known = {code: content_of(line)[1] for code, line in before.items()}
    roster: dict[str, bytes] = {}
    changed: list[bytes] = []
    places: dict[str, int] = {}
    twice: list[LineWrong] = []
    for number, (identity, record) in enumerate(experts, FIRST_LINE):
        code, content, _ = content_of(put_line(identity, record, NO_SALT))
        if places.setdefault(code, number) != number:
            twice.append(line_wrong(number, TwiceInFile(places[code], field="code")))
        if known.get(code) == content:
            roster[code] = before[code]
        else:
            roster[code] = put_line(identity, record, secrets.token_bytes(SALT_BYTES))
            changed.append(roster[code])
    refuse(twice)
    gone = [gone_line(code, "left", secrets.token_bytes(SALT_BYTES)) for code in before if code not in roster]
    whole = full or not sent
    lines = list(roster.values()) if whole else [*gone, *changed]
    read_lines(lines, day, lambda _name: None)
    head = Head(
        pool=signer.key.name,
        sequence=sent[-1].head.sequence + 1 if sent else 1,
        day=day,
        kind=HeadKind.FULL if whole else HeadKind.INCREMENTAL,
        previous=sent[-1].head.hash if sent else None,
        lines=lines_commitment(map(leaf_hash, lines)),
        roster=roster_commitment(map(leaf_hash, roster.values())),
    )
    return Made(head, write_file(head, lines, signer))


def roster_of(sent: Iterable[DeltaFile]) -> dict[str, bytes]:
    """The roster after some files in their order: number -> line. Raises `FilesBroken`."""
    roster: dict[str, bytes] = {}
    last: Head | None = None
    for delta in sent:
        head = delta.head
        if lines_commitment(map(leaf_hash, delta.lines)) != head.lines:
            raise FilesBroken(head.sequence)
        if last is not None and (head.sequence, head.previous) != (last.sequence + 1, last.hash):
            raise FilesBroken(head.sequence)
        if head.kind is HeadKind.FULL:
            roster.clear()
        for line in delta.lines:
            code, _, stands = content_of(line)
            if stands:
                roster[code] = line
            else:
                roster.pop(code, None)
        if roster_commitment(map(leaf_hash, roster.values())) != head.roster:
            raise FilesBroken(head.sequence)
        last = head
    return roster


def experts_of(sheet: Sheet, mapping: Mapping) -> list[tuple[Identity, Record]]:
    """The experts of a roster that is kept as a sheet, which knows no suspensions. Raises `LinesWrong`, by row."""
    reader = RowReader(mapping, sheet.titles)
    experts: list[tuple[Identity, Record]] = []
    problems: list[LineWrong] = []
    for number, row in sheet.numbered():
        try:
            candidate = reader.read(number, row)
        except ExpertInvalid as wrong:
            problems += (line_wrong(number, problem) for problem in wrong.problems)
        else:
            experts.append((candidate.identity, Record(candidate.facts._replace(suspensions=()))))
    refuse(problems)
    return experts
