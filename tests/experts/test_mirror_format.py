"""Delta files as bytes, and docs/spec/mirror.md, which says the same as the code."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.experts import mirror_errors as errors
from expertpool.experts import mirror_format
from expertpool.experts.mirror_format import (
    TAG,
    DeltaFile,
    Head,
    HeadKind,
    lines_commitment,
    parse_head,
    read_file,
    read_path,
    roster_commitment,
    write_file,
)
from expertpool.experts.mirror_lines import Put, content_of, put_line, read_lines
from expertpool.experts.mirror_making import make_next, roster_of
from expertpool.protocol.facts import NOT_RECORDED
from ledger.canonical import canonical, parse
from ledger.merkle import leaf_hash
from ledger.note import verified_by
from policies.facts import Expert
from tests.core.test_errors import catalogue
from tests.experts.pool import TODAY
from tests.experts.province import Province, member, signed, signer

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "mirror.md").read_text("utf-8")
SALT = bytes(16)


@pytest.fixture
def delta() -> DeltaFile:
    province = Province()
    province.put(member(1), member(2))
    return province.next()


def changed(delta: DeltaFile, **members: Any) -> str:
    """The head's text with some members changed; ... leaves one out."""
    value = {**parse(delta.head.text.split("\n")[1].encode()), **members}
    return f"{TAG}\n{canonical({name: each for name, each in value.items() if each is not ...}).decode()}\n"


def test_what_is_written_is_read(delta: DeltaFile) -> None:
    assert read_file(write_file(delta.head, delta.lines, signer(1))) == delta
    assert parse_head(delta.head.text) == delta.head
    assert delta.head.hash == leaf_hash(delta.note.text.encode())
    [(key, _)] = verified_by(delta.note, [signer(1).key])
    assert key.name == delta.head.pool


HASH = "0" * 64


@pytest.mark.parametrize(
    ("member_name", "value"),
    [
        ("pool", ...),
        ("pool", "Hn"),
        ("pool", "hn--x"),
        ("pool", "x" * 41),
        ("pool", 1),
        ("sequence", 0),
        ("sequence", "1"),
        ("sequence", True),
        ("day", "2026-02-29"),
        ("day", "20261121"),
        ("day", None),
        ("kind", "whole"),
        ("kind", None),
        ("previous", "0"),
        ("previous", HASH.upper().replace("0", "A")),
        ("lines", {"count": -1, "root": HASH}),
        ("lines", {"count": 0, "root": HASH, "x": 1}),
        ("roster", {"count": 0}),
        ("roster", None),
        ("extra", 1),
    ],
)
def test_a_malformed_head_is_told_by_member(delta: DeltaFile, member_name: str, value: Any) -> None:
    with pytest.raises(errors.HeadInvalid) as refused:
        parse_head(changed(delta, **{member_name: value}))
    assert refused.value.member == member_name


def test_an_increment_has_a_head_before_it(delta: DeltaFile) -> None:
    with pytest.raises(errors.HeadInvalid):
        parse_head(changed(delta, kind="incremental"))
    assert parse_head(changed(delta, kind="incremental", previous=HASH)).previous == bytes(32)
    assert parse_head(changed(delta, previous=HASH)).kind is HeadKind.FULL


@pytest.mark.parametrize("text", ["", "TAG\n", "TAG\n{}", "TAG\n[]\n", "TAG\n{ }\n", "x\n{}\n", "TAG\n{}\n\n"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(errors.HeadInvalid):
        parse_head(text.replace("TAG", TAG))


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "an empty line": lambda _: b"\n",
    "no last newline": lambda data: data[:-1],
    "another member": lambda data: data.replace(b'"head"', b'"haed"', 1),
    "a list": lambda _: b"[]\n",
    "a number": lambda _: b'{"head":1}\n',
    "no note": lambda _: b'{"head":"x"}\n',
    "no UTF-8": lambda _: b'{"head":"\xff"}\n',
    "white space": lambda data: data.replace(b'{"head"', b'{ "head"', 1),
    "other newlines": lambda data: data.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("spoilt", FORMS)
def test_what_is_no_delta_file_is_refused(delta: DeltaFile, spoilt: str) -> None:
    with pytest.raises(errors.NotADelta):
        read_file(FORMS[spoilt](write_file(delta.head, delta.lines, signer(1))))


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    with pytest.raises((errors.NotADelta, errors.HeadInvalid)):
        read_file(data + b"\n")


def test_a_file_has_bounds(delta: DeltaFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_file(delta.head, delta.lines, signer(1))
    path = tmp_path / "000001.jsonl"
    path.write_bytes(data)
    longest = max(map(len, delta.lines))
    for name, bound in (("MOST_BYTES", len(data)), ("MOST_LINES", 2), ("MOST_LINE_BYTES", longest)):
        with monkeypatch.context() as patch:
            patch.setattr(mirror_format, name, bound)
            assert read_path(path) == delta
            patch.setattr(mirror_format, name, bound - 1)
            with pytest.raises(errors.DeltaTooLarge):
                read_path(path)
            with pytest.raises(errors.DeltaTooLarge):
                read_file(data)


def test_a_roster_has_no_order(delta: DeltaFile) -> None:
    leaves = [leaf_hash(line) for line in delta.lines]
    assert roster_commitment(leaves) == roster_commitment(leaves[::-1]) == delta.head.roster
    assert lines_commitment(leaves) != lines_commitment(leaves[::-1])


# -- the sender


def test_the_sender_refuses_files_that_do_not_follow_each_other() -> None:
    province = Province()
    province.put(member(1))
    first = province.next()
    province.put(member(2))
    second = province.next()
    third = province.next()
    assert set(roster_of([first, second, third])) == {"HN-1", "HN-2"}
    for wrong in ([first, third], [second], [first, signed(second, lines=[])], [first._replace(lines=())]):
        with pytest.raises(errors.FilesBroken):
            roster_of(wrong)


def test_the_sender_refuses_what_a_receiver_would() -> None:
    for wrong in ([member(1), member(1)], [member(1, identity={"code": None})], [member(1, identity={"phone": "1"})]):
        with pytest.raises(errors.LinesWrong):
            make_next([], wrong, signer=signer(1), day=TODAY)


# -- the page


def test_the_example_is_right() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert str(signer(1).key) in PAGE
    found = read_file(example.encode())
    mirror_format.check_lines(found)
    assert verified_by(found.note, [signer(1).key])
    [put] = read_lines(found.lines, date(2026, 11, 21), lambda _: None)
    assert isinstance(put, Put)
    assert found.head.roster == roster_commitment([put.leaf])
    assert found.head.hash.hex() in PAGE
    assert found.lines[0] == put_line(put.identity, given_record(put), SALT)


def given_record(put: Put) -> Any:
    """What the line said: without the day of birth that an identity number tells."""
    return put.record._replace(expert=put.record.expert._replace(birth_date=None))


def test_its_figures_are_those_of_the_code() -> None:
    assert f"{mirror_format.MOST_LINES:,} lines" in PAGE
    assert f"{mirror_format.MOST_LINE_BYTES:,} bytes" in PAGE
    assert f"{mirror_format.MOST_BYTES // 2**20} MiB" in PAGE
    assert f"\n{TAG}\n" in PAGE


def test_its_members_are_those_of_the_code(delta: DeltaFile) -> None:
    head = PAGE.split("## 3. Head")[1].split("## 4.")[0]
    assert set(re.findall(r"^\| `(\w+)` ", head, re.MULTILINE)) == set(Head.__slots__)
    lines = PAGE.split("## 4. Lines")[1].split("## 5.")[0]
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.+?) \|", lines, re.MULTILINE))))
    assert told == {"code", "expert", "person", "salt", "absences", "renewed_until", "gone"}
    assert content_of(delta.lines[0])[2]
    assert {"status", "recorded", "pool", *NOT_RECORDED} < {*Expert._fields}


def test_every_refusal_of_a_file_is_on_the_page() -> None:
    named = set(re.findall(r"`(mirror\.[a-z-]+)`", PAGE))
    codes = {kind.code for kind in catalogue() if kind.code.startswith("mirror.")}
    events = {"mirror.head-accepted", "mirror.part-applied", "mirror.head-applied", "mirror.restarted"}
    of_lines = {"line-wrong", "member-wrong", "member-ours", "twice-in-file", "gone-unknown", "number-held"}
    of_acts = {"moved", "nothing-mirrored", "files-broken"}
    assert named - events == codes - {f"mirror.{name}" for name in of_lines | of_acts}
