"""One line of a province's delta file: a person as they are on its roster now, or that they are gone. Pure.

A line that is written for a person replaces whatever was known of them, so applying it again changes nothing. The same
checks as of an import; a line that fails refuses the whole file, since the head commits to all of it.

Public: `Put`, `Gone`, `read_lines`, `put_line`, `gone_line`, `content_of`.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final, NamedTuple

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import validation
from expertpool.experts.admission import with_codes
from expertpool.experts.errors import ExpertInvalid, FactInvalid, SpanInvalid
from expertpool.experts.lifecycle import Status
from expertpool.experts.mirror_errors import LinesWrong, LineWrong, MemberOurs, MemberWrong
from expertpool.experts.protection import Identity
from expertpool.protocol.facts import NOT_RECORDED, Record, write
from ledger.canonical import canonical, parse, parse_all
from ledger.errors import LedgerError
from ledger.merkle import leaf_hash
from ledger.note import decode_base64
from policies import reading
from policies.facts import Unit
from policies.problems import BadInput

GONE: Final = {"left": Status.LEFT, "removed": Status.REMOVED}
SALT_BYTES: Final = 16
MOST_PROBLEMS: Final = 50
FIRST_LINE: Final = 2
"""The number of the first line after the head, as an editor shows it."""

_AT_ONCE: Final = 500
_RECORD: Final = ("absences", "expert", "renewed_until")
_PERSON: Final = ("account", "id_number", "name", "phone")
_OURS: Final = ("status", "recorded", "pool", *sorted(NOT_RECORDED))
_INDEX: Final = re.compile(r"\[([0-9]+)\]")

Resolve = Callable[[str], Unit | None]


class Put(NamedTuple):
    """A person on the roster. ``leaf`` is what the roster's root is made of, ``line`` the number in the file."""

    line: int
    leaf: bytes
    identity: Identity
    record: Record

    @property
    def code(self) -> str:
        return self.identity.code or ""


class Gone(NamedTuple):
    """A person who is on the roster no longer."""

    line: int
    code: str
    end: Status


def read_lines(lines: Sequence[bytes], today: date, resolve: Resolve) -> list[Put | Gone]:
    """Read and check the lines of a file. Raises `LinesWrong` with the first problems, each by line and member.

    ``resolve`` finds an employer by name where the line gives no credit code.
    """
    found: list[Put | Gone] = []
    problems: list[LineWrong] = []
    for number, data, value in _parsed(lines):
        try:
            found.append(_line(number, data, value, today, resolve))
        except ExpertInvalid as wrong:
            problems += (line_wrong(number, problem) for problem in wrong.problems)
        except MemberWrong as wrong:
            problems.append(line_wrong(number, wrong))
    refuse(problems)
    return found


def refuse(problems: Sequence[LineWrong]) -> None:
    """Raise `LinesWrong` if there are any."""
    if problems:
        shown = tuple(sorted(problems, key=lambda problem: problem.line)[:MOST_PROBLEMS])
        raise LinesWrong(shown, len(problems))


def line_wrong(number: int, problem: ExpertpoolError) -> LineWrong:
    """A problem with the place where it is."""
    member = _INDEX.sub(r".\1", problem.field or "-")
    where = f"lines.{number}.{member}"
    return LineWrong(number, member, problem.message("zh"), problem.message("en"), field=where)


def put_line(identity: Identity, record: Record, salt: bytes) -> bytes:
    """The line of a person on the roster; ``identity.code`` is their number."""
    person = {name: getattr(identity, name) for name in _PERSON if getattr(identity, name) is not None}
    known = json.loads(write(record))
    return canonical({**known, "code": identity.code, "person": person, "salt": base64.b64encode(salt).decode()})


def gone_line(code: str, how: str, salt: bytes) -> bytes:
    """The line of a person who is gone (``left`` or ``removed``)."""
    return canonical({"code": code, "gone": how, "salt": base64.b64encode(salt).decode()})


def content_of(line: bytes) -> tuple[str, bytes, bool]:
    """A sound line's number, its content without the salt, and whether it puts somebody on the roster."""
    value = parse(line)
    del value["salt"]
    return value["code"], canonical(value), "gone" not in value


def _parsed(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes, Any]]:
    """Every line with its number and value; None for one that is not canonical JSON."""
    for start in range(0, len(lines), _AT_ONCE):
        some = lines[start : start + _AT_ONCE]
        try:
            values = parse_all(some)
        except LedgerError:
            values = [_value(data) for data in some]
        yield from zip(range(FIRST_LINE + start, FIRST_LINE + start + len(some)), some, values, strict=True)


def _value(data: bytes) -> Any:
    try:
        return parse(data)
    except LedgerError:
        return None


def _line(number: int, data: bytes, value: Any, today: date, resolve: Resolve) -> Put | Gone:
    if type(value) is not dict:
        raise MemberWrong(field="JSON")
    salt = decode_base64(value["salt"]) if type(value.get("salt")) is str else None
    if salt is None or len(salt) != SALT_BYTES:
        raise MemberWrong(field="salt")
    if type(value.get("code")) is not str:
        raise MemberWrong(field="code")
    if "gone" in value:
        _only(value, ("code", "gone", "salt"), ())
        if value["gone"] not in GONE:
            raise MemberWrong(field="gone")
        return Gone(number, value["code"], GONE[value["gone"]])
    _only(value, ("code", "expert", "person", "salt"), ("absences", "renewed_until"))
    person = value["person"]
    if type(person) is not dict or not all(type(each) is str for each in person.values()):
        raise MemberWrong(field="person")
    _only(person, ("name",), _PERSON, "person.")
    with _inside("person", but="code"):
        identity = validation.check_identity(Identity(**person, code=value["code"]), today).identity
    record = _record({name: value[name] for name in _RECORD if name in value})
    with _inside("expert"):
        known = validation.check_facts(with_codes(record.expert, resolve), identity)
    return Put(number, leaf_hash(data), identity, record._replace(expert=known))


@contextmanager
def _inside(member: str, but: str = "") -> Iterator[None]:
    """Say of problems in which member of the line they are."""
    try:
        yield
    except ExpertInvalid as wrong:
        for problem in wrong.problems:
            problem.field = problem.field if problem.field == but else f"{member}.{problem.field}"
        raise


def _only(value: dict[str, Any], needed: Sequence[str], allowed: Sequence[str], where: str = "") -> None:
    wrong = ({*needed} - value.keys()) | (value.keys() - {*needed, *allowed})
    if wrong:
        raise MemberWrong(field=where + min(wrong))


def _record(given: dict[str, Any]) -> Record:
    try:
        record = reading.read(Record, given)
    except BadInput as error:
        problems = (FactInvalid(each.zh, each.en, field=each.field) for each in error.problems)
        raise ExpertInvalid(tuple(problems)) from None
    wrong: list[ExpertpoolError] = [
        MemberOurs(field=f"expert.{name}") for name in _OURS if getattr(record.expert, name) is not None
    ]
    for index, claim in enumerate(record.expert.claims or ()):
        if claim.recorded is not None:
            wrong.append(MemberOurs(field=f"expert.claims.{index}.recorded"))
    if record.expert.suspensions is None:
        wrong.append(MemberWrong(field="expert.suspensions"))
    wrong += (
        SpanInvalid(absence.start.isoformat(), field=f"absences.{index}.until")
        for index, absence in enumerate(record.absences or ())
        if absence.until < absence.start
    )
    if wrong:
        raise ExpertInvalid(tuple(wrong))
    return record
