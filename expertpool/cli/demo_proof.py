"""The end of a demonstration: bundles and ledger as an outsider gets them, checked as an outsider checks them."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from expertpool.audit.ledger_pages import BUNDLES
from expertpool.cli.audit_export import write_bundle_file
from expertpool.cli.demo_setting import Setting
from expertpool.cli.ledger_export import export as export_ledger
from expertpool.cli.vault_parts import open_vault_parts
from expertpool.core import checkpoints
from expertpool.core.clock import SystemClock
from expertpool.draws.exporting import export as export_bundle
from expertpool.protocol.replay import Report, Trust, replay
from expertpool.protocol.replay.case import Progress
from ledger.policy import Policy, parse_policy
from ledger.verify import Report as LedgerReport
from ledger.verify import verify

AT_ONCE: Final = 1 << 24
LEAST: Final = 6
"""Shorter forms are not looked for: in files full of ciphertext they stand by chance."""


def write_bundles(setting: Setting, draw_id: str) -> None:
    """Write the public bundle and the auditor's. Raises `NotClosed`, `NotCosigned`."""
    with open_vault_parts(setting.settings, SystemClock()) as parts:
        bundle = export_bundle(parts, draw_id, audit=True)
    write_bundle_file(setting.places.public_bundle, bundle.public())
    write_bundle_file(setting.places.audit_bundle, bundle)
    lay_public_bundle(setting, draw_id)


def lay_public_bundle(setting: Setting, draw_id: str) -> None:
    """Lay the public bundle where the draw's public page offers it. Raises as `write_bundles`."""
    with open_vault_parts(setting.settings, SystemClock()) as parts:
        bundle = export_bundle(parts, draw_id, audit=False)
    write_bundle_file(setting.settings.paths.var / BUNDLES / f"{draw_id}.zip", bundle)


def cosigned(setting: Setting, index: int) -> bool:
    """Whether outsiders cosigned a checkpoint that covers an entry."""
    policy = trust(setting)
    return any(policy.judge(signed).quorum for signed in checkpoints.covering(setting.engine, index))


def write_ledger(setting: Setting) -> None:
    """Write the ledger as anyone may have it."""
    export_ledger(setting.engine, trust(setting), setting.places.ledger, lambda _done, _total: None)


def trust(setting: Setting) -> Policy:
    """Whom the two outside holders agreed to trust."""
    return parse_policy(setting.places.policy.read_bytes())


def replayed(setting: Setting, bundle: Path, progress: Progress) -> Report:
    """Replay a bundle with the ledger beside it."""
    with bundle.open("rb") as file:
        return replay(file, Trust(policy=trust(setting)), log_place=str(setting.places.ledger), progress=progress)


def verified(setting: Setting) -> LedgerReport:
    """Verify the exported ledger."""
    return verify(str(setting.places.ledger), policy=trust(setting))


def traces(folder: Path, but: Path, secret: Iterable[str]) -> tuple[int, int, list[Path]]:
    """Look for texts in everything that lies below a folder, one other folder excepted, in every form they may have.

    Gives how many files and bytes were searched, and where something was found.
    """
    needles = {form for text in secret for form in _forms(text) if len(form) >= LEAST}
    longest = max(map(len, needles), default=0)
    files = size = 0
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_relative_to(but):
            continue
        files += 1
        hit = False
        for piece in _pieces(path, longest):
            size += len(piece)
            hit = hit or any(needle in piece for needle in needles)
        if hit:
            found.append(path)
    return files, size, found


def _forms(text: str) -> Iterator[bytes]:
    """A text as UTF-8, as GBK, and as JSON that keeps to ASCII."""
    yield text.encode()
    yield text.encode("gb18030")
    yield json.dumps(text)[1:-1].encode()


def _pieces(path: Path, overlap: int) -> Iterator[bytes]:
    """A file's bytes, and those of the members of an archive; pieces overlap, so that nothing is cut in two."""
    with path.open("rb") as file:
        tail = b""
        while piece := file.read(AT_ONCE):
            yield tail + piece
            tail = piece[-overlap:]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
