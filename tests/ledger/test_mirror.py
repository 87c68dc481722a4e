"""A mirror grows with its log, goes on where it was cut short, and keeps nothing that was not signed for."""

from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ledger.checkpoint import SignedCheckpoint
from ledger.cli import main
from ledger.durable import only_writer
from ledger.errors import LedgerError, Malformed, Refused, Unreadable
from ledger.mirror import Copied, mirror
from ledger.policy import parse_policy
from ledger.verify import verify
from tests.ledger.logs import (
    LOG,
    POLICY,
    POLICY_TEXT,
    WITNESSES,
    Files,
    entries,
    files_of,
    signed,
    write_directory,
)
from tests.ledger.signers import signer
from tests.ledger.web import Answer, cut_off, send, serving, status


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@cache
def log(size: int, changed_at: int | None = None) -> Files:
    return files_of(entries(size, changed_at))


def take(files: Files, copy: Path) -> Copied:
    with serving(files) as place:
        return mirror(place, copy, POLICY)


def contents(copy: Path) -> Files:
    """What the copy serves."""
    found = {path.relative_to(copy).as_posix(): path for path in copy.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not path.name.startswith(".")}


def proven(copy: Path) -> int:
    report = verify(str(copy), policy=POLICY)
    assert report.verdict == "proven"
    return report.checked


# Growing


@pytest.mark.parametrize("sizes", [(0, 1, 2), (1, 256, 257), (255, 256, 600), (300, 300, 512), (44, 300, 301)])
def test_a_copy_grows_with_its_log(sizes: tuple[int, ...], tmp_path: Path) -> None:
    before = 0
    for size in sizes:
        copied = take(log(size), tmp_path)
        assert (copied.signed.size, copied.before, copied.is_proven) == (size, before, True)
        assert proven(tmp_path) == size
        before = size
    older = {f"checkpoints/{size:08}": log(size)["checkpoint"] for size in sizes if size != sizes[-1]}
    assert contents(tmp_path) == {**log(sizes[-1]), **older}


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    take(log(300), tmp_path)
    asked: list[str] = []

    def telling(path: str, data: bytes) -> Answer:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            asked.append(path)
            send(handler, data)

        return answer

    with serving({}, {path: telling(path, data) for path, data in log(600).items()}) as place:
        mirror(place, tmp_path, POLICY)
    assert set(asked) == set(log(600)) - {"tile/entries/000", "tile/0/000"}
    assert len(asked) == len(set(asked)) + 1  # the tile that the proof of consistency needs as well


def test_a_file_that_went_missing_comes_back(tmp_path: Path) -> None:
    take(log(300), tmp_path)
    (tmp_path / "tile/entries/000").unlink()
    take(log(300), tmp_path)
    assert contents(tmp_path) == log(300)


def test_a_directory_is_as_good_as_an_address(tmp_path: Path) -> None:
    mirror(str(write_directory(log(300), tmp_path / "log")), tmp_path / "copy", POLICY)
    assert contents(tmp_path / "copy") == log(300)


def test_a_copy_of_a_copy(tmp_path: Path) -> None:
    for size in (300, 600):
        take(log(size), tmp_path / "one")
        mirror(str(tmp_path / "one"), tmp_path / "two", POLICY)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


# Cut short


def test_a_run_that_was_killed_is_taken_up(tmp_path: Path) -> None:
    take(log(300), tmp_path)

    def kill(done: int, total: int) -> None:
        if done >= 512:
            raise KeyboardInterrupt

    with serving(log(600)) as place, pytest.raises(KeyboardInterrupt):
        mirror(place, tmp_path, POLICY, kill)
    assert proven(tmp_path) == 300
    there = [path for path in log(600) if path != "checkpoint" and (tmp_path / path).exists()]
    assert "tile/entries/001" in there
    unavailable = {path: status(500) for path in there if path.startswith("tile/entries/")}
    with serving(log(600), unavailable) as place:  # so they are not asked for again
        mirror(place, tmp_path, POLICY)
    assert proven(tmp_path) == 600
    assert set(contents(tmp_path)) == {*log(600), "checkpoints/00000300"}


def test_the_log_is_held_to_what_a_killed_run_saw(tmp_path: Path) -> None:
    take(log(300), tmp_path)
    with serving(log(600), {"tile/entries/002.p/88": status(503)}) as place, pytest.raises(Unreadable):
        mirror(place, tmp_path, POLICY)
    for other, code in ((log(601, changed_at=599), "mirror.fork"), (log(512), "mirror.set-back")):
        with pytest.raises(Refused) as refused:
            take(other, tmp_path)
        assert (refused.value.code, refused.value.params["known"]) == (code, 600)
    assert proven(tmp_path) == 300
    take(log(601), tmp_path)
    served = {path for path in contents(tmp_path) if not path.startswith("evidence/")}
    assert served == {*log(601), "checkpoints/00000300"}


@pytest.mark.parametrize("path", sorted(log(600)))
def test_a_file_cut_off_on_the_way(path: str, tmp_path: Path) -> None:
    take(log(44), tmp_path)
    with serving(log(600), {path: cut_off(log(600)[path])}) as place, pytest.raises(Unreadable):
        mirror(place, tmp_path, POLICY)
    assert proven(tmp_path) == 44
    take(log(600), tmp_path)
    assert proven(tmp_path) == 600


# Refused


@pytest.mark.parametrize("size", [300, 301, 600])
def test_a_fork_is_refused(size: int, tmp_path: Path) -> None:
    take(log(300), tmp_path)
    with pytest.raises(Refused) as refused:
        take(log(size, changed_at=299), tmp_path)
    assert refused.value.code == "mirror.fork"
    assert (refused.value.params["size"], refused.value.params["known"]) == (size, 300)
    evidence = Path(str(refused.value.params["evidence"]))
    assert contents(tmp_path) == {
        **log(300),
        evidence.relative_to(tmp_path).as_posix(): log(size, changed_at=299)["checkpoint"],
    }


@pytest.mark.parametrize("size", [0, 255, 299])
def test_a_log_that_was_set_back_is_refused(size: int, tmp_path: Path) -> None:
    take(log(300), tmp_path)
    with pytest.raises(Refused) as refused:
        take(log(size), tmp_path)
    assert refused.value.code == "mirror.set-back"
    assert f"{size} entries now, 300 signed before" in refused.value.text("en")
    assert proven(tmp_path) == 300


@pytest.mark.parametrize("held", [0, 300])
@pytest.mark.parametrize("path", sorted(set(log(600)) - {"checkpoint"}))
def test_an_altered_file_is_never_kept(path: str, held: int, tmp_path: Path) -> None:
    """Nor is it ever taken for a fork, of which the log would be guilty."""
    if held:
        take(log(held), tmp_path)
    data = log(600)[path]
    altered = {**log(600), path: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]}
    if path in log(held):  # it is not fetched again
        take(altered, tmp_path)
    else:
        with pytest.raises(Refused) as refused:
            take(altered, tmp_path)
        assert refused.value.code in {"mirror.tile", "mirror.root", "proof.root"}
        if held:
            assert proven(tmp_path) == held
    kept = contents(tmp_path)
    assert all(kept[name] == log(600).get(name, log(held).get(name)) for name in kept if name.startswith("tile/"))
    take(log(600), tmp_path)
    assert proven(tmp_path) == 600


@pytest.mark.parametrize("path", ["tile/entries/001", "tile/0/001"])
@pytest.mark.parametrize("change", [lambda data: data[:-32], lambda data: data + bytes(32)], ids=["short", "long"])
def test_a_file_of_another_length(path: str, change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        take({**log(600), path: change(log(600)[path])}, tmp_path)
    assert not (tmp_path / path).exists()


STRANGERS: dict[str, tuple[Callable[[], SignedCheckpoint], str]] = {
    "another key": (lambda: signed(entries(300), by=signer(LOG.key.name + ".")), "policy.log"),
    "another log": (lambda: signed(entries(300), origin="other.example/ledger"), "policy.log"),
    "another root": (lambda: signed(entries(300), root=bytes(32)), "mirror.root"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_checkpoint_that_is_not_the_logs(stranger: str, tmp_path: Path) -> None:
    make, code = STRANGERS[stranger]
    with pytest.raises(Refused) as refused:
        take({**log(300), "checkpoint": make().to_bytes()}, tmp_path)
    assert refused.value.code == code
    assert contents(tmp_path) == {}


def test_a_copy_of_another_log(tmp_path: Path) -> None:
    other = signer("other.example/ledger")
    both = parse_policy(f"log {other.key}\n{POLICY_TEXT}".encode())
    take(log(44), tmp_path)
    files = files_of(entries(44), signed(entries(44), origin="other.example/ledger", by=other))
    with serving(files) as place, pytest.raises(Refused) as refused:
        mirror(place, tmp_path, both)
    assert refused.value.code == "checkpoint.origin"


def test_a_copy_that_another_process_writes(tmp_path: Path) -> None:
    with only_writer(tmp_path), pytest.raises(Unreadable) as locked:
        take(log(44), tmp_path)
    assert locked.value.code == "store.locked"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unreadable) as unwritable:
        take(log(44), tmp_path / "file")
    assert unwritable.value.code == "store.unwritable"


# Cosigners


def test_cosignatures_that_come_later(tmp_path: Path) -> None:
    data = entries(44)
    bare = {**log(44), "checkpoint": signed(data, cosigners=()).to_bytes()}
    assert not take(bare, tmp_path).is_proven
    assert take(log(44), tmp_path).is_proven
    assert take(bare, tmp_path).is_proven  # and those that were there are not given up for none
    assert contents(tmp_path) == log(44)
    one = signed(data, cosigners=[WITNESSES["province"]]).to_bytes()
    assert take({**log(44), "checkpoint": one}, tmp_path).is_proven
    assert not take({**log(300), "checkpoint": signed(entries(300), cosigners=()).to_bytes()}, tmp_path).is_proven


# The command


@pytest.fixture
def policy(tmp_path: Path) -> str:
    (tmp_path / "trust.policy").write_text(POLICY_TEXT)
    return str(tmp_path / "trust.policy")


def command(*arguments: object) -> int:
    return main(["--lang", "en", "mirror", *map(str, arguments)])


def test_the_command(tmp_path: Path, policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    with serving(log(300)) as place:
        assert command(place, copy, "--policy", policy) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        f"{copy} holds 300 entries of centre.example/ledger, 0 before. Cosigners: inspection, province."
    )
    with serving({**log(300), "checkpoint": signed(entries(300), cosigners=()).to_bytes()}) as place:
        assert command(place, tmp_path / "other", "--policy", policy) == 3
    assert capsys.readouterr().err.startswith("NOT PROVEN yet: ")
    with serving(log(299)) as place:
        assert command(place, copy, "--policy", policy) == 1
        assert place in capsys.readouterr().err
    assert command(place, copy, "--policy", policy) == 2  # nobody answers any more


def test_the_command_goes_on(
    tmp_path: Path, policy: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a log that cannot be reached for a while, until it is refused."""
    place, copy = tmp_path / "log", tmp_path / "copy"
    waited: list[int] = []

    def days() -> Iterator[None]:
        write_directory(log(44), place)
        yield
        write_directory(log(300), place)
        yield
        write_directory(log(300, changed_at=0), place)
        yield

    day = days()

    def sleep(seconds: int) -> None:
        waited.append(seconds)
        next(day)

    monkeypatch.setattr("ledger.cli.time.sleep", sleep)
    assert command(place, copy, "--policy", policy, "--every", "60") == 1
    assert waited == [60, 60, 60]
    told = capsys.readouterr().err.splitlines()
    assert [("does not exist" in told[0]), (" 44 entries" in told[1]), (" 300 entries" in told[2])] == [True] * 3
    assert "the log forked: its 300 entries do not continue the 300 signed before" in told[3]


@pytest.mark.parametrize("seconds", ["0", "-1", "86401", "x"])
def test_an_odd_number_of_seconds(seconds: str, policy: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        command("log", tmp_path / "copy", "--policy", policy, "--every", seconds)
    assert left.value.code == 2


def test_a_log_that_is_nowhere_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as missing:
        mirror(str(tmp_path / "nowhere"), tmp_path / "copy", POLICY)
    assert missing.value.code == "source.not-found"
    assert not (tmp_path / "copy").exists()
