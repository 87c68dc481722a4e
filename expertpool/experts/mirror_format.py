"""A province's delta file as bytes: a signed head, then lines. Pure; specified in docs/spec/mirror.md.

The head is a C2SP signed note by the province. It names the pool, the place in the chain, the day, and commits to the
lines of this file and to the whole roster as it is after them: so one full file and a chain of increments that say the
same name the same root.

Public: `Head`, `HeadKind`, `Commitment`, `DeltaFile`, `read_file`, `read_path`, `parse_head`, `check_lines`,
`write_file`, `lines_commitment`, `roster_commitment`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from expertpool.experts.mirror_errors import DeltaTooLarge, HeadInvalid, LinesAltered, LinesMissing, NotADelta
from ledger.canonical import MAX_INTEGER, canonical, parse
from ledger.errors import LedgerError
from ledger.merkle import Frontier, leaf_hash
from ledger.note import Note, NoteSigner, parse_note, sign_note

TAG: Final = "expertpool/mirror/v1"

MOST_BYTES: Final = 256 * 2**20
MOST_LINES: Final = 200_000
MOST_LINE_BYTES: Final = 64 * 1024

_MEMBERS: Final = ("day", "kind", "lines", "pool", "previous", "roster", "sequence")
_POOL: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class HeadKind(StrEnum):
    """Whether a file has the whole roster or only what changed."""

    FULL = "full"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True)
class Commitment:
    """How many, and the Merkle root (RFC 6962) over their leaves."""

    count: int
    root: bytes

    def plain(self) -> dict[str, Any]:
        return {"count": self.count, "root": self.root.hex()}


@dataclass(frozen=True, slots=True)
class Head:
    """What the province signs. ``previous`` is the hash of the head before; ``roster`` is as of after this file."""

    pool: str
    sequence: int
    day: date
    kind: HeadKind
    previous: bytes | None
    lines: Commitment
    roster: Commitment

    @property
    def text(self) -> str:
        """The text of the note: a line that says what it is, and a line of canonical JSON."""
        stated = {
            "day": self.day.isoformat(),
            "kind": self.kind.value,
            "lines": self.lines.plain(),
            "pool": self.pool,
            "previous": None if self.previous is None else self.previous.hex(),
            "roster": self.roster.plain(),
            "sequence": self.sequence,
        }
        return f"{TAG}\n{canonical(stated).decode()}\n"

    @property
    def hash(self) -> bytes:
        """By what the next head names this one: the leaf hash of the text, whoever signed it."""
        return leaf_hash(self.text.encode())


class DeltaFile(NamedTuple):
    """A file that was read; nothing in it may be believed before its signature is verified."""

    note: Note
    head: Head
    lines: tuple[bytes, ...]


def read_file(data: bytes) -> DeltaFile:
    """Take a file apart. Raises `NotADelta`, `DeltaTooLarge`, `HeadInvalid`."""
    if len(data) > MOST_BYTES:
        raise _too_large()
    if not data.endswith(b"\n"):
        raise NotADelta
    first, *lines = data[:-1].split(b"\n")
    if len(lines) > MOST_LINES or max(map(len, lines), default=0) > MOST_LINE_BYTES:
        raise _too_large()
    try:
        stated = parse(first)
        if type(stated) is not dict or stated.keys() != {"head"} or type(stated["head"]) is not str:
            raise NotADelta
        note = parse_note(stated["head"].encode())
    except LedgerError:
        raise NotADelta from None
    return DeltaFile(note, parse_head(note.text), tuple(lines))


def read_path(path: Path) -> DeltaFile:
    """Read a file. Raises as `read_file`, and OSError."""
    if path.stat().st_size > MOST_BYTES:
        raise _too_large()
    return read_file(path.read_bytes())


def parse_head(text: str) -> Head:
    """Read a head's text. Raises `HeadInvalid`, which names the first wrong member."""
    tag, _, rest = text.partition("\n")
    if tag != TAG or rest.count("\n") != 1:
        raise HeadInvalid(TAG)
    try:
        stated = parse(rest[:-1].encode())
    except LedgerError:
        raise HeadInvalid("JSON") from None
    if type(stated) is not dict:
        raise HeadInvalid("JSON")
    for member in sorted({*_MEMBERS} ^ stated.keys()):
        raise HeadInvalid(member)
    kind = _member(stated, "kind", stated["kind"] in list(HeadKind))
    previous = stated["previous"]
    _member(stated, "previous", previous is None or _is_hash(previous))
    _member(stated, "previous", previous is not None or kind == HeadKind.FULL)
    return Head(
        pool=_member(stated, "pool", _matches(_POOL, stated["pool"]) and len(stated["pool"]) <= 40),
        sequence=_member(stated, "sequence", _is_count(stated["sequence"]) and stated["sequence"] > 0),
        day=_day(stated["day"]),
        kind=HeadKind(kind),
        previous=None if previous is None else bytes.fromhex(previous),
        lines=_commitment(stated, "lines"),
        roster=_commitment(stated, "roster"),
    )


def check_lines(delta: DeltaFile) -> None:
    """Hold the lines against the head. Raises `LinesMissing`, `LinesAltered`."""
    found = lines_commitment(map(leaf_hash, delta.lines))
    if found.count != delta.head.lines.count:
        raise LinesMissing(delta.head.lines.count, found.count)
    if found.root != delta.head.lines.root:
        raise LinesAltered


def write_file(head: Head, lines: Sequence[bytes], signer: NoteSigner) -> bytes:
    """A file as a province sends it."""
    note = sign_note(head.text, signer)
    return b"".join(line + b"\n" for line in (canonical({"head": note.to_bytes().decode()}), *lines))


def lines_commitment(leaves: Iterable[bytes]) -> Commitment:
    """The commitment to a file's lines, in the order in which they stand."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return Commitment(tree.size, tree.root())


def roster_commitment(leaves: Iterable[bytes]) -> Commitment:
    """The commitment to a whole roster: its lines' leaves in ascending order, so that no history shows in it."""
    return lines_commitment(sorted(leaves))


def _too_large() -> DeltaTooLarge:
    return DeltaTooLarge(MOST_LINES, MOST_BYTES // 2**20, MOST_LINE_BYTES // 1024)


def _member(stated: dict[str, Any], member: str, right: object) -> Any:
    if not right:
        raise HeadInvalid(member)
    return stated[member]


def _commitment(stated: dict[str, Any], member: str) -> Commitment:
    given = stated[member]
    sound = type(given) is dict and given.keys() == {"count", "root"} and _is_count(given["count"])
    _member(stated, member, sound and _is_hash(given["root"]))
    return Commitment(given["count"], bytes.fromhex(given["root"]))


def _day(given: object) -> date:
    try:
        return date.fromisoformat(given if isinstance(given, str) and _DAY.fullmatch(given) else "")
    except ValueError:
        raise HeadInvalid("day") from None


def _is_count(given: object) -> bool:
    return type(given) is int and 0 <= given <= MAX_INTEGER


def _is_hash(given: object) -> bool:
    return _matches(_HASH, given)


def _matches(pattern: re.Pattern[str], given: object) -> bool:
    return isinstance(given, str) and pattern.fullmatch(given) is not None
