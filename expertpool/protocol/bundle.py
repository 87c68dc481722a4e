"""The bundle: one file with which anyone checks a draw, offline. docs/spec/bundle.md.

A public bundle has no personal data; an auditor's bundle opens the facts too. What has a line for each candidate is
read line by line, so that the memory of a replay does not grow with what an auditor is given. Nothing in a bundle is
trusted: reading it checks forms only.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

from expertpool.protocol.archive import Stored, read_archive, write_archive
from expertpool.protocol.bidders import Bidders, read_bidders
from expertpool.protocol.commitments import KEY_BYTES, SALT_BYTES
from expertpool.protocol.encoding import from_base64, from_hex
from expertpool.protocol.errors import Malformed, ProtocolError
from expertpool.protocol.openings import Openings, read_openings
from expertpool.protocol.table import ROW_BYTES, Table
from ledger.canonical import canonical, parse
from ledger.entry import Entry, parse_entry
from ledger.errors import LedgerError
from ledger.merkle import HASH_SIZE
from ledger.note import MAX_NOTE_BYTES

FORMAT: Final = "expertpool/bundle/v1"
MOST_ROWS: Final = 4_000_000
_MIB: Final = 1 << 20

LIMITS: Final = {
    "bundle.json": 4096,
    "checkpoint": MAX_NOTE_BYTES,
    "entries.json": 64 * _MIB,
    "openings.json": 64 * _MIB,
    "table.bin": MOST_ROWS * ROW_BYTES,
    "audit.json": 16 * _MIB,
    "rulebook.json": 16 * _MIB,
    "decisions.jsonl": 4096 * _MIB,
    "roster.jsonl": 4096 * _MIB,
}
"""The members in their order, and the most bytes that each may have."""
PUBLIC: Final = ("bundle.json", "checkpoint", "entries.json", "openings.json", "table.bin")


class MembersWrong(ProtocolError):
    """A public bundle with an auditor's members, or one without some that it needs."""

    code = "protocol.bundle-members"
    zh = "证明包中缺少或多出文件：“{member}”。请重新获取原文件。"
    en = "The bundle lacks “{member}”, or should not have it. Get the original again."


class MemberMalformed(ProtocolError):
    """A member that is not written as the specification says."""

    code = "protocol.bundle-member-malformed"
    zh = "证明包中的“{member}”不符合规范：{zh_why}"
    en = "“{member}” in the bundle is not as the specification says: {en_why}"


class Lines(Protocol):
    """Lines of bytes without newlines, which can be gone through more than once."""

    def lines(self) -> Iterator[bytes]:
        """All lines, from the first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`Lines` in memory."""

    kept: Sequence[bytes]

    def lines(self) -> Iterator[bytes]:
        """All lines, from the first."""
        return iter(self.kept)


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry of the ledger with its inclusion proof for the bundle's checkpoint."""

    entry: Entry
    proof: tuple[bytes, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"entry": _base64(self.entry.data), "proof": [_base64(each) for each in self.proof]}


@dataclass(frozen=True, slots=True)
class Audit:
    """What only an auditor is given.

    ``decisions`` has a line for each row of the table, in its order: see `decision_line`. ``roster`` has for each entry
    that changed the roster a head (`roster_head`) and after it the lines of the roster that the entry wrote.
    ``rulebook`` is the canonical form of the merged rulebook, whose SHA-256 is the digest. ``bidders`` are there when
    they decided: in the table, or because the list was opened after the draw. ``evidence`` are the disclosures of the
    hidden field of each `draw.vacated` and `draw.seat-lost`, in the order of the ledger.
    """

    request: dict[str, Any]
    salt: bytes
    table_key: bytes
    rulebook: bytes
    decisions: Lines
    roster: Lines
    bidders: Bidders | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle of the draw that entry ``intent`` decides. With ``audit`` it is an auditor's, else a public one."""

    draw: str
    intent: int
    checkpoint: bytes
    entries: tuple[ProvenEntry, ...]
    openings: Openings
    table: Table
    audit: Audit | None = None

    @property
    def kind(self) -> str:
        """``public`` or ``audit``."""
        return "public" if self.audit is None else "audit"

    def public(self) -> "Bundle":
        """The same without what only an auditor is given."""
        return Bundle(self.draw, self.intent, self.checkpoint, self.entries, self.openings, self.table)


def decision_line(roster_leaf: bytes, document: bytes) -> bytes:
    """A line of ``decisions.jsonl``: what was decided of the line of the roster with this leaf."""
    return b'{"decision":' + document + b',"roster_leaf":"' + roster_leaf.hex().encode() + b'"}'


def roster_head(proven: ProvenEntry, lines: int, erased: Sequence[bytes] = ()) -> bytes:
    """A head in ``roster.jsonl``: an entry, how many lines of the roster follow, and the leaves of erased ones."""
    return canonical({"erased": [leaf.hex() for leaf in erased], "lines": lines, **proven.plain()})


def write_bundle(file: BinaryIO, bundle: Bundle) -> None:
    """Write a bundle to an empty file: equal bundles give equal bytes. Raises `MemberTooLong`."""
    head = {"draw": bundle.draw, "format": FORMAT, "intent": bundle.intent, "kind": bundle.kind}
    members: dict[str, Iterable[bytes]] = {
        "bundle.json": (canonical(head),),
        "checkpoint": (bundle.checkpoint,),
        "entries.json": (canonical([each.plain() for each in bundle.entries]),),
        "openings.json": (canonical(bundle.openings.plain()),),
        "table.bin": (bundle.table.data,),
    }
    audit = bundle.audit
    if audit is not None:
        known = {} if audit.bidders is None else {"bidders": audit.bidders.plain()}
        opened = known | {
            "evidence": list(audit.evidence),
            "request": audit.request,
            "salt": audit.salt.hex(),
            "table_key": audit.table_key.hex(),
        }
        members["audit.json"] = (canonical(opened),)
        members["rulebook.json"] = (audit.rulebook,)
        members["decisions.jsonl"] = (line + b"\n" for line in audit.decisions.lines())
        members["roster.jsonl"] = (line + b"\n" for line in audit.roster.lines())
    write_archive(file, members)


def read_bundle(file: BinaryIO) -> Bundle:
    """Read a bundle; the file stays open as long as the bundle is used. Nothing is verified but forms.

    Raises `ArchiveBroken`, `MemberTooLong` for what is no such file; `MembersWrong`, `MemberMalformed`.
    """
    members = read_archive(file, LIMITS)
    head = _head(_json(members, "bundle.json"))
    expected = PUBLIC if head["kind"] == "public" else tuple(LIMITS)
    for name in (*expected, *members):
        if (name in expected) != (name in members):
            raise MembersWrong(member=name)
    return Bundle(
        draw=head["draw"],
        intent=head["intent"],
        checkpoint=members["checkpoint"].read(),
        entries=_entries(_json(members, "entries.json")),
        openings=_openings(_json(members, "openings.json")),
        table=_table(members["table.bin"].read()),
        audit=None if head["kind"] == "public" else _audit(members),
    )


def read_proven(value: Any, member: str) -> ProvenEntry:
    """Read an entry with its proof; others may stand beside. Raises `MemberMalformed`."""
    try:
        proof = tuple(from_base64(each, "proof") for each in value["proof"])
        entry = parse_entry(from_base64(value["entry"], "entry"))
    except (KeyError, TypeError):
        raise _malformed(member) from None
    except (LedgerError, ProtocolError) as error:
        raise _malformed(member, error) from None
    if len(proof) > 63 or any(len(each) != HASH_SIZE for each in proof):
        raise _malformed(member)
    return ProvenEntry(entry, proof)


def _json(members: dict[str, Stored], name: str) -> Any:
    if name not in members:
        raise MembersWrong(member=name)
    try:
        return parse(members[name].read())
    except LedgerError as error:
        raise _malformed(name, error) from None


def _head(value: Any) -> dict[str, Any]:
    sound = (
        type(value) is dict
        and value.keys() == {"draw", "format", "intent", "kind"}
        and value["format"] == FORMAT
        and value["kind"] in ("public", "audit")
        and type(value["draw"]) is str
        and type(value["intent"]) is int
    )
    if not sound:
        raise _malformed("bundle.json")
    head: dict[str, Any] = value
    return head


def _entries(value: Any) -> tuple[ProvenEntry, ...]:
    if type(value) is not list or any(type(each) is not dict or each.keys() != {"entry", "proof"} for each in value):
        raise _malformed("entries.json")
    entries = tuple(read_proven(each, "entries.json") for each in value)
    indexes = [each.entry.index for each in entries]
    if indexes != sorted(set(indexes)):
        raise _malformed("entries.json")
    return entries


def _openings(value: Any) -> Openings:
    try:
        return read_openings(value)
    except Malformed as error:
        raise _malformed("openings.json", error) from None


def _table(data: bytes) -> Table:
    try:
        return Table(data)
    except Malformed as error:
        raise _malformed("table.bin", error) from None


def _audit(members: dict[str, Stored]) -> Audit:
    value = _json(members, "audit.json")
    if (
        type(value) is not dict
        or value.keys() - {"bidders"} != {"evidence", "request", "salt", "table_key"}
        or type(value["request"]) is not dict
        or type(value["evidence"]) is not list
        or not all(type(each) is str for each in value["evidence"])
    ):
        raise _malformed("audit.json")
    try:
        salt = from_hex(value["salt"], SALT_BYTES, "salt")
        table_key = from_hex(value["table_key"], KEY_BYTES, "table_key")
        bidders = read_bidders(value["bidders"]) if "bidders" in value else None
    except Malformed as error:
        raise _malformed("audit.json", error) from None
    return Audit(
        request=value["request"],
        salt=salt,
        table_key=table_key,
        rulebook=members["rulebook.json"].read(),
        decisions=members["decisions.jsonl"],
        roster=members["roster.jsonl"],
        bidders=bidders,
        evidence=tuple(value["evidence"]),
    )


def _malformed(member: str, error: LedgerError | ProtocolError | None = None) -> MemberMalformed:
    zh = "内容格式不对。" if error is None else error.text("zh")
    en = "its form is wrong." if error is None else error.text("en")
    return MemberMalformed(member=member, zh_why=zh, en_why=en)


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
