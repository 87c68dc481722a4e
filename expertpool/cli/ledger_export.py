"""Writes the signed ledger as files in the tlog-tiles layout, for anyone to check with ``python -m ledger verify``.

::

    checkpoint              the newest checkpoint, under the policy the newest that its quorum cosigned
    checkpoints/00000007    older ones, by size: what outsiders may have kept must be a prefix of this
    tile/...                hashes and entries
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, select

from expertpool.core.database import READ_ONLY
from expertpool.core.errors import Conflict
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerCheckpoint
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.durable import replace_file
from ledger.policy import Policy
from ledger.tiles import bundles_of, tiles_of

OLDER_CHECKPOINTS = 100
LOOK_BACK = 10_000

Progress = Callable[[int, int], None]  # files written, files in all


class NothingSigned(Conflict):
    code = "export.nothing-signed"
    zh = "账本还没有已签署的检查点，无可导出。请先启动签名进程（expertpool signer）。"
    en = "No checkpoint is signed yet, so there is nothing to export. Start the signer first (expertpool signer)."


class TargetExists(Conflict):
    code = "export.exists"
    zh = "{path} 已存在且非空，不会覆盖。请另选名称。"
    en = "{path} exists and is not empty; it is not overwritten. Choose another name."
    path: str


class _Target(Protocol):
    def write(self, name: str, data: bytes) -> None: ...


def export(engine: Engine, policy: Policy | None, path: Path, progress: Progress) -> SignedCheckpoint:
    """Write the ledger to a new directory or, where the name ends in .zip, a zip file; returns what was exported.

    Raises `NothingSigned`, `TargetExists`, OSError. The checkpoint comes last: without it there is no ledger.
    """
    signed = _newest(engine, policy)
    if path.exists() and (path.is_file() or any(path.iterdir())):
        raise TargetExists(str(path))
    if path.suffix.lower() == ".zip":
        part = path.with_name(f"{path.name}.part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            _write_all(engine, signed, _Zip(archive), progress)
        part.replace(path)
    else:
        _write_all(engine, signed, _Directory(path), progress)
    return signed


class _Directory:
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, name: str, data: bytes) -> None:
        replace_file(self._path / name, data)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def write(self, name: str, data: bytes) -> None:
        self._archive.writestr(name, data)


def _write_all(engine: Engine, signed: SignedCheckpoint, target: _Target, progress: Progress) -> None:
    log = SqlLog(engine)
    older = _thinned([size for size in _sizes(engine) if size < signed.size], OLDER_CHECKPOINTS)
    total = sum(1 for _ in chain(bundles_of(signed.size), tiles_of(signed.size)))
    for done, tile in enumerate(chain(bundles_of(signed.size), tiles_of(signed.size)), 1):
        target.write(tile.path, log.tile(tile))
        progress(done, total)
    for size, note in _notes(engine, older):
        target.write(f"checkpoints/{size:08d}", note)
    target.write("checkpoint", signed.to_bytes())


def _newest(engine: Engine, policy: Policy | None) -> SignedCheckpoint:
    """The newest checkpoint with a quorum under the policy, looking back a while; else the newest."""
    newest: SignedCheckpoint | None = None
    rows = select(LedgerCheckpoint.note).order_by(LedgerCheckpoint.size.desc()).limit(LOOK_BACK)
    with engine.execution_options(**READ_ONLY).connect() as connection:
        for note in connection.scalars(rows.execution_options(yield_per=100)):
            signed = parse_signed_checkpoint(note)
            newest = newest or signed
            if policy is None or policy.judge(signed).quorum:
                return signed
    if newest is None:
        raise NothingSigned
    return newest


def _sizes(engine: Engine) -> list[int]:
    with engine.execution_options(**READ_ONLY).connect() as connection:
        return list(connection.scalars(select(LedgerCheckpoint.size).order_by(LedgerCheckpoint.size)))


def _notes(engine: Engine, sizes: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    wanted = select(LedgerCheckpoint.size, LedgerCheckpoint.note).where(LedgerCheckpoint.size.in_(sizes))
    with engine.execution_options(**READ_ONLY).connect() as connection:
        yield from ((size, note) for size, note in connection.execute(wanted))


def _thinned(sizes: Sequence[int], most: int) -> list[int]:
    """At most so many, evenly spread, the first and the last among them."""
    if len(sizes) <= most:
        return list(sizes)
    return [sizes[index * (len(sizes) - 1) // (most - 1)] for index in range(most)]
