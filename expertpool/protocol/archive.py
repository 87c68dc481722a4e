"""A ZIP archive in the one form that a bundle has: docs/spec/bundle.md, section 1.

Members are stored, not deflated, and every other byte follows from their names and contents. So equal members give
equal bytes on every machine, there is nothing to inflate, no second reading of a header, and no byte that may be
changed unseen. Any program that reads ZIP files reads these.
"""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from expertpool.protocol.errors import ProtocolError

MOST_BYTES: Final = 0xFFFF_FFFF
"""Of a whole archive: larger ones would need the ZIP64 form."""
MOST_LINE_BYTES: Final = 1 << 22
"""Of one line of a member that is read line by line."""

_CHUNK: Final = 1 << 20
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_VERSION, _UTF8, _STORED, _NO_TIME, _NO_DAY = 20, 0x0800, 0, 0, 0x21  # 1980-01-01 00:00, ZIP's first moment


class ArchiveBroken(ProtocolError):
    """Cut off, damaged in transport, or no archive in this form; ``member`` is where it shows."""

    code = "protocol.archive-broken"
    zh = "“{member}”处的文件结构不符合证明包规范：文件损坏、未传完，或被其他程序重新打包。请重新获取原文件。"
    en = "At “{member}” this is not in a bundle's form: damaged, cut off or packed anew. Get the original again."


class MemberTooLong(ProtocolError):
    """More than any bundle holds."""

    code = "protocol.member-too-long"
    zh = "“{member}”长 {length} 字节，超过上限 {most} 字节，不予读取。"
    en = "“{member}” is {length} bytes long, more than the {most} that are read."


class Stored:
    """The bytes of one member, in a file or in memory: whole, or line by line as often as it takes."""

    def __init__(self, name: str, file: BinaryIO, start: int, length: int) -> None:
        self.name, self._file, self._start, self._length = name, file, start, length

    def __len__(self) -> int:
        return self._length

    def read(self) -> bytes:
        """All bytes."""
        self._file.seek(self._start)
        return self._file.read(self._length)

    def lines(self) -> Iterator[bytes]:
        """The lines, each without its newline. Raises `ArchiveBroken` unless every one ends, within bounds."""
        at, rest = self._start, b""
        while at < self._start + self._length:
            self._file.seek(at)  # others may read the file in between
            chunk = self._file.read(min(_CHUNK, self._start + self._length - at))
            at += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            if len(rest) > MOST_LINE_BYTES or not chunk:
                raise ArchiveBroken(member=self.name)
        if rest:
            raise ArchiveBroken(member=self.name)


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    crc: int
    length: int
    start: int
    """Where its local header stands."""

    @property
    def local(self) -> bytes:
        fields = (_VERSION, _UTF8, _STORED, _NO_TIME, _NO_DAY, self.crc, self.length, self.length, len(self.name), 0)
        return _LOCAL.pack(b"PK\x03\x04", *fields) + self.name.encode("ascii")

    @property
    def central(self) -> bytes:
        common = (_UTF8, _STORED, _NO_TIME, _NO_DAY, self.crc, self.length, self.length, len(self.name))
        return _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, *common, 0, 0, 0, 0, 0, self.start) + self.name.encode()

    @property
    def end(self) -> int:
        return self.start + len(self.local) + self.length


def write_archive(file: BinaryIO, members: Mapping[str, Iterable[bytes]]) -> None:
    """Write the members, each given in pieces, in the order of the mapping, to an empty file.

    Raises `MemberTooLong` for more than 4 GiB in all.
    """
    written: list[_Member] = []
    for name, pieces in members.items():
        start = file.tell()
        file.write(_Member(name, 0, 0, start).local)
        crc = length = 0
        for piece in pieces:
            crc, length = zlib.crc32(piece, crc), length + len(piece)
            file.write(piece)
        member = _Member(name, crc, length, start) if start + length < MOST_BYTES else None
        if member is None:
            raise MemberTooLong(member=name, length=start + length, most=MOST_BYTES)
        file.seek(start)
        file.write(member.local)
        file.seek(member.end)
        written.append(member)
    file.write(_directory(written))


def read_archive(file: BinaryIO, limits: Mapping[str, int]) -> dict[str, Stored]:
    """The members by name, after every byte of the file was seen to be as `write_archive` writes it.

    ``limits``: the names that may stand there, each at most once and in this order, and how many bytes each may have.
    Raises `ArchiveBroken`, `MemberTooLong`.
    """
    size = file.seek(0, io.SEEK_END)
    found: list[_Member] = []
    at = 0
    for name, most in limits.items():
        file.seek(at)
        head = file.read(_LOCAL.size + len(name))
        if len(head) < _LOCAL.size + len(name) or not head.endswith(name.encode()) or head[26] != len(name):
            continue  # not there; if something else stands here, the directory will not be found
        crc, length = struct.unpack_from("<L4xL", head, 14)
        if length > most:
            raise MemberTooLong(member=name, length=length, most=most)
        member = _Member(name, crc, length, at)
        if head != member.local or member.end > size or _crc(file, length) != crc:
            raise ArchiveBroken(member=name)
        found.append(member)
        at = member.end
    expected = _directory(found)
    file.seek(at)
    if file.read(len(expected) + 1) != expected:
        raise ArchiveBroken(member=found[-1].name if found else next(iter(limits)))
    return {each.name: Stored(each.name, file, each.end - each.length, each.length) for each in found}


def _directory(members: list[_Member]) -> bytes:
    start = members[-1].end if members else 0
    listed = b"".join(member.central for member in members)
    return listed + _END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(listed), start, 0)


def _crc(file: BinaryIO, length: int) -> int:
    crc = 0
    while length:
        chunk = file.read(min(_CHUNK, length))
        if not chunk:
            break
        crc, length = zlib.crc32(chunk, crc), length - len(chunk)
    return crc
