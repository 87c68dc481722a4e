"""The bundle's container: any program reads it, and no byte of it may differ."""

import zipfile
from io import BytesIO
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.protocol.archive import MOST_LINE_BYTES, ArchiveBroken, MemberTooLong, read_archive, write_archive

LIMITS = {"first": 100, "second.json": 1 << 24, "third": 100}


def archive(**members: bytes) -> bytes:
    file = BytesIO()
    write_archive(file, {name: (data,) for name, data in members.items()})
    return file.getvalue()


SMALL = archive(first=b"one", third=b"three\n")


@given(st.dictionaries(st.sampled_from(list(LIMITS)), st.binary(max_size=100)))
def test_members_come_back_and_every_program_reads_them(members: dict[str, bytes]) -> None:
    ordered = {name: members[name] for name in LIMITS if name in members}
    data = archive(**ordered)
    assert {name: each.read() for name, each in read_archive(BytesIO(data), LIMITS).items()} == ordered
    with zipfile.ZipFile(BytesIO(data)) as other:
        assert {name: other.read(name) for name in other.namelist()} == ordered
        assert other.testzip() is None


def test_equal_members_give_equal_bytes_however_they_are_cut() -> None:
    file = BytesIO()
    write_archive(file, {"first": (b"o", b"", b"ne"), "third": (b"three\n",)})
    assert file.getvalue() == SMALL


@pytest.mark.parametrize("place", range(len(SMALL)))
@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_every_byte_counts(place: int, flip: int) -> None:
    changed = bytearray(SMALL)
    changed[place] ^= flip
    with pytest.raises((ArchiveBroken, MemberTooLong)):
        read_archive(BytesIO(changed), LIMITS)


@pytest.mark.parametrize("length", range(len(SMALL)))
def test_what_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(ArchiveBroken):
        read_archive(BytesIO(SMALL[:length]), LIMITS)


def other_zip(
    compression: int = zipfile.ZIP_STORED, comment: bytes = b"", names: tuple[str, ...] = ("first",)
) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        made.comment = comment
        for name in names:
            made.writestr(zipfile.ZipInfo(name), b"one")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        SMALL + b"\x00",
        b"\x00" + SMALL,
        SMALL + SMALL,
        archive(third=b"", first=b""),  # out of order
        archive(foreign=b""),
        archive(first=b"", foreign=b""),
        other_zip(),
        other_zip(zipfile.ZIP_DEFLATED),
        other_zip(comment=b"more"),
        other_zip(names=("first", "../../etc/passwd")),
    ],
    ids=count(),
)
def test_other_archives_are_refused(data: bytes) -> None:
    with pytest.raises(ArchiveBroken):
        read_archive(BytesIO(data), LIMITS)


def test_no_member_is_longer_than_its_limit() -> None:
    read_archive(BytesIO(archive(first=bytes(100))), LIMITS)
    with pytest.raises(MemberTooLong):
        read_archive(BytesIO(archive(first=bytes(101))), LIMITS)


def test_a_member_cannot_claim_more_than_there_is() -> None:
    """A length in the header that the file does not have allocates nothing."""
    claimed = bytearray(archive(**{"second.json": b"x"}))
    claimed[18:22] = claimed[22:26] = (1 << 23).to_bytes(4, "little")
    with pytest.raises(ArchiveBroken):
        read_archive(BytesIO(claimed), LIMITS)


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=5))
def test_lines_come_back_as_often_as_it_takes(lines: list[bytes]) -> None:
    data = archive(**{"second.json": b"".join(line + b"\n" for line in lines)})
    member = read_archive(BytesIO(data), LIMITS)["second.json"]
    assert list(member.lines()) == lines
    assert list(zip(member.lines(), member.lines(), strict=True)) == [(line, line) for line in lines]


def test_lines_longer_than_a_chunk_come_back() -> None:
    lines = [b"x" * (3 << 20), b"", b"y" * 10]
    data = archive(**{"second.json": b"\n".join([*lines, b""])})
    assert list(read_archive(BytesIO(data), LIMITS)["second.json"].lines()) == lines


@pytest.mark.parametrize("data", [b"no end", b"one\ntwo", b"x" * (MOST_LINE_BYTES + (2 << 20)) + b"\n"], ids=count())
def test_lines_without_an_end_in_reach_are_refused(data: bytes) -> None:
    member = read_archive(BytesIO(archive(**{"second.json": data})), LIMITS)["second.json"]
    with pytest.raises(ArchiveBroken):
        list(member.lines())
