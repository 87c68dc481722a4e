"""Logs to verify: honest ones, and the files that somebody who rewrites one could lay out instead."""

import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ledger.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from ledger.cosignature import cosign
from ledger.entry import NO_PREVIOUS, Draft
from ledger.memory import Tree
from ledger.merkle import HASH_SIZE, leaf_hash
from ledger.note import NoteSigner
from ledger.policy import parse_policy
from ledger.tiles import HEIGHT, WIDTH, bundles_of, join_bundle, tiles_of
from tests.ledger.signers import cosigner, signer

ORIGIN = "centre.example/ledger"
LOG = signer(ORIGIN)
WITNESSES = {"inspection": cosigner("inspection.example/w"), "province": cosigner("province.example/w")}
POLICY_TEXT = f"""log {LOG.key}
witness inspection {WITNESSES["inspection"].key}
witness province {WITNESSES["province"].key}
group outside all inspection province
quorum outside
"""
POLICY = parse_policy(POLICY_TEXT.encode())
COSIGNED_AT = 1_795_000_000  # POSIX seconds
TIME = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)

Files = dict[str, bytes]


def drafts(first: int, count: int) -> list[Draft]:
    return [
        Draft("draw.intent", "agency-7", TIME, {"number": number, "事由": "技术标，复核"})
        for number in range(first, first + count)
    ]


def entries(count: int, changed_at: int | None = None) -> list[bytes]:
    """The bytes of the entries that ``drafts`` become; from ``changed_at`` on, those of another history."""
    made: list[bytes] = []
    prev = NO_PREVIOUS
    for index in range(count):
        number = -1 - index if changed_at is not None and index >= changed_at else index
        made.append(
            f'{{"actor":"agency-7","body":{{"number":{number},"事由":"技术标，复核"}},"index":{index},'
            f'"kind":"draw.intent","prev":"{prev}","time":"2026-11-21T01:30:00.000000Z"}}'.encode()
        )
        prev = leaf_hash(made[-1]).hex()
    return made


def tree_of(data: Iterable[bytes]) -> Tree:
    tree = Tree()
    for entry in data:
        tree.append(entry)
    return tree


def signed(
    data: Sequence[bytes],
    *,
    origin: str = ORIGIN,
    by: NoteSigner = LOG,
    cosigners: Iterable[NoteSigner] = WITNESSES.values(),
    root: bytes | None = None,
) -> SignedCheckpoint:
    """A checkpoint of these entries, as the log signs it and the witnesses cosign it."""
    checkpoint = Checkpoint(origin, len(data), root or tree_of(data).root())
    bare = sign_checkpoint(checkpoint, by)
    return SignedCheckpoint(checkpoint, bare.note.adding(cosign(bare, who, COSIGNED_AT) for who in cosigners))


def files_of(data: Sequence[bytes], checkpoint: SignedCheckpoint | None = None) -> Files:
    """All files of a log of these entries, with a checkpoint of theirs or another."""
    tree = tree_of(data)
    files = {
        tile.path: b"".join(tree.node(tile.level * HEIGHT, tile.index * WIDTH + offset) for offset in range(tile.width))
        for tile in tiles_of(len(data))
    }
    return {**files, **bundles(data), "checkpoint": (checkpoint or signed(data)).to_bytes()}


def bundles(data: Sequence[bytes]) -> Files:
    return {
        tile.path: join_bundle(data[tile.index * WIDTH : tile.index * WIDTH + tile.width])
        for tile in bundles_of(len(data))
    }


def with_hash(files: Files, path: str, offset: int, hashed: bytes) -> Files:
    """The files with one hash of a tile replaced."""
    tile = files[path]
    start = offset * HASH_SIZE
    return {**files, path: tile[:start] + hashed + tile[start + HASH_SIZE :]}


def edited(entry: bytes) -> bytes:
    """The entry as somebody would rewrite it: well-formed, canonical, saying something else."""
    return entry.replace("复核".encode(), "免检".encode())


def with_field(entry: bytes, name: str, value: str) -> bytes:
    """The entry with another value of a field of the envelope, given as JSON."""
    changed, count = re.subn(rf'(,"{name}":)("[^"]*"|[0-9]+)'.encode(), rb"\g<1>" + value.encode(), entry)
    assert count == 1
    return changed


def write_directory(files: Mapping[str, bytes], directory: Path) -> Path:
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return directory


def write_zip(files: Mapping[str, bytes], path: Path, folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(folder + name, data)
    return path
