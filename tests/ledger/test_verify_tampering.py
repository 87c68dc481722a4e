"""Every way to change a log behind its readers' backs, what gives it away, and at which entry.

The checkpoint stays the honest one, signed and cosigned, unless a test says otherwise.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from ledger import verify as verifying
from ledger.bundles import MAX_FINDINGS
from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.entry import NO_PREVIOUS
from ledger.merkle import leaf_hash
from ledger.note import generate_key, parse_signer_key
from ledger.report import as_json
from ledger.verify import Known, Report, verify
from tests.ledger.logs import (
    LOG,
    POLICY,
    WITNESSES,
    Files,
    bundles,
    edited,
    entries,
    files_of,
    signed,
    tree_of,
    with_field,
    with_hash,
    write_directory,
)

SIZE = 600
LAST = SIZE - 1
PLACES = [0, 1, 254, 255, 256, 257, 511, 512, LAST - 1, LAST]  # around every seam between bundles
HASH = bytes(range(32))
NOISE = bytes(range(256))


@cache
def honest(size: int = SIZE) -> tuple[list[bytes], Files]:
    data = entries(size)
    return data, files_of(data)


def check(files: Files, directory: Path, **options: object) -> Report:
    report = verify(str(write_directory(files, directory)), policy=POLICY, **options)  # type: ignore[arg-type]
    assert report.verdict == "broken"
    return report


def codes(report: Report) -> list[str]:
    return [found.code for found in report.findings]


def replaced(data: list[bytes], index: int, entry: bytes) -> list[bytes]:
    return [*data[:index], entry, *data[index + 1 :]]


def rebuilt(data: list[bytes]) -> Files:
    """Bundles and all tiles of other entries, under the honest checkpoint."""
    return {**files_of(data), "checkpoint": honest()[1]["checkpoint"]}


def laid_over(data: list[bytes]) -> Files:
    """Other entries, cut into bundles anew, over the honest tiles."""
    return {**honest()[1], **bundles(data)}


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


# Files


@pytest.mark.parametrize("kept", [0, 1, 2, 100, 5_000, -1])
@pytest.mark.parametrize(("name", "first"), [("000", 0), ("001", 256), ("002.p/88", 512)])
def test_a_bundle_is_cut_off(kept: int, name: str, first: int, tmp_path: Path) -> None:
    _, files = honest()
    path = f"tile/entries/{name}"
    lengths = [len(entry) + 2 for entry in honest()[0][first : first + 256]]
    cut = len(files[path]) + kept if kept < 0 else kept
    whole = next((count for count in range(len(lengths)) if sum(lengths[: count + 1]) > cut), len(lengths))
    report = check({**files, path: files[path][:cut]}, tmp_path)
    assert (report.first_bad, report.checked) == (first + whole, first)
    assert codes(report) == ["bundle.malformed"]


def test_a_bundle_is_longer_than_it_may_be(tmp_path: Path) -> None:
    _, files = honest()
    for name, end in (("tile/entries/000", 256), ("tile/entries/002.p/88", SIZE)):
        report = check({**files, name: files[name] + b"\x00\x02{}"}, tmp_path / name)
        assert (report.first_bad, codes(report)) == (end, ["bundle.malformed"])


@pytest.mark.parametrize(("name", "first"), [("000", 0), ("001", 256), ("002.p/88", 512)])
def test_a_bundle_is_missing(name: str, first: int, tmp_path: Path) -> None:
    files = {path: data for path, data in honest()[1].items() if path != f"tile/entries/{name}"}
    report = check(files, tmp_path)
    assert (report.first_bad, report.checked, codes(report)) == (first, first, ["verify.missing"])


@pytest.mark.parametrize("name", ["0/000", "0/001", "0/002.p/88", "1/000.p/2"])
def test_a_tile_is_missing(name: str, tmp_path: Path) -> None:
    files = {path: data for path, data in honest()[1].items() if path != f"tile/{name}"}
    report = check(files, tmp_path)
    assert (report.first_bad, report.checked, codes(report)) == (None, SIZE, ["verify.missing"])


@pytest.mark.parametrize(("name", "offset", "index"), [("000", 0, 0), ("000", 255, 255), ("002.p/88", 87, LAST)])
def test_a_tile_of_level_0_is_wrong(name: str, offset: int, index: int, tmp_path: Path) -> None:
    report = check(with_hash(honest()[1], f"tile/0/{name}", offset, HASH), tmp_path)
    assert (report.first_bad, codes(report)) == (index, ["verify.leaf"])


@pytest.mark.parametrize("offset", [0, 1])
def test_a_tile_of_level_1_is_wrong(offset: int, tmp_path: Path) -> None:
    report = check(with_hash(honest()[1], "tile/1/000.p/2", offset, HASH), tmp_path)
    assert (report.first_bad, codes(report)) == (None, ["verify.tile"])


@pytest.mark.parametrize("name", ["0/000", "0/002.p/88", "1/000.p/2"])
@pytest.mark.parametrize("change", [-32, -1, 1, 32])
def test_a_tile_has_another_length(name: str, change: int, tmp_path: Path) -> None:
    path = f"tile/{name}"
    report = check({**honest()[1], path: (honest()[1][path] + HASH)[: change - 32 or None]}, tmp_path)
    assert (report.first_bad, codes(report)) == (None, ["verify.tile"])


# Checkpoints


def test_the_root_is_replaced(tmp_path: Path) -> None:
    """Even by the log's own key and with all cosignatures."""
    data, files = honest()
    checkpoint = signed(data, root=HASH)
    report = check({**files, "checkpoint": checkpoint.to_bytes()}, tmp_path)
    assert (report.first_bad, codes(report)) == (None, ["verify.root"])


def test_a_byte_of_the_signed_text_is_replaced(tmp_path: Path) -> None:
    files = honest()[1]
    report = check({**files, "checkpoint": files["checkpoint"].replace(b"\n600\n", b"\n599\n")}, tmp_path)
    assert codes(report)[-1] == "note.bad-signature"


def test_another_key_of_the_same_name_signs(tmp_path: Path) -> None:
    data, files = honest()
    checkpoint = signed(data, by=parse_signer_key(generate_key(LOG.key.name)[0]))
    assert codes(check({**files, "checkpoint": checkpoint.to_bytes()}, tmp_path)) == ["policy.log"]


def test_another_origin(tmp_path: Path) -> None:
    data, files = honest()
    bare = sign_checkpoint(Checkpoint("other.example/ledger", SIZE, tree_of(data).root()), LOG)
    assert codes(check({**files, "checkpoint": bare.to_bytes()}, tmp_path)) == ["policy.log"]


def test_the_log_s_key_rewrites_history(tmp_path: Path) -> None:
    """With the centre's key alone, no cosigner: what others kept shows it; without that it is not proven."""
    data = entries(SIZE, changed_at=300)
    files = files_of(data, signed(data, cosigners=[]))
    assert verify(str(write_directory(files, tmp_path)), policy=POLICY).verdict == "not-proven"
    for size in (301, 511, 512, SIZE):
        report = check(files, tmp_path, known=[Known("kept", signed(honest()[0][:size]))])
        assert (report.first_bad, codes(report), report.known) == (None, ["verify.known"], [])
    known = Known("kept", signed(honest()[0][:300]))
    assert verify(str(tmp_path), policy=POLICY, known=[known]).known == ["kept"]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, SIZE])
def test_a_known_checkpoint_has_another_root(size: int, tmp_path: Path) -> None:
    data, files = honest()
    known = Known("kept", signed(data[:size], root=HASH))
    assert codes(check(files, tmp_path, known=[known])) == ["verify.known"]


@pytest.mark.parametrize("size", [0, 255, 256, LAST])
def test_the_log_is_rolled_back(size: int, tmp_path: Path) -> None:
    """An older state, whole and genuinely signed: only somebody who saw the newer one can tell."""
    data, _ = honest()
    files = files_of(data[:size])
    report = check(files, tmp_path, known=[Known("kept", signed(data))])
    assert (report.first_bad, codes(report)) == (size, ["verify.shorter"])
    assert verify(str(tmp_path), policy=POLICY).verdict == "proven"


def test_a_known_checkpoint_of_another_log(tmp_path: Path) -> None:
    data, files = honest()
    for name, known in (
        ("origin", signed(data, origin="other.example/ledger")),
        ("key", signed(data, by=parse_signer_key(generate_key(LOG.key.name)[0]))),
    ):
        report = check(files, tmp_path, known=[Known(name, known)])
        assert (report.first_bad, codes(report)) == (None, ["verify.known-foreign"])


def test_a_checkpoint_beside_the_log_contradicts_it(tmp_path: Path) -> None:
    files = {**honest()[1], "checkpoints/1": signed(entries(20, changed_at=0)).to_bytes()}
    report = check(files, tmp_path)
    assert codes(report) == ["verify.known"]
    assert report.findings[0].params["place"] == str(tmp_path / "checkpoints/1")


@pytest.mark.parametrize("size", [SIZE + 1, 2**40, 2**63 - 1])
def test_a_checkpoint_claims_more_than_there_is(size: int, tmp_path: Path) -> None:
    """Answered at once: nothing is prepared for entries that are only claimed."""
    bare = sign_checkpoint(Checkpoint(LOG.key.name, size, HASH), LOG)
    for jobs in (1, 2):
        report = check({**honest()[1], "checkpoint": bare.to_bytes()}, tmp_path, jobs=jobs)
        assert (report.first_bad, codes(report)) == (512, ["verify.missing"])


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
    assert set(WITNESSES) == {"inspection", "province"}
