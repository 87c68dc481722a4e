"""The log on files: what it stores, what a failing disk or a damaged file does to it, one writer at a time."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from ledger.durable import make_directory, only_writer, replace_file
from ledger.entry import Draft
from ledger.errors import LedgerError, Malformed, Unreadable
from ledger.files import FileLog, _record
from ledger.tiles import Tile, bundle
from ledger.verify import verify
from tests.ledger.crash_child import CHANGES
from tests.ledger.logs import POLICY, TIME, drafts, entries, files_of, signed, tree_of

DATA = entries(1_000)
# By a write that failed: not flushed, but for a record that the next one, of entries 250 to 254, would reveal.
LEFT_BEHIND = bytes(len(_record(DATA[250:255]))) + _record(DATA[255:260])


def filled(directory: Path, *batches: int) -> FileLog:
    log = FileLog(directory)
    for batch in batches:
        log.append(drafts(log.size, batch))
    return log


def check(log: FileLog, size: int) -> None:
    """The log holds the first ``size`` entries, goes on from there, and is proven then."""
    assert log.size == size
    assert log.root() == tree_of(DATA[:size]).root()
    log.append(drafts(size, 5))
    assert FileLog(log.directory).size == size + 5
    log.publish(signed(DATA[: size + 5]).to_bytes())
    report = verify(str(log.directory), policy=POLICY)
    assert (report.verdict, report.checked) == ("proven", size + 5)


@pytest.mark.parametrize("batches", [(), (0,), (1,), (255, 1), (256,), (250, 10), (600,), (1, 0, 255, 300)])
def test_it_goes_on_after_it_was_closed(batches: tuple[int, ...], tmp_path: Path) -> None:
    filled(tmp_path, *batches)
    check(FileLog(tmp_path), sum(batches))


def test_many_bundles_in_one_append(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # half a minute on a slow disk, and not what this is about
    log = filled(tmp_path, 65_536 + 300)
    data = entries(log.size + 1)
    assert FileLog(tmp_path).root() == log.root() == tree_of(data[:-1]).root()
    assert log.tile(Tile(1, 0)) == files_of(data)["tile/1/000"]
    log.append(drafts(log.size, 1))
    log.publish(signed(data).to_bytes())
    assert verify(str(tmp_path), policy=POLICY).verdict == "proven"


def test_what_a_new_log_serves(tmp_path: Path) -> None:
    log = filled(tmp_path, 3)
    with pytest.raises(Unreadable) as unreadable:
        log.checkpoint()
    assert unreadable.value.code == "source.not-a-ledger"
    for tile in (Tile(0, 0, 4), bundle(0, 4), bundle(1, 1), Tile(1, 0, 1), Tile(0, 0, 0)):
        with pytest.raises(Unreadable):
            log.tile(tile)


def test_a_draft_that_is_not_allowed_leaves_nothing(tmp_path: Path) -> None:
    log = filled(tmp_path, 10)
    before = (tmp_path / "tail").read_bytes()
    with pytest.raises(Malformed):
        log.append([*drafts(10, 5), Draft("no kind", "a", TIME, {})])
    assert (tmp_path / "tail").read_bytes() == before
    check(log, 10)


def test_a_checkpoint_ahead_of_the_log_is_not_published(tmp_path: Path) -> None:
    log = filled(tmp_path, 10)
    for checkpoint in (signed(DATA[:11]).to_bytes(), signed(DATA[:512]).to_bytes(), b"none"):
        with pytest.raises(LedgerError):
            log.publish(checkpoint)
    assert not (tmp_path / "checkpoint").exists()


def test_an_append_is_flushed_when_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(tmp_path, 1)
    flushed: list[int] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        fsync(handle)
        if os.path.samestat(os.fstat(handle), (tmp_path / "tail").stat()):
            flushed.append(os.fstat(handle).st_size)

    monkeypatch.setattr(os, "fsync", note)
    log.append(drafts(1, 1))
    assert flushed == [(tmp_path / "tail").stat().st_size]


# A disk that fails


def failing_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Have the ``number``-th change of the disk fail; returns how many were tried."""
    tried = 0

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal tried
            tried += 1
            if tried == number:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return original(*args, **options)

        return call

    for name in CHANGES:
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    return lambda: tried


@pytest.mark.parametrize("batch", [1, 6, 10, 600])
def test_an_append_that_fails_is_as_if_it_had_not_been(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 0
    while True:
        number += 1
        log = filled(tmp_path / str(number), 250)
        size = log.size
        with monkeypatch.context() as disk:
            tried = failing_at(number, disk)
            try:
                log.append(drafts(size, batch))
                size += batch
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017  not every one reaches the caller
        with (tmp_path / str(number) / "tail").open("ab") as tail:
            tail.write(LEFT_BEHIND if size == 250 else b"")
        assert log.size == size
        if number % 2:
            log = FileLog(tmp_path / str(number))
        check(log, size)
        if tried() < number:
            return


def test_a_bundle_that_cannot_be_written_stops_the_next_append(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(tmp_path, 250)
    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", Mock(side_effect=OSError(errno.ENOSPC, "")))
        log.append(drafts(250, 10))  # its record needs no new file
        assert log.tile(bundle(0)) == files_of(DATA[:260])["tile/entries/000"]
        with pytest.raises(OSError):
            log.append(drafts(260, 1))
        with pytest.raises(OSError):
            log.publish(signed(DATA[:260]).to_bytes())
    check(log, 260)


def test_a_publication_that_fails_leaves_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(tmp_path, 300)
    log.publish(signed(DATA[:300]).to_bytes())
    log.append(drafts(300, 300))
    number = 0
    while True:
        number += 1
        with monkeypatch.context() as disk:
            tried = failing_at(number, disk)
            try:
                log.publish(signed(DATA[:600]).to_bytes())
            except OSError:
                published = (300, 600)  # the last step flushes a name that is there already
            else:
                published = (600, 600)
        report = verify(str(tmp_path), policy=POLICY)
        assert report.verdict == "proven"
        assert report.checked in published
        if tried() < number:
            return


# Damaged files


def test_a_torn_tail(tmp_path: Path) -> None:
    """A record that was being written when the power went, cut off anywhere, was never acknowledged."""
    filled(tmp_path, 250)
    whole = (tmp_path / "tail").stat().st_size
    filled(tmp_path, 2)
    data = (tmp_path / "tail").read_bytes()
    for end in range(whole, len(data)):
        (tmp_path / "tail").write_bytes(data[:end])
        assert FileLog(tmp_path).size == 250
    (tmp_path / "tail").write_bytes(data[:whole] + bytes(len(data) - whole))  # length flushed, content not
    check(FileLog(tmp_path), 250)


def test_a_damaged_tail_is_refused(tmp_path: Path) -> None:
    log = filled(tmp_path, 300, 2)
    log.publish(signed(DATA[:302]).to_bytes())
    tail = tmp_path / "tail"
    data = tail.read_bytes()
    for position in range(0, len(data), 13):
        tail.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        with pytest.raises(Unreadable) as unreadable:
            FileLog(tmp_path)
        assert (unreadable.value.code, unreadable.value.params["path"]) == ("store.damaged", tail)
        assert "请从备份恢复" in unreadable.value.text("zh")
    tail.write_bytes(data)
    check(FileLog(tmp_path), 302)


def test_a_record_before_others_is_not_taken_for_a_torn_one(tmp_path: Path) -> None:
    """Also when nothing was published yet: what comes after it was acknowledged."""
    filled(tmp_path, 1, 1)
    data = (tmp_path / "tail").read_bytes()
    (tmp_path / "tail").write_bytes(data.replace(b'"index":0', b'"index":9'))
    with pytest.raises(Unreadable):
        FileLog(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"{}\n", b"null\n", b"\xff"])
def test_a_log_without_its_tail_does_not_start_again(content: bytes | None, tmp_path: Path) -> None:
    filled(tmp_path, 300)
    (tmp_path / "tail").unlink()
    if content is not None:
        (tmp_path / "tail").write_bytes(content)
    with pytest.raises(Unreadable) as unreadable:
        FileLog(tmp_path)
    assert unreadable.value.code == "store.damaged"


def test_a_tail_from_an_older_copy_is_refused(tmp_path: Path) -> None:
    log = filled(tmp_path, 10)
    older = (tmp_path / "tail").read_bytes()
    log.append(drafts(10, 1))
    log.publish(signed(DATA[:11]).to_bytes())
    (tmp_path / "tail").write_bytes(older)
    with pytest.raises(Unreadable) as unreadable:
        FileLog(tmp_path)
    assert unreadable.value.params["why"] == "tail-behind"


# Durable files


def test_a_file_is_flushed_before_it_is_named_and_its_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash of the whole machine leaves the old file or the new one: content, mode and name are all on disk."""
    done: list[str] = []
    fsync, replace, mkdir = os.fsync, os.replace, os.mkdir

    def note_fsync(handle: int) -> None:
        done.append("flush directory" if os.path.isdir(handle) else "flush file")  # noqa: PTH112  a handle, no path
        fsync(handle)

    def note_replace(old: str, new: str) -> None:
        done.append("name")
        replace(old, new)

    def note_mkdir(path: str, mode: int = 0o777) -> None:
        done.append("make directory")
        mkdir(path, mode)

    for name, note in (("fsync", note_fsync), ("replace", note_replace), ("mkdir", note_mkdir)):
        monkeypatch.setattr(os, name, note)
    replace_file(tmp_path / "a" / "b" / "c", b"1", 0o600)
    made = ["make directory", "flush directory"]
    assert done == [*made, *made, "flush file", "name", "flush directory"]
    monkeypatch.undo()
    assert (tmp_path / "a/b/c").read_bytes() == b"1"
    assert os.name == "nt" or (tmp_path / "a/b/c").stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")
    tried = 3
    for number in range(1, tried + 1):
        with monkeypatch.context() as disk:
            failing_at(number, disk)
            with pytest.raises(OSError, match="No space"):
                replace_file(path, b"new")
        assert path.read_bytes() == (b"new" if number == tried else b"old")  # the last only flushes the name
        assert list(tmp_path.iterdir()) == [path]


def test_a_directory_is_made_once(tmp_path: Path) -> None:
    for _ in range(2):
        make_directory(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="exists"):
        make_directory(tmp_path / "file")


HOLD = """
import sys
from pathlib import Path
from ledger.durable import only_writer
with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """Until the first is gone, however it went."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(Unreadable) as unreadable, only_writer(tmp_path):
            pass
        assert unreadable.value.code == "store.locked"
        first.kill()
    with only_writer(tmp_path), pytest.raises(Unreadable), only_writer(tmp_path):
        pass
