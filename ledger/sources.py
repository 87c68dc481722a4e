"""Where a log to be checked may lie: a directory, a zip file, an HTTP(S) address. Read-only, nothing is believed."""

import gzip
import urllib.error
import urllib.request
import zipfile
import zlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final, Protocol

from ledger.entry import MAX_ENTRY_BYTES
from ledger.errors import Unreadable
from ledger.merkle import HASH_SIZE
from ledger.store import Reader
from ledger.tiles import WIDTH, Tile, join_bundle, split_tile, whole_frames

MAX_FILE_BYTES: Final = WIDTH * (MAX_ENTRY_BYTES + 2)
TIMEOUT_SECONDS: Final = 30


class Source(Reader, Protocol):
    """A reader of a finished copy, which may also hold older checkpoints of the same log."""

    def known_checkpoints(self) -> list[tuple[str, bytes]]:
        """Older signed checkpoints that lie beside the log under ``checkpoints/``: (where, bytes)."""


def open_source(place: str) -> Source:
    """Open a directory, zip file or http(s) address; raises Unreadable with what to do."""
    if place.startswith(("http://", "https://")):
        return HttpSource(place)
    path = Path(place)
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
            full = Tile(tile.level, tile.index)
            try:
                data = self._read(full.path)
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
        return [(str(path), path.read_bytes()) for path in sorted(folder.glob("*")) if path.is_file()]

    def _read(self, path: str) -> bytes:
        try:
            return (self.directory / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise Unreadable("store.missing", path=path) from None
        except OSError as error:
            raise Unreadable("source.unreadable", path=path, why=error.strerror) from None


class ZipSource(_Files):
    """A zip file in that layout, perhaps inside one folder."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise Unreadable("source.bad-zip", path=path) from None
        except OSError as error:
            raise Unreadable("source.unreadable", path=path, why=error.strerror) from None
        self._names = frozenset(self._zip.namelist())
        folders = sorted(name.removesuffix("checkpoint") for name in self._names if name.endswith("/checkpoint"))
        self._prefix = "" if "checkpoint" in self._names or not folders else min(folders, key=len)

    def known_checkpoints(self) -> list[tuple[str, bytes]]:
        folder = self._prefix + "checkpoints/"
        names = sorted(name for name in self._names if name.startswith(folder) and name != folder)
        return [(name, self._read(name.removeprefix(self._prefix))) for name in names]

    def _read(self, path: str) -> bytes:
        name = self._prefix + path
        if name not in self._names:
            raise Unreadable("store.missing", path=path)
        if self._zip.getinfo(name).file_size > MAX_FILE_BYTES:
            raise Unreadable("source.too-large", path=path)
        try:
            return self._zip.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError):
            raise Unreadable("source.bad-zip", path=self.place) from None


class HttpSource(_Files):
    """A log served over HTTP(S)."""

    def __init__(self, address: str) -> None:
        self.place = address.rstrip("/")

    def known_checkpoints(self) -> list[tuple[str, bytes]]:
        return []

    def _read(self, path: str) -> bytes:
        address = f"{self.place}/{path}"
        request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip, identity"})  # noqa: S310 -- http(s) only, by open_source
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 -- the same
                data = answer.read(MAX_FILE_BYTES + 1)
                zipped = answer.headers.get("Content-Encoding") == "gzip"
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                raise Unreadable("store.missing", path=path) from None
            raise Unreadable("source.unreadable", path=address, why=f"HTTP {error.code}") from None
        except (OSError, ValueError) as error:
            raise Unreadable("source.unreadable", path=address, why=type(error).__name__) from None
        return _unzip(data, address) if zipped else _bounded(data, address)


def _unzip(data: bytes, address: str) -> bytes:
    decoder = zlib.decompressobj(wbits=31)
    try:
        plain = decoder.decompress(data, MAX_FILE_BYTES + 1)
    except zlib.error:
        raise Unreadable("source.unreadable", path=address, why=gzip.BadGzipFile.__name__) from None
    return _bounded(plain, address)


def _bounded(data: bytes, address: str) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable("source.too-large", path=address)
    return data


def _beginning(data: bytes, tile: Tile) -> bytes:
    full = Tile(tile.level, tile.index)
    if not tile.is_bundle:
        return b"".join(split_tile(data, full))[: tile.width * HASH_SIZE]
    return join_bundle(whole_frames(data)[0][: tile.width])
