"""A log is checked wherever it lies; what cannot be read is told in one line, and is never a verdict."""

import os
import random
import socket
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ledger import sources
from ledger.cli import main
from ledger.errors import LedgerError, Unreadable
from ledger.sources import MAX_FILE_BYTES, open_source
from ledger.tiles import Tile, bundle
from ledger.verify import verify
from tests.ledger.logs import POLICY, Files, entries, files_of, signed, write_directory, write_zip
from tests.ledger.web import Answer, chunk_cut_off, cut_off, nonsense, send, serving, status, zipped

KINDS = ["directory", "zip", "zip in a folder", "address", "address with gzip"]
BUNDLE = "tile/entries/001"


@cache
def files() -> Files:
    data = entries(600)
    return {**files_of(data), "checkpoints/old": signed(data[:300]).to_bytes()}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@contextmanager
def laid_out(kind: str, content: Files, tmp_path: Path) -> Iterator[str]:
    with ExitStack() as stack:
        if kind == "directory":
            yield str(write_directory(content, tmp_path / "log"))
        elif kind.startswith("zip"):
            yield str(write_zip(content, tmp_path / "log.zip", "export 2026/账本/" if "folder" in kind else ""))
        elif "gzip" in kind:
            yield stack.enter_context(serving({}, {path: zipped(data) for path, data in content.items()}))
        else:
            yield stack.enter_context(serving(content))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_place(kind: str, jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.verify.RUN", 1)
    with laid_out(kind, files(), tmp_path) as place:
        report = verify(place, policy=POLICY, jobs=jobs)
    assert (report.verdict, report.checked) == ("proven", 600)
    assert len(report.known) == (0 if kind.startswith("address") else 1)  # an address cannot be listed


@pytest.mark.parametrize("kind", KINDS)
def test_a_dropped_partial_tile_is_read_from_the_full_one(kind: str, tmp_path: Path) -> None:
    """A log may drop partial tiles once they are full; a reader of an older checkpoint goes on."""
    older = files_of(entries(300))
    dropped = {"tile/entries/001.p/44", "tile/0/001.p/44"}
    kept = {path: data for path, data in {**files(), **older}.items() if path not in dropped}
    with laid_out(kind, kept, tmp_path) as place:
        source = open_source(place)
        assert source.tile(Tile(0, 1, 44)) == older["tile/0/001.p/44"]
        assert source.tile(bundle(1, 44)) == older["tile/entries/001.p/44"]
        assert verify(place, policy=POLICY).verdict == "proven"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("missing", "code"), [(BUNDLE, "verify.missing"), ("checkpoint", "source.not-a-ledger")])
def test_what_is_not_there(kind: str, missing: str, code: str, tmp_path: Path) -> None:
    """A log without a bundle is broken; a place without a checkpoint is no log."""
    with laid_out(kind, {path: data for path, data in files().items() if path != missing}, tmp_path) as place:
        try:
            codes = [found.code for found in verify(place).findings]
        except Unreadable as unreadable:
            codes = [unreadable.code]
    assert codes == [code]


def refusal(place: str, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """The English line with which ``verify`` says that it cannot read something; zh and JSON say it too."""
    said = {}
    for lang in ("zh", "en"):
        assert main(["--lang", lang, "verify", place, *options]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.endswith("\n")
        assert err[:-1].isprintable(), "one line, nothing that moves the cursor"
        said[lang] = err[:-1]
    assert any("\u4e00" <= char <= "\u9fff" for char in said["zh"].replace(place, ""))
    assert main(["verify", place, *options, "--json"]) == 2
    assert '"verdict": "unreadable"' in capsys.readouterr().out
    return said["en"]


def image(kind: str) -> bytes:
    noise = random.Random(kind).randbytes(2_000)
    return {"pdf": b"%PDF-1.7\n" + noise, "png": b"\x89PNG\r\n\x1a\n" + noise, "random": noise, "empty": b""}[kind]


@pytest.mark.parametrize("kind", ["pdf", "png", "random", "empty"])
def test_a_file_of_another_kind(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"账本.{kind}"
    path.write_bytes(image(kind))
    line = refusal(str(path), capsys)
    assert line.startswith(f"{path} is not a sound zip file")
    assert "Give the ledger's directory or zip." in line


@pytest.mark.parametrize("place", ["missing", "a\0b", "", "ftp://example.org/log", "x" * 5_000])
def test_a_place_that_is_none(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    line = refusal(place, capsys)
    assert any(words in line for words in ("Give the ledger's directory", "Give a directory", "cannot read"))


def test_an_empty_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(str(tmp_path), capsys).startswith(f"{tmp_path} is not a ledger: no checkpoint file.")


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/old"])
def test_a_checkpoint_that_is_cut_off(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_directory({**files(), name: files()[name][:90]}, tmp_path)
    assert refusal(str(tmp_path), capsys).startswith(f"{tmp_path / name}: malformed signed note")


def test_a_checkpoint_that_is_cut_off_anywhere_proves_nothing(tmp_path: Path) -> None:
    data = entries(3)
    content = files_of(data)
    for length in range(len(content["checkpoint"])):
        write_directory({**content, "checkpoint": content["checkpoint"][:length]}, tmp_path)
        try:
            said: str = verify(str(tmp_path), policy=POLICY).verdict
        except LedgerError as error:
            said = error.text("zh").partition("：")[0]
        assert said in {"not-proven", f"{tmp_path}/checkpoint"}


@pytest.mark.parametrize("option", ["--policy", "--known"])
def test_a_file_of_the_verifier_s_own(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(write_directory(files(), tmp_path / "log"))
    named = tmp_path / "mine"
    assert refusal(place, capsys, option, str(named)) == f"{named} is missing. Check its name and place."
    for kind in ("png", "random", "empty"):
        named.write_bytes(image(kind))
        assert refusal(place, capsys, option, str(named)).startswith(f"{named}: ")
    named.unlink()
    named.mkdir()
    assert refusal(place, capsys, option, str(named)).startswith(f"cannot read {named}: Is a directory.")


def test_a_policy_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(write_directory(files(), tmp_path / "log"))
    policy = tmp_path / "trust.policy"
    policy.write_text("# ours\nquorom none\n")
    assert refusal(place, capsys, "--policy", str(policy)) == f"{policy}: policy line 2: unknown keyword “quorom”."


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser and Windows read what others may not")
@pytest.mark.parametrize("name", [".", "checkpoint", BUNDLE])
def test_permission_denied(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_directory(files(), tmp_path / "log")
    denied = tmp_path / "log" / name
    mode = denied.stat().st_mode
    denied.chmod(0)
    try:
        assert "Permission denied" in refusal(str(tmp_path / "log"), capsys)
    finally:
        denied.chmod(mode)


# Zip files


def test_a_zip_cut_off_anywhere(tmp_path: Path) -> None:
    whole = write_zip(files_of(entries(3)), tmp_path / "whole.zip").read_bytes()
    cut = tmp_path / "cut.zip"
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(Unreadable) as unreadable:
            verify(str(cut))
        assert unreadable.value.code == "source.bad-zip"


def test_a_damaged_zip_is_never_a_verdict_of_its_own(tmp_path: Path) -> None:
    """Whatever byte is wrong: the archive is refused, or what it holds is whole, or the log in it is broken."""
    whole = write_zip(files_of(entries(3)), tmp_path / "whole.zip").read_bytes()
    damaged = tmp_path / "damaged.zip"
    for position in range(0, len(whole), 3):
        damaged.write_bytes(whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :])
        try:
            report = verify(str(damaged))
            said = {found.code for found in report.findings} - {"verify.missing"}
        except LedgerError as error:
            said = {error.code} - {"source.bad-zip", "source.not-a-ledger", "source.unreadable"}
        assert said == set(), position


def test_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    outside = write_directory({"checkpoint": b"not to be read"}, tmp_path)
    content = {f"../{path}": data for path, data in files().items()} | {"/etc/passwd": b"", "..\\..\\x": b""}
    assert verify(str(write_zip(content, inside / "log.zip")), policy=POLICY).verdict == "proven"
    assert sorted(path.name for path in outside.rglob("*")) == ["a", "b", "checkpoint", "log.zip"]


@pytest.mark.parametrize("path", ["checkpoint", BUNDLE])
def test_a_bomb_in_a_zip(path: str, tmp_path: Path) -> None:
    bomb = write_zip({**files(), path: bytes(MAX_FILE_BYTES + 1)}, tmp_path / "bomb.zip")
    assert bomb.stat().st_size < 200_000
    with pytest.raises(Unreadable) as unreadable:
        verify(str(bomb))
    assert (unreadable.value.code, unreadable.value.params["path"]) == ("source.too-large", f"{bomb}/{path}")


def test_a_zip_that_understates_a_bomb(tmp_path: Path) -> None:
    """The sizes in a zip are claims: reading stops at the claimed size, and the checksum then differs."""
    path = write_zip({**files(), "checkpoint": bytes(MAX_FILE_BYTES + 1)}, tmp_path / "bomb.zip")
    data = path.read_bytes().replace((MAX_FILE_BYTES + 1).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(Unreadable) as unreadable:
        verify(str(path))
    assert unreadable.value.code == "source.bad-zip"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(method: int, tmp_path: Path) -> None:
    path = tmp_path / "log.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files().items():
            archive.writestr(name, data)
    with pytest.raises(Unreadable) as unreadable:
        verify(str(path))
    assert unreadable.value.code == "source.bad-zip"


def test_a_second_look_sees_what_is_there_now(tmp_path: Path) -> None:
    data = entries(3)
    path = write_zip(files_of(data), tmp_path / "log.zip")
    assert verify(str(path), policy=POLICY).verdict == "proven"
    write_zip(files_of(data, signed(data, root=bytes(32))), path)
    assert verify(str(path), policy=POLICY).verdict == "broken"


# Files and addresses


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    write_directory(files(), tmp_path)
    with (tmp_path / BUNDLE).open("ab") as file:
        file.truncate(10 * 2**30)  # a hole: takes no room, and must not be read into memory
    with pytest.raises(Unreadable) as unreadable:
        verify(str(tmp_path))
    assert unreadable.value.code == "source.too-large"


def huge(handler: BaseHTTPRequestHandler) -> None:
    """Send more than a file of a ledger may have, until the reader hangs up."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(2_000):
            handler.wfile.write(bytes(65_536))
    except OSError:
        handler.close_connection = True


def gzip_of_zeros(size: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(bytes(size)) + packer.flush()


BAD_ANSWERS: dict[str, tuple[Answer, str]] = {
    "500": (status(500), "HTTP 500"),
    "403": (status(403), "HTTP 403"),
    "cut off": (cut_off(b"x" * 100), "it was cut off on the way"),
    "all cut off": (cut_off(b"x"), "it was cut off on the way"),
    "chunk cut off": (chunk_cut_off, "it was cut off on the way"),
    "gzip cut off": (zipped(b"x" * 100, -9), "it was cut off on the way"),
    "no gzip": (lambda handler: send(handler, b"x" * 100, encoding="gzip"), "there was no valid answer"),
    "nonsense": (nonsense, "there was no valid answer"),
    "silence": (lambda handler: None, "there was no valid answer"),
    "huge": (huge, "larger than any file of a ledger"),
    "gzip bomb": (
        lambda handler: send(handler, gzip_of_zeros(MAX_FILE_BYTES + 1), encoding="gzip"),
        "larger than any file of a ledger",
    ),
}


@pytest.mark.parametrize("path", ["checkpoint", BUNDLE])
@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_a_bad_answer_is_no_verdict(answer: str, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    act, words = BAD_ANSWERS[answer]
    with serving(files(), {path: act}) as place:
        line = refusal(place, capsys)
    assert words in line
    assert f"{place}/{path}" in line


def test_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "Connection refused" in refusal(f"http://127.0.0.1:{port}/log", capsys)


def test_an_answer_that_does_not_come(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sources, "TIMEOUT_SECONDS", 0.1)
    done = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        done.wait(10)

    with serving({}, {"checkpoint": wait}) as place:
        assert "timed out" in refusal(place, capsys)
        done.set()


@pytest.mark.parametrize(
    "address", ["http://", "http://[", "http://a b/", "http://127.0.0.1:99999/", "HTTPS://\u2028/"]
)
def test_an_address_that_is_none(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(address, capsys).startswith("cannot read ")
