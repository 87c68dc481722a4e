"""One byte changed anywhere in a bundle: never proven, never a crash.

In the file a checksum tells at once, so here the byte is changed in a member and the archive made anew: as somebody
would who wants to deceive. Every byte of head, checkpoint and openings is changed at least once; of what an auditor
gets every fourth here and every one in the long run (`make faults`); of the longer members some throughout.
"""

from collections import Counter
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expertpool.protocol.archive import ArchiveBroken, MemberTooLong, read_archive, write_archive
from expertpool.protocol.beacon import Round
from expertpool.protocol.bundle import LIMITS
from expertpool.protocol.replay import replay
from expertpool.protocol.request import SeatLine
from tests.protocol.simulation import HOLDERS, Setup, Simulation, to_bytes
from tests.protocol.test_replay import ROUNDS

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again

BEACON: Round = ROUNDS["default-3311596"]
LINE = (SeatLine(("A010101",), 2, 0),)
SMALL = Simulation(
    Setup(experts=14, lines=LINE, vacancies=("declined", "no-answer"), silent=HOLDERS[1:2], beacon=BEACON)
).run()
RETAINED = Simulation(Setup(experts=20, employers=20, lines=LINE, retained=1)).run()


def members(draw: Simulation) -> dict[str, bytes]:
    data = BytesIO(to_bytes(draw.bundle(audit=True)))
    return {name: each.read() for name, each in read_archive(data, LIMITS).items()}


PARTS = {"small": members(SMALL), "retained": members(RETAINED)}
DRAWS = {"small": SMALL, "retained": RETAINED}


def verdict(which: str, name: str, data: bytes) -> str:
    file = BytesIO()
    write_archive(file, {each: (part,) for each, part in (PARTS[which] | {name: data}).items()})
    return replay(file, DRAWS[which].trust).verdict


def changed(data: bytes, place: int, flip: int) -> bytes:
    return data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]


@pytest.mark.parametrize("which", DRAWS)
def test_unchanged_it_is_proven(which: str) -> None:
    assert verdict(which, "checkpoint", PARTS[which]["checkpoint"]) == "proven"
    assert all(PARTS[which].values())


@pytest.mark.parametrize("name", ["bundle.json", "checkpoint"])
@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80])
def test_every_byte_of_head_and_checkpoint(name: str, flip: int) -> None:
    """The longer members stand in for others by turns; these two are short."""
    data = PARTS["small"][name]
    verdicts = Counter(verdict("small", name, changed(data, place, flip)) for place in range(len(data)))
    assert verdicts["proven"] == 0
    assert verdicts.total() == len(data)


QUARTERS = [
    pytest.param(name, start, marks=[pytest.mark.faults] if name == "audit.json" and start else [])
    for name in ("openings.json", "table.bin", "audit.json")
    for start in range(4)
]
"""In four parts, each of which takes every fourth byte; of the longest member three belong to the long run."""


@pytest.mark.parametrize(("name", "start"), QUARTERS)
def test_every_byte_of_what_is_opened(name: str, start: int) -> None:
    data = PARTS["small"][name]
    flips = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF]
    for place in range(start, len(data), 4):
        assert verdict("small", name, changed(data, place, flips[place % 9])) != "proven", place


@pytest.mark.parametrize(
    ("which", "name", "step"),
    [
        ("retained", "openings.json", 17),
        ("small", "entries.json", 31),
        ("small", "decisions.jsonl", 67),
        ("small", "roster.jsonl", 67),
        ("small", "rulebook.json", 401),
    ],
)
def test_bytes_throughout_the_long_members(which: str, name: str, step: int) -> None:
    """Of every line, entry and proof some."""
    data = PARTS[which][name]
    for place in range(step // 2, len(data), step):
        assert verdict(which, name, changed(data, place, 1 << (place % 8))) != "proven", place


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_byte_of_any_member(data: st.DataObject) -> None:
    which = data.draw(st.sampled_from(sorted(DRAWS)))
    name = data.draw(st.sampled_from(sorted(PARTS[which])))
    member = PARTS[which][name]
    place, flip = data.draw(st.integers(0, len(member) - 1)), data.draw(st.integers(1, 255))
    assert verdict(which, name, changed(member, place, flip)) != "proven"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_part_cut_out_or_put_in(data: st.DataObject) -> None:
    which = data.draw(st.sampled_from(sorted(DRAWS)))
    name = data.draw(st.sampled_from(sorted(PARTS[which])))
    member = PARTS[which][name]
    start = data.draw(st.integers(0, len(member)))
    end = data.draw(st.integers(start, min(len(member), start + 100)))
    other = member[:start] + data.draw(st.binary(max_size=4)) + member[end:]
    assert (verdict(which, name, other) == "proven") == (other == member)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_byte_of_the_file(data: st.DataObject) -> None:
    file = to_bytes(SMALL.bundle(audit=True))
    place, flip = data.draw(st.integers(0, len(file) - 1)), data.draw(st.integers(1, 255))
    altered = BytesIO(changed(file, place, flip))
    try:
        proven = replay(altered, SMALL.trust).verdict == "proven"
    except (ArchiveBroken, MemberTooLong):
        proven = False
    assert not proven
