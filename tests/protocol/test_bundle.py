"""The bundle's members: written the same each time, read strictly, and the member that is wrong is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from itertools import count
from typing import Any

import pytest

from expertpool.protocol.archive import read_archive, write_archive
from expertpool.protocol.bundle import LIMITS, MemberMalformed, MembersWrong, read_bundle
from expertpool.protocol.encoding import from_base64, from_hex
from expertpool.protocol.errors import Malformed, ProtocolError
from ledger.canonical import canonical
from tests.protocol.simulation import Setup, Simulation, to_bytes

DRAW = Simulation(Setup(vacancies=("declined",), retained=1)).run()
PUBLIC, AUDIT = to_bytes(DRAW.bundle()), to_bytes(DRAW.bundle(audit=True))


def members(data: bytes) -> dict[str, bytes]:
    return {name: each.read() for name, each in read_archive(BytesIO(data), LIMITS).items()}


def packed(parts: dict[str, bytes]) -> BytesIO:
    file = BytesIO()
    write_archive(file, {name: (parts[name],) for name in LIMITS if name in parts})
    file.seek(0)
    return file


def refusal(parts: dict[str, bytes]) -> ProtocolError:
    with pytest.raises((MemberMalformed, MembersWrong)) as caught:
        read_bundle(packed(parts))
    return caught.value


@pytest.mark.parametrize("data", [PUBLIC, AUDIT], ids=["public", "audit"])
def test_a_bundle_is_read_and_written_again_as_it_was(data: bytes) -> None:
    assert to_bytes(read_bundle(BytesIO(data))) == data


def test_equal_draws_give_equal_bytes() -> None:
    again = Simulation(Setup(vacancies=("declined",), retained=1)).run()
    assert to_bytes(again.bundle(audit=True)) == AUDIT


def test_a_public_bundle_is_the_audit_bundle_without_its_facts() -> None:
    assert to_bytes(read_bundle(BytesIO(AUDIT)).public()) == PUBLIC


def test_a_public_bundle_has_nothing_of_a_person() -> None:
    everything = b"".join(members(PUBLIC).values())
    for member in DRAW.members.values():
        assert member.line.expert.encode() not in everything
        assert member.line.leaf not in everything
        assert member.line.leaf.hex().encode() not in everything
    assert "设计院".encode() not in everything


@pytest.mark.parametrize("name", LIMITS)
def test_a_member_that_is_missing_is_named(name: str) -> None:
    parts = members(AUDIT)
    del parts[name]
    assert refusal(parts).params["member"] == name


@pytest.mark.parametrize("name", list(LIMITS)[5:])
def test_a_public_bundle_has_no_member_of_an_auditor(name: str) -> None:
    parts = members(PUBLIC) | {name: members(AUDIT)[name]}
    assert refusal(parts).params["member"] == name


@pytest.mark.parametrize("name", ["bundle.json", "entries.json", "openings.json", "audit.json"])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: data + b" ",
        lambda data: b" " + data,
        lambda data: data[:-1],
        lambda _data: b"",
        lambda _data: b"null",
        lambda _data: b"[]x",
        lambda _data: b"{}",
        lambda _data: b"1",
        lambda _data: b"[[]]",
        lambda _data: b"[{}]",
        lambda _data: b"[" * 4_000,
        lambda _data: b"\xff\xfe",
        lambda data: json.dumps(json.loads(data), indent=1).encode(),
    ],
    ids=count(),
)
def test_json_that_is_not_as_specified_is_refused_by_name(name: str, change: Callable[[bytes], bytes]) -> None:
    parts = members(AUDIT)
    parts[name] = change(parts[name])
    found = refusal(parts)
    assert found.params["member"] == name
    assert name in found.text("zh")
    assert name in found.text("en")


def edited(name: str, edit: Callable[[Any], Any]) -> dict[str, bytes]:
    parts = members(AUDIT)
    value = json.loads(parts[name])
    edit(value)
    return parts | {name: canonical(value)}


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("bundle.json", lambda value: value.update(format="expertpool/bundle/v2")),
        ("bundle.json", lambda value: value.update(kind="secret")),
        ("bundle.json", lambda value: value.update(more=1)),
        ("bundle.json", lambda value: value.update(intent="1")),
        ("bundle.json", lambda value: value.update(intent=True)),
        ("entries.json", lambda value: value[0].update(more=1)),
        ("entries.json", lambda value: value[0].pop("proof")),
        ("entries.json", lambda value: value[0]["proof"].append("AA==")),
        ("entries.json", lambda value: value[0].update(proof=[value[0]["proof"][0]] * 64)),
        ("entries.json", lambda value: value[0].update(proof="AA==")),
        ("entries.json", lambda value: value[0].update(entry="AA==")),
        ("entries.json", lambda value: value[0].update(entry=None)),
        ("entries.json", lambda value: value.reverse()),
        ("entries.json", lambda value: value.insert(0, value[0])),
        ("openings.json", lambda value: value.update(more=[])),
        ("openings.json", lambda value: value.pop("lots")),
        ("openings.json", lambda value: value["answers"][0].update(vacancy=0)),
        ("openings.json", lambda value: value["answers"][0].update(code="")),
        ("openings.json", lambda value: value["answers"][0].update(salt="00")),
        ("openings.json", lambda value: value["contributions"][0].update(pi="zz" * 80)),
        ("openings.json", lambda value: value["contributions"][0].update(pi=value["contributions"][0]["pi"].upper())),
        ("openings.json", lambda value: value["groups"][0]["tokens"].append([300, "00" * 16])),
        ("openings.json", lambda value: value["groups"][0]["tokens"].append([1, "00" * 15])),
        ("openings.json", lambda value: value["groups"][0].update(tokens=[[1, "11" * 16], [1, "00" * 16]])),
        ("openings.json", lambda value: value["groups"][0].update(tokens=[[1, "11" * 16]] * 2)),
        ("openings.json", lambda value: value["groups"][0].update(tokens=[1])),
        ("openings.json", lambda value: value["retained"][0].update(member="00")),
        ("openings.json", lambda value: value.update(beacon={"previous": None, "signature": "AB"})),
        ("openings.json", lambda value: value.update(beacon={"previous": None, "signature": "a b c d "})),
        ("openings.json", lambda value: value["lots"].update(lots=[1])),
        ("openings.json", lambda value: value["lots"].update(key="00" * 31)),
        ("audit.json", lambda value: value.update(salt="00")),
        ("audit.json", lambda value: value.update(table_key="0 " * 32)),
        ("audit.json", lambda value: value.update(request=[])),
        ("audit.json", lambda value: value.update(more=1)),
    ],
    ids=count(),
)
def test_forms_are_checked(name: str, edit: Callable[[Any], Any]) -> None:
    assert refusal(edited(name, edit)).params["member"] == name


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data[68:136] + data[:68] + data[136:],
        lambda data: data[:68] + data,
    ],
    ids=["cut", "swapped", "doubled"],
)
def test_the_table_has_whole_rows_that_rise(change: Callable[[bytes], bytes]) -> None:
    parts = members(AUDIT)
    assert refusal(parts | {"table.bin": change(parts["table.bin"])}).params["member"] == "table.bin"


def test_a_bundle_is_read_without_holding_what_is_read_by_line() -> None:
    """The auditor's lines stay in the file."""
    bundle = read_bundle(BytesIO(AUDIT))
    assert bundle.audit is not None
    assert len(list(bundle.audit.decisions.lines())) == len(bundle.table)
    assert list(bundle.audit.decisions.lines()) == list(bundle.audit.decisions.lines())
    assert replace(bundle, audit=None).kind == "public"


@pytest.mark.parametrize("text", ["0", "00 ", "0 0 ", "zz11", "AAAA", "000000", None, 1])
def test_hex_has_one_spelling(text: Any) -> None:
    assert from_hex("00ff", 2, "x") == b"\x00\xff"
    with pytest.raises(Malformed):
        from_hex(text, 2, "x")


@pytest.mark.parametrize("text", ["AB==", "AA", "AA=\n", "ÄÄ==", "!!!!", None])
def test_base64_has_one_spelling(text: Any) -> None:
    assert from_base64("AA==", "x") == b"\x00"
    with pytest.raises(Malformed):
        from_base64(text, "x")
