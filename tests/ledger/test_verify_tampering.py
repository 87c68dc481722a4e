"""Entries changed, removed, inserted, moved behind their readers' backs: what gives it away, and at which entry."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import verify as verifying
from ledger.bundles import MAX_FINDINGS
from ledger.entry import NO_PREVIOUS
from ledger.merkle import leaf_hash
from ledger.report import as_json
from ledger.verify import Known, verify
from tests.ledger.attacks import HASH, LAST, SIZE, check, codes, honest, laid_over, rebuilt, replaced
from tests.ledger.logs import (
    POLICY,
    Files,
    bundles,
    edited,
    entries,
    files_of,
    signed,
    with_field,
    with_hash,
    write_directory,
)

PLACES = [0, 1, 254, 255, 256, 257, 511, 512, LAST - 1, LAST]  # around every seam between bundles
NOISE = bytes(range(256))


# One entry


@pytest.mark.parametrize("index", PLACES)
def test_an_entry_is_edited(index: int, tmp_path: Path) -> None:
    data, _ = honest()
    report = check(laid_over(replaced(data, index, edited(data[index]))), tmp_path)
    assert (report.first_bad, codes(report)[0]) == (index, "verify.leaf")
    assert "verify.root" in codes(report)


@pytest.mark.parametrize("index", PLACES[:-1])
def test_an_entry_and_its_tile_are_edited(index: int, tmp_path: Path) -> None:
    """The next entry's ``prev`` still names the entry that was there."""
    data, _ = honest()
    forged = edited(data[index])
    tile = f"tile/0/{index // 256:03d}" + (".p/88" if index >= 512 else "")
    files = with_hash(laid_over(replaced(data, index, forged)), tile, index % 256, leaf_hash(forged))
    report = check(files, tmp_path)
    assert (report.first_bad, codes(report)[0]) == (index, "entry.prev")
    assert ("verify.tile" in codes(report)) == (index < 512)  # tiles of level 1 stand over full bundles only


@pytest.mark.parametrize("index", PLACES[:-1])
def test_an_entry_and_every_tile_are_edited(index: int, tmp_path: Path) -> None:
    data, _ = honest()
    report = check(rebuilt(replaced(data, index, edited(data[index]))), tmp_path)
    assert (report.first_bad, codes(report)) == (index, ["entry.prev", "verify.root"])


def test_the_last_entry_and_every_tile_are_edited(tmp_path: Path) -> None:
    data, _ = honest()
    report = check(rebuilt(replaced(data, LAST, edited(data[LAST]))), tmp_path)
    assert (report.first_bad, codes(report)) == (None, ["verify.root"])


@pytest.mark.parametrize("index", PLACES)
def test_history_is_written_anew_from_an_entry_on(index: int, tmp_path: Path) -> None:
    """Chain and tiles agree again; only the signed root does not, nor any checkpoint that somebody kept."""
    kept = [Known(f"{size}", signed(honest()[0][:size])) for size in (index, index + 1)]
    report = check(rebuilt(entries(SIZE, changed_at=index)), tmp_path, known=kept)
    assert (report.first_bad, report.known) == (None, [f"{index}"])
    assert codes(report) == ["verify.root", "verify.known"]


@pytest.mark.parametrize("index", PLACES)
def test_another_prev(index: int, tmp_path: Path) -> None:
    data, _ = honest()
    forged = replaced(data, index, with_field(data[index], "prev", f'"{"ab" * 32}"'))
    report = check(laid_over(forged), tmp_path / "tile left")
    assert (report.first_bad, "verify.leaf" in codes(report)) == (index, True)
    report = check(rebuilt(forged), tmp_path / "tiles rebuilt")
    code = "entry.first" if index == 0 else "entry.prev"
    assert codes(report)[0] == code
    # Of the last link nobody can tell which of its two ends was changed: every entry before these is sound.
    assert report.first_bad == (LAST - 1 if index == LAST else index)


@pytest.mark.parametrize("index", PLACES)
@pytest.mark.parametrize("claimed", [-1, 1, 10**9])
def test_another_index(index: int, claimed: int, tmp_path: Path) -> None:
    data, _ = honest()
    forged = with_field(data[index], "index", str(abs(index + claimed)))
    report = check(rebuilt(replaced(data, index, forged)), tmp_path)
    assert (report.first_bad, "entry.index" in codes(report)) == (index, True)


@pytest.mark.parametrize("index", PLACES)
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"}", b"} ", "json.invalid"),
        (b'"body":{', b'"body": {', "json.not-canonical"),
        ("复".encode(), b"\\u590d", "json.not-canonical"),
        (b'"number":', b'"number":0.', "json.number"),
        ("复".encode(), b"\xff", "json.not-utf8"),
        (b'"actor"', b'"Actor"', "entry.fields"),
        (b'"2026-11-21T', b'"2026-02-29T', "entry.field"),
        (b'"kind":"draw.intent"', b'"kind":"draw"', "entry.field"),
    ],
)
def test_an_entry_that_is_none(index: int, old: bytes, new: bytes, code: str, tmp_path: Path) -> None:
    data, _ = honest()
    report = check(rebuilt(replaced(data, index, data[index].replace(old, new))), tmp_path)
    assert report.first_bad == index
    assert codes(report)[0] == code


# Their number and order


@pytest.mark.parametrize("index", PLACES)
def test_an_entry_is_removed(index: int, tmp_path: Path) -> None:
    data, _ = honest()
    fewer = data[:index] + data[index + 1 :]
    files = {**laid_over(fewer), "tile/entries/002.p/88": bundles(fewer)["tile/entries/002.p/87"]}
    report = check(files, tmp_path)
    assert report.first_bad == index
    assert ("bundle.malformed" if index == LAST else "entry.index") in codes(report)


@pytest.mark.parametrize("index", PLACES)
def test_an_entry_is_removed_and_the_tiles_are_rebuilt(index: int, tmp_path: Path) -> None:
    data, _ = honest()
    fewer = data[:index] + data[index + 1 :]
    report = check(rebuilt(fewer), tmp_path)
    assert (report.first_bad, report.checked) == (min(index, 512), 512)
    assert codes(report)[-1 if index < 512 else 0] == "verify.missing"  # there is no bundle of 88 any more


@pytest.mark.parametrize("index", PLACES)
def test_an_entry_is_inserted(index: int, tmp_path: Path) -> None:
    """The forged one takes the place of another: right index, right ``prev``. Everything after it moves on by one."""
    data, _ = honest()
    forged = edited(data[index])
    more = [*data[:index], forged, *data[index:-1]]
    report = check(laid_over(more), tmp_path / "tiles left")
    assert (report.first_bad, codes(report)[0]) == (index, "verify.leaf")
    report = check(rebuilt(more), tmp_path / "tiles rebuilt")
    if index < LAST:
        assert (report.first_bad, "entry.index" in codes(report)) == (index + 1, True)
    else:
        assert codes(report) == ["verify.root"]


@pytest.mark.parametrize("index", [0, 1, 254, 255, 256, 511, LAST - 1])
def test_two_entries_change_places(index: int, tmp_path: Path) -> None:
    data, _ = honest()
    moved = [*data[:index], data[index + 1], data[index], *data[index + 2 :]]
    for name, files in (("left", laid_over(moved)), ("rebuilt", rebuilt(moved))):
        report = check(files, tmp_path / name)
        assert (report.first_bad, "entry.index" in codes(report)) == (index, True)


def test_the_beginning_is_removed(tmp_path: Path) -> None:
    data, _ = honest()
    report = check(rebuilt(data[256:]), tmp_path)
    assert (report.first_bad, codes(report)[0]) == (0, "entry.index")
    assert "entry.first" in codes(report)


# All of it


def test_checking_stops_when_enough_is_wrong(tmp_path: Path) -> None:
    data, _ = honest()
    noise = [NOISE if index < 300 else entry for index, entry in enumerate(data)]
    report = check(rebuilt(noise), tmp_path)
    assert (report.first_bad, len(report.findings), report.checked) == (0, MAX_FINDINGS, 0)


def test_an_empty_log_that_is_signed_as_another(tmp_path: Path) -> None:
    checkpoint = signed([], root=HASH)
    assert codes(check({"checkpoint": checkpoint.to_bytes()}, tmp_path)) == ["verify.root"]


ATTACKS: dict[str, Callable[[], Files]] = {
    "edited": lambda: laid_over(replaced(honest()[0], 256, edited(honest()[0][256]))),
    "edited with tiles": lambda: rebuilt(replaced(honest()[0], 255, edited(honest()[0][255]))),
    "removed": lambda: rebuilt(honest()[0][:300] + honest()[0][301:]),
    "no bundle": lambda: {path: data for path, data in honest()[1].items() if path != "tile/entries/001"},
    "noise": lambda: rebuilt([NOISE] * SIZE),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_processes_give_the_same_report(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "RUN", 1)
    known = [Known("kept", signed(honest()[0][:257])), Known("ahead", signed(entries(SIZE + 1)))]
    write_directory(ATTACKS[attack](), tmp_path)
    one, two = (verify(str(tmp_path), policy=POLICY, known=known, jobs=jobs) for jobs in (1, 2))
    assert one.verdict == "broken"
    assert as_json(one) == as_json(two)


@pytest.mark.parametrize("index", [65_534, 65_535, 65_536])
def test_around_the_seam_of_two_tiles_of_level_1(index: int, tmp_path: Path) -> None:
    size = 65_538
    data, files = honest(size)
    forged = replaced(data, index, edited(data[index]))
    report = check({**files, **bundles(forged)}, tmp_path, jobs=2)
    assert (report.first_bad, codes(report)[0]) == (index, "verify.leaf")
    report = check({**files_of(forged), "checkpoint": files["checkpoint"]}, tmp_path, jobs=2)
    assert (report.first_bad, codes(report)) == (index, ["entry.prev", "verify.root"])


@pytest.mark.parametrize("path", ["tile/1/000", "tile/2/000.p/1", "tile/1/001.p/1"])
def test_an_upper_tile_is_wrong(path: str, tmp_path: Path) -> None:
    files = honest(65_792)[1]
    report = check(with_hash(files, path, 0, HASH), tmp_path, jobs=2)
    assert (report.first_bad, codes(report)) == (None, ["verify.tile"])


def test_the_first_entry_follows_nothing() -> None:
    assert with_field(honest()[0][0], "prev", f'"{NO_PREVIOUS}"') == honest()[0][0]
