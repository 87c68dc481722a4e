"""The signer's high-water mark: the largest tree that it has ever signed, in a file outside database and backups.

A database that is smaller than the mark, or has another tree below it, was restored, rewritten or swapped. The mark
holds the tree's right edge, so the signer extends what it knows itself and never believes a stored hash.
"""

import json
from pathlib import Path

from expertpool.core.errors import Unavailable
from ledger.durable import replace_file
from ledger.errors import LedgerError
from ledger.merkle import Frontier


class DamagedMark(Unavailable):
    code = "signer.damaged-mark"
    zh = "签名进程的高水位文件 {path} 损坏或缺失，无法证明数据库没有被回退。请按手册由外部共签方恢复。"
    en = "The signer's high-water mark {path} is damaged or missing, so a rollback cannot be ruled out. See the manual."
    path: str


def create_mark(path: Path) -> None:
    """Write the mark of the empty tree. Once, together with the log key; raises FileExistsError if there is one."""
    if path.exists():
        raise FileExistsError(path)
    write_mark(path, Frontier())


def read_mark(path: Path) -> Frontier:
    """Read the mark; raises DamagedMark, also when there is none (an absent mark never means an empty tree)."""
    try:
        stored = json.loads(path.read_bytes())
        return Frontier(int(stored["size"]), [bytes.fromhex(node) for node in stored["frontier"]])
    except (OSError, ValueError, TypeError, KeyError, LedgerError):
        raise DamagedMark(str(path)) from None


def write_mark(path: Path, tree: Frontier) -> None:
    """Replace the mark, flushed to disk."""
    replace_file(path, json.dumps({"size": tree.size, "frontier": [node.hex() for node in tree.nodes]}).encode())
