"""What a verification says of logs that nobody touched: proven, or not proven for want of somebody to vouch."""

import os
import signal
from pathlib import Path

import pytest

from ledger import verify as verifying
from ledger.entry import make_entry
from ledger.errors import Lang, Unreadable
from ledger.files import FileLog
from ledger.memory import MemoryLog
from ledger.note import generate_key
from ledger.policy import parse_policy
from ledger.report import as_json, as_text, exit_code
from ledger.tiles import bundles_of, tiles_of
from ledger.verify import Known, Report, verify
from tests.ledger.logs import (
    COSIGNED_AT,
    LOG,
    ORIGIN,
    POLICY,
    WITNESSES,
    drafts,
    entries,
    files_of,
    signed,
    tree_of,
    write_directory,
)

SIZES = [0, 1, 255, 256, 257, 511, 512, 513]
ENTRIES = entries(600)


def report_of(data: list[bytes], tmp_path: Path, **options: object) -> Report:
    return verify(str(write_directory(files_of(data), tmp_path)), policy=POLICY, **options)  # type: ignore[arg-type]


def test_the_tests_entries_are_what_the_library_makes() -> None:
    log = MemoryLog()
    assert [entry.data for entry in log.append(drafts(0, 300))] == entries(300)
    assert make_entry(drafts(0, 1)[0], 0, None).data == ENTRIES[0]


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_log_is_proven(size: int, tmp_path: Path) -> None:
    report = report_of(ENTRIES[:size], tmp_path)
    assert (report.verdict, exit_code(report)) == ("proven", 0)
    assert (report.checked, report.first_bad, report.findings) == (size, None, [])
    assert report.trust is not None
    assert report.trust.cosigners == dict.fromkeys(WITNESSES, COSIGNED_AT)
    assert report.last_hash == (tree_of(ENTRIES[:size]).node(0, size - 1).hex() if size else None)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_what_an_appender_on_files_writes_is_proven(size: int, tmp_path: Path) -> None:
    log = FileLog(tmp_path)
    log.append(drafts(0, size))
    log.publish(signed(ENTRIES[:size]).to_bytes())
    assert verify(str(tmp_path), policy=POLICY).verdict == "proven"


def test_a_log_published_at_each_size_is_proven_at_each(tmp_path: Path) -> None:
    """Also when it has grown, and its partial tiles have become full ones, before the signer came by."""
    log = FileLog(tmp_path)
    for size in (3, 250, 256, 270, 600):
        log.append(drafts(log.size, size + 10 - log.size))
        log.publish(signed(ENTRIES[:size]).to_bytes())
        report = verify(str(tmp_path), policy=POLICY)
        assert (report.verdict, report.checked) == ("proven", size)
    assert not list(tmp_path.glob("tile/[e0]*/000.p"))


def test_without_a_policy_nothing_is_proven(tmp_path: Path) -> None:
    report = verify(str(write_directory(files_of(ENTRIES), tmp_path)))
    assert (report.verdict, exit_code(report), report.trust) == ("not-proven", 3, None)


@pytest.mark.parametrize("cosigners", [[], ["inspection"], ["province"]])
def test_without_a_quorum_nothing_is_proven(cosigners: list[str], tmp_path: Path) -> None:
    checkpoint = signed(ENTRIES, cosigners=[WITNESSES[name] for name in cosigners])
    report = verify(str(write_directory(files_of(ENTRIES, checkpoint), tmp_path)), policy=POLICY)
    assert (report.verdict, exit_code(report)) == ("not-proven", 3)
    assert report.trust is not None
    assert list(report.trust.cosigners) == cosigners


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_policy_that_asks_for_nobody_proves_nothing(lang: Lang, tmp_path: Path) -> None:
    policy = parse_policy(f"log {LOG.key}\nquorum none\n".encode())
    checkpoint = signed(ENTRIES, cosigners=[])
    report = verify(str(write_directory(files_of(ENTRIES, checkpoint), tmp_path)), policy=policy)
    assert (report.verdict, exit_code(report)) == ("not-proven", 3)
    assert {"zh": "不要求任何共签", "en": "asks for no cosigner"}[lang] in as_text(report, lang)


@pytest.mark.parametrize("known", [0, 1, 100, 255, 256, 257, 511, 512, 599, 600])
def test_a_known_checkpoint_that_the_log_extends(known: int, tmp_path: Path) -> None:
    report = report_of(ENTRIES, tmp_path, known=[Known("kept", signed(ENTRIES[:known]))])
    assert (report.verdict, report.known) == ("proven", ["kept"])


def test_several_known_checkpoints_also_beside_the_log(tmp_path: Path) -> None:
    files = {f"checkpoints/{size}": signed(ENTRIES[:size]).to_bytes() for size in (1, 300)}
    write_directory({**files, "checkpoints/.DS_Store": b"\x00"}, tmp_path)
    report = report_of(ENTRIES, tmp_path, known=[Known("kept", signed(ENTRIES[:300]))])
    assert report.verdict == "proven"
    assert report.known == ["kept", str(tmp_path / "checkpoints/1"), str(tmp_path / "checkpoints/300")]


@pytest.mark.parametrize("name", ["other.example/ledger", ORIGIN])
def test_a_log_whose_key_the_policy_does_not_list(name: str, tmp_path: Path) -> None:
    """Also when the key that it lists has the same name."""
    policy = parse_policy(f"log {generate_key(name)[1]}\nquorum none\n".encode())
    report = verify(str(write_directory(files_of(ENTRIES), tmp_path)), policy=policy)
    assert (report.verdict, [found.code for found in report.findings]) == ("broken", ["policy.log"])


def test_progress_is_told_bundle_by_bundle(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    report_of(ENTRIES, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(256, 600), (512, 600), (600, 600)]


def test_processes_give_the_same_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "RUN", 1)
    known = [Known("kept", signed(ENTRIES[:300]))]
    one, two = (report_of(ENTRIES, tmp_path, known=known, jobs=jobs) for jobs in (1, 2))
    assert as_json(one) == as_json(two)
    assert two.verdict == "proven"


def test_a_worker_that_is_killed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "RUN", 1)
    monkeypatch.setattr(verifying, "check_bundles_at", die)
    with pytest.raises(Unreadable) as unreadable:
        report_of(ENTRIES, tmp_path, jobs=2)
    assert unreadable.value.code == "verify.processes"
    assert "--jobs 1" in unreadable.value.text("zh")


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_worker_cannot_read_is_told_alike(jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "RUN", 1)
    write_directory(files_of(ENTRIES), tmp_path)
    (tmp_path / "tile/entries/001").unlink()
    (tmp_path / "tile/entries/001").mkdir()
    with pytest.raises(Unreadable) as unreadable:
        verify(str(tmp_path), jobs=jobs)
    assert unreadable.value.code == "source.unreadable"
    assert str(unreadable.value.params["path"]).endswith("tile/entries/001")


def test_a_large_log(tmp_path: Path) -> None:
    """Past 65,536 entries there is a tile of level 2, and level 1 has a full one."""
    data = entries(65_537)
    write_directory(files_of(data), tmp_path)
    assert (tmp_path / "tile/2/000.p/1").exists()
    known = [Known(f"{size}", signed(data[:size])) for size in (65_535, 65_536)]
    report = verify(str(tmp_path), policy=POLICY, known=known, jobs=2)
    assert (report.verdict, report.known, report.checked) == ("proven", ["65535", "65536"], 65_537)


def test_the_layout_has_every_tile_once() -> None:
    files = files_of(ENTRIES)
    assert len(files) == 1 + len(list(tiles_of(600))) + len(list(bundles_of(600)))
