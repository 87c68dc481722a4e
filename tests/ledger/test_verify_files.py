"""Files of a log cut off, dropped or replaced, and checkpoints that claim something else."""

from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.note import generate_key, parse_signer_key
from ledger.verify import Known, verify
from tests.ledger.attacks import HASH, LAST, SIZE, check, codes, honest
from tests.ledger.logs import LOG, POLICY, entries, files_of, signed, tree_of, with_hash, write_directory

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
