"""The Merkle tree of RFC 6962, section 2: hashing, proofs, and their verification.

A *node* is the hash of a complete subtree, addressed by (level, index): level 0 are leaf hashes, and node (l, i) covers
leaves i·2^l up to (i+1)·2^l. Proofs are built from any function that answers for nodes, so memory, files, tiles and
a database share this one module. Verification follows the iterative algorithm of RFC 9162, sections 2.1.3.2 and
2.1.4.2, step by step, because every other log client does.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

from ledger.errors import Malformed, Refused

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one entry: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of neighbouring hashes (a full tile, or an aligned part of one)."""
    sha256 = hashlib.sha256
    level = list(hashes)
    while len(level) > 1:
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


class Frontier:
    """The right edge of a growing tree: the complete subtrees of its size, largest first (at most 64 hashes).

    It is all that an appender or a signer must remember to extend a tree and know its root.
    """

    __slots__ = ("nodes", "size")

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if len(nodes) != size.bit_count() or any(len(node) != HASH_SIZE for node in nodes):
            raise Malformed("proof.hash")
        self.size = size
        self.nodes = list(nodes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.append_subtree(0, leaf)

    def append_subtree(self, level: int, node: bytes) -> None:
        """Add a complete subtree of 2^level leaves; the present size must be a multiple of that."""
        if self.size & ((1 << level) - 1):
            raise Malformed("proof.index", index=self.size, size=1 << level)
        rest = self.size >> level
        while rest & 1:
            node = node_hash(self.nodes.pop(), node)
            rest >>= 1
        self.nodes.append(node)
        self.size += 1 << level

    def root(self) -> bytes:
        """Return the tree's root; of the empty tree, SHA-256 of nothing."""
        if not self.nodes:
            return EMPTY_ROOT
        right = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            right = node_hash(left, right)
        return right

    def copy(self) -> "Frontier":
        """Return an independent frontier of the same tree."""
        return Frontier(self.size, self.nodes)


def frontier_at(size: int, node: Node) -> Frontier:
    """Return the frontier of the tree of ``size`` leaves, from its nodes."""
    nodes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            nodes.append(node(level, start >> level))
            start += 1 << level
    return Frontier(size, nodes)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return the audit path PATH(index, D[size]) of RFC 6962, section 2.1.1, from the leaf's sibling up."""
    if not 0 <= index < size:
        raise Refused("proof.index", index=index, size=size)
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    path.reverse()
    return path


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Return PROOF(old, D[new]) of RFC 6962, section 2.1.2; empty when ``old`` is 0 or equals ``new``."""
    if not 0 <= old <= new:
        raise Refused("proof.sizes", old=old, new=new)
    if old in (0, new):
        return []
    proof, start, end, is_old_root = [], 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_root(middle, end, node))
            end = middle
        else:
            proof.append(_range_root(start, middle, node))
            start, is_old_root = middle, False
    if not is_old_root:
        proof.append(_range_root(start, end, node))
    proof.reverse()
    return proof


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf`` (a leaf hash) stands at ``index`` in the tree; raises Refused (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise Refused("proof.index", index=index, size=size)
    _check_hashes(leaf, root, *proof)
    inner = _inner_length(index, size)
    _check_length(proof, inner + (index >> inner).bit_count())
    computed = _climb(leaf, proof[:inner], index)
    for left in proof[inner:]:
        computed = node_hash(left, computed)
    _check_root(computed, root)


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of size ``new`` extends the one of size ``old``; raises Refused (RFC 9162, 2.1.4.2).

    An empty old tree is refused: every tree extends it, so a caller that starts from nothing has nothing to verify.
    """
    if not 0 <= old <= new:
        raise Refused("proof.sizes", old=old, new=new)
    if old == 0:
        raise Refused("proof.from-empty")
    _check_hashes(*proof)
    if old == new:
        _check_length(proof, 0)
        _check_root(old_root, new_root)
        return
    shift = (old & -old).bit_length() - 1  # trailing zeros: the old tree's last complete subtree
    inner = _inner_length(old - 1, new) - shift
    border = (old - 1 >> inner + shift).bit_count()
    old_is_complete = old == 1 << shift
    _check_length(proof, inner + border + (0 if old_is_complete else 1))
    seed, path = (old_root, proof) if old_is_complete else (proof[0], proof[1:])
    mask = old - 1 >> shift

    computed_old = seed
    for level, sibling in enumerate(path[:inner]):
        if mask >> level & 1:
            computed_old = node_hash(sibling, computed_old)
    computed_new = _climb(seed, path[:inner], mask)
    for left in path[inner:]:
        computed_old = node_hash(left, computed_old)
        computed_new = node_hash(left, computed_new)
    _check_root(computed_old, old_root)
    _check_root(computed_new, new_root)


def _split(width: int) -> int:
    """Return the largest power of two smaller than ``width`` (RFC 6962's k)."""
    return 1 << (width - 1).bit_length() - 1


def _range_root(start: int, end: int, node: Node) -> bytes:
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(width)
    return node_hash(_range_root(start, middle, node), _range_root(middle, end, node))


def _inner_length(index: int, size: int) -> int:
    """Return how many proof hashes lie below where the path to ``index`` leaves the tree's right edge."""
    return (index ^ size - 1).bit_length()


def _climb(seed: bytes, siblings: Sequence[bytes], index: int) -> bytes:
    for level, sibling in enumerate(siblings):
        seed = node_hash(sibling, seed) if index >> level & 1 else node_hash(seed, sibling)
    return seed


def _check_hashes(*hashes: bytes) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise Refused("proof.hash")


def _check_length(proof: Sequence[bytes], expected: int) -> None:
    if len(proof) != expected:
        raise Refused("proof.length", found=len(proof), expected=expected)


def _check_root(computed: bytes, expected: bytes) -> None:
    if not hmac.compare_digest(computed, expected):
        raise Refused("proof.root")
