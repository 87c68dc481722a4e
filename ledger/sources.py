"""Where a log to be checked may lie: a directory, a zip file, an HTTP(S) address. Read-only, nothing is believed."""

import http.client
import urllib.error
import urllib.request
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from ledger.entry import MAX_ENTRY_BYTES
from ledger.errors import Unreadable
from ledger.merkle import HASH_SIZE
from ledger.store import Reader
from ledger.tiles import WIDTH, Tile, join_bundle, whole_frames

MAX_FILE_BYTES: Final = WIDTH * (MAX_ENTRY_BYTES + 2)  # a full bundle of the longest entries
TIMEOUT_SECONDS: Final = 30


class Source(Reader, Protocol):
    """A reader of a finished copy, which may also hold older checkpoints of the same log."""

    def known_checkpoints(self) -> list[tuple[str, bytes]]:
        """Older signed checkpoints that lie beside the log under ``checkpoints/``: (where, bytes)."""


def open_source(place: str) -> Source:
    """Open a directory, zip file or http(s) address; raises Unreadable with what to do."""
    if place.lower().startswith(("http://", "https://")):
        return HttpSource(place)
    path = Path(place)
    with _reading(place):
        if path.is_dir():
            return DirectorySource(path)
        if path.is_file():
            return ZipSource(path)
    raise Unreadable("source.not-found", path=place)


class _Files(ABC):
    """Tiles by path. A partial tile may have been dropped once it was full: then its beginning is taken from that."""

    place: str

    @abstractmethod
    def _read(self, path: str) -> bytes: ...

    def checkpoint(self) -> bytes:
        try:
            return self._read("checkpoint")
        except Unreadable as error:
            if error.code == "store.missing":
                raise Unreadable("source.not-a-ledger", path=self.place) from None
            raise

    def tile(self, tile: Tile) -> bytes:
        try:
            return self._read(tile.path)
        except Unreadable as error:
            if error.code != "store.missing" or tile.width == WIDTH:
                raise
            try:
                data = self._read(Tile(tile.level, tile.index).path)
            except Unreadable:
                raise error from None
            return _beginning(data, tile)


class DirectorySource(_Files):
    """A directory in the tlog-tiles layout."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.place = str(directory)

    def known_checkpoints(self) -> list[tuple[str, bytes]]:
        folder = self.directory / "checkpoints"
        with _reading(str(folder)):
            names = sorted(path.name for path in folder.glob("[!.]*") if path.is_file())
        return [(str(folder / name), self._read(f"checkpoints/{name}")) for name in names]

    def _read(self, path: str) -> bytes:
        with _reading(str(self.directory / path)):
            try:
                with (self.directory / path).open("rb") as file:
                    return _bounded(file.read(MAX_FILE_BYTES + 1), path)
            except (FileNotFoundError, NotADirectoryError):
                raise Unreadable("store.missing", path=path) from None


class ZipSource(_Files):
    """A zip file in that layout, perhaps inside one folder. Nothing is unpacked, so names in it lead nowhere."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        with _unzipping(self.place):
            self._zip = zipfile.ZipFile(path)
        self._names = frozenset(self._zip.namelist())
        folders = sorted(name.removesuffix("checkpoint") for name in self._names if name.endswith("/checkpoint"))
        self._prefix = "" if "checkpoint" in self._names or not folders else min(folders, key=len)

    def known_checkpoints(self) -> list[tuple[str, bytes]]:
        folder = self._prefix + "checkpoints/"
        names = sorted(name.removeprefix(folder) for name in self._names if name.startswith(folder))
        return [
            (f"{self.place}/{folder}{name}", self._read(f"checkpoints/{name}"))
            for name in names
            if name and not name.startswith(".") and not name.endswith("/")
        ]

    def _read(self, path: str) -> bytes:
        name = self._prefix + path
        if name not in self._names:
            raise Unreadable("store.missing", path=path)
        with _unzipping(self.place):
            if self._zip.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile  # the others' own errors, and their bombs, are more than a ledger needs
            with self._zip.open(name) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        return _bounded(data, f"{self.place}/{name}")


class HttpSource(_Files):
    """A log served over HTTP(S)."""

    def __init__(self, address: str) -> None:
        self.place = address.rstrip("/")

    def known_checkpoints(self) -> list[tuple[str, bytes]]:
        return []

    def _read(self, path: str) -> bytes:
        address = f"{self.place}/{path}"
        with _fetching(address, path):
            request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})  # noqa: S310  http(s) only, by open_source
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  the same
                data = _bounded(answer.read(MAX_FILE_BYTES + 1), address)
                if answer.length:  # bytes that were announced and did not come
                    raise EOFError
                return _bounded(_gunzip(data) if answer.headers["Content-Encoding"] == "gzip" else data, address)


@contextmanager
def _reading(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable("source.unreadable", path=place, why=error.strerror or type(error).__name__) from None


@contextmanager
def _unzipping(place: str) -> Iterator[None]:
    with _reading(place):
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError):
            raise Unreadable("source.bad-zip", path=place) from None


@contextmanager
def _fetching(address: str, path: str) -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (404, 410):
            raise Unreadable("store.missing", path=path) from None
        raise Unreadable("source.unreadable", path=address, why=f"HTTP {error.code}") from None
    except OSError as error:
        raise Unreadable("source.unreadable", path=address, why=_why(error)) from None
    except (http.client.IncompleteRead, EOFError):
        raise Unreadable("source.unreadable", path=address, why="cut-off") from None
    except (http.client.HTTPException, zlib.error, ValueError):
        raise Unreadable("source.unreadable", path=address, why="no-answer") from None


def _why(error: OSError) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "timed-out"
    return (reason.strerror if isinstance(reason, OSError) else None) or "no-answer"


def _gunzip(data: bytes) -> bytes:
    """Undo gzip, as far as a file of a ledger may be long; raises EOFError when its end is missing."""
    decoder = zlib.decompressobj(wbits=31)
    plain = decoder.decompress(data, MAX_FILE_BYTES + 1)
    if not decoder.eof and len(plain) <= MAX_FILE_BYTES:
        raise EOFError
    return plain


def _bounded(data: bytes, place: str) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable("source.too-large", path=place)
    return data


def _beginning(data: bytes, tile: Tile) -> bytes:
    """Cut a partial tile from the full one; whether that is whole, the reader sees."""
    if tile.is_bundle:
        return join_bundle(whole_frames(data)[0][: tile.width])
    return data[: tile.width * HASH_SIZE]
