"""The roster as the ledger commits to it, and how an auditor rebuilds it. Pure; specified in docs/spec/roster.md.

One *line* of the roster is one version of what is known of one expert. Its *leaf* is the RFC 6962 leaf hash of the
line's bytes, which begin with a 128-bit salt: it commits to the facts and tells nothing of them, and it stays the same
until the facts change. An entry that changes the roster says in ``roster`` how many lines it wrote and the Merkle root
of their sorted leaves. The roster as of a ledger size is the last line of every expert up to there, less those whose
last line is empty; its root is the Merkle root of its sorted leaves.

Public: `Line`, `line_bytes`, `parse_line`, `commitment`, `root`, `Rebuilt`, `rebuild`, `Rebuilding`; what
they refuse.
"""

import base64
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from expertpool.protocol.errors import ProtocolError
from ledger.canonical import parse
from ledger.errors import LedgerError
from ledger.merkle import Frontier, leaf_hash

TAG: Final = "expertpool/roster/v1"
SALT_BYTES: Final = 16
NONE: Final[Mapping[int, Sequence[bytes]]] = MappingProxyType({})


class LineMalformed(ProtocolError):
    """Not what `line_bytes` writes."""

    code = "protocol.line-malformed"
    zh = "名册行的格式不符合规范。"
    en = "This is no line of a roster."


class RosterIncomplete(ProtocolError):
    """What an entry commits to and what is shown for it differ."""

    code = "protocol.roster-incomplete"
    zh = "账本第 {entry} 条所承诺的名册行与所示不符：有缺漏、增添或改动。"
    en = "The lines shown for entry {entry} are not those that it commits to: one is missing, slipped in or altered."


class LineOutOfOrder(ProtocolError):
    """A version was left out or comes twice."""

    code = "protocol.line-out-of-order"
    zh = "账本第 {entry} 条的名册行版本不连续。"
    en = "A line of entry {entry} does not follow the expert's version before it."


class PersonTwice(ProtocolError):
    """One person would have two rows in a table."""

    code = "protocol.person-twice"
    zh = "账本第 {entry} 条之后，同一人以两名专家的身份在册。"
    en = "After entry {entry} one person stands on the roster as two experts."


class Line(NamedTuple):
    """One version of an expert on the roster. ``facts`` is canonical JSON; None says that the expert is off it."""

    salt: bytes
    expert: str
    version: int
    person: bytes | None
    facts: str | None

    @property
    def data(self) -> bytes:
        return line_bytes(self)

    @property
    def leaf(self) -> bytes:
        return leaf_hash(line_bytes(self))


def new_salt() -> bytes:
    """A fresh salt."""
    return secrets.token_bytes(SALT_BYTES)


def line_bytes(line: Line) -> bytes:
    """The canonical JSON array [tag, salt, expert, version, person, facts]; salt and person in base64."""
    # Written by hand because facts are canonical already and the rest needs no escaping: an import writes 100,000.
    person = "null" if line.person is None else f'"{_text(line.person)}"'
    facts = "null" if line.facts is None else line.facts
    return f'["{TAG}","{_text(line.salt)}","{line.expert}",{line.version},{person},{facts}]'.encode()


def parse_line(data: bytes) -> Line:
    """Read a line's bytes. Raises `LineMalformed` for anything but what `line_bytes` writes."""
    try:
        tag, salt, expert, version, person, facts = parse(data)
        line = Line(
            base64.b64decode(salt, validate=True),
            expert,
            version,
            None if person is None else base64.b64decode(person, validate=True),
            None if facts is None else json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        )
    except (LedgerError, ValueError, TypeError):
        raise LineMalformed from None
    sound = (
        tag == TAG
        and len(line.salt) == SALT_BYTES
        and type(expert) is str
        and type(version) is int
        and version > 0
        and (facts is None or type(facts) is dict)
        and line_bytes(line) == data
    )
    if not sound:
        raise LineMalformed
    return line


def root(leaves: Iterable[bytes]) -> bytes:
    """The Merkle root of the leaves in ascending order."""
    tree = Frontier()
    for leaf in sorted(leaves):
        tree.append(leaf)
    return tree.root()


def commitment(leaves: Sequence[bytes]) -> dict[str, Any]:
    """What an entry says in ``roster`` of the lines that it writes."""
    return {"count": len(leaves), "root": root(leaves).hex()}


class Rebuilt(NamedTuple):
    """A roster rebuilt from its lines, by expert. ``erased``: how many lines were shown by their leaf alone."""

    lines: Mapping[str, Line]
    erased: int

    def root(self) -> bytes:
        """The root that an intent names."""
        return root(line.leaf for line in self.lines.values())


def rebuild(
    said: Mapping[int, Mapping[str, Any]],
    opened: Mapping[int, Sequence[bytes]],
    erased: Mapping[int, Sequence[bytes]] = NONE,
) -> Rebuilt:
    """Rebuild the roster of one pool from what its entries say and the lines that are shown for each of them.

    ``said``: index of every entry up to the wanted size that has ``roster`` for this pool -> that member;
    ``opened``: index -> the bytes of its lines, in any order; ``erased``: index -> the leaves of lines whose facts were
    erased when their retention ended (all lines of an expert go together).

    Raises `RosterIncomplete` when a line is missing, slipped in, or written for no entry; `LineOutOfOrder` when an
    expert's versions do not follow each other; `PersonTwice` when one person stands on the roster as two experts;
    `LineMalformed`.
    """
    stray = (opened.keys() | erased.keys()) - said.keys()
    if stray:
        raise RosterIncomplete(entry=min(stray))
    roster, lines = Rebuilding(), dict[bytes, Line]()
    for entry in sorted(said):
        roster.apply(entry, said[entry], opened.get(entry, ()), erased.get(entry, ()))
        lines |= {line.leaf: line for line in map(parse_line, opened.get(entry, ()))}
    known = {expert: lines[leaf] for expert, leaf in roster.leaves()}
    return Rebuilt(known, sum(len(leaves) for leaves in erased.values()))


class _Short(NamedTuple):
    """What must be remembered of a line. ``leaf`` is None where the line has no facts: off the roster."""

    expert: str
    version: int
    person: bytes | None
    leaf: bytes | None


class Rebuilding:
    """The roster so far, entry by entry in ascending order, without the facts: a pool may have a million lines."""

    def __init__(self) -> None:
        self._last: dict[str, _Short] = {}
        self._holders: dict[bytes, str] = {}

    def apply(self, entry: int, said: Mapping[str, Any], opened: Iterable[bytes], erased: Sequence[bytes] = ()) -> None:
        """Take in what an entry says and the lines that are shown for it. Raises as `rebuild`."""
        lines, leaves = [], list(erased)
        for data in opened:
            line = parse_line(data)
            leaves.append(line.leaf)
            on_roster = None if line.facts is None else leaves[-1]
            lines.append(_Short(line.expert, line.version, line.person, on_roster))
        if commitment(leaves) != dict(said):
            raise RosterIncomplete(entry=entry)
        self._take(entry, sorted(lines, key=lambda each: (each.expert, each.version)))

    def leaves(self) -> Iterator[tuple[str, bytes]]:
        """Everyone who is on the roster, with the leaf of their last line."""
        return ((expert, line.leaf) for expert, line in self._last.items() if line.leaf is not None)

    def _take(self, entry: int, lines: Sequence[_Short]) -> None:
        for line in lines:
            before = self._last.get(line.expert)
            if before is not None and before.person is not None:
                self._holders.pop(before.person, None)
        for line in lines:
            before = self._last.get(line.expert)
            if line.version != (1 if before is None else before.version + 1):
                raise LineOutOfOrder(entry=entry)
            self._last[line.expert] = line
        for line in map(self._last.__getitem__, {line.expert for line in lines}):
            on_roster = line.leaf is not None and line.person is not None
            if on_roster and self._holders.setdefault(line.person or b"", line.expert) != line.expert:
                raise PersonTwice(entry=entry)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
