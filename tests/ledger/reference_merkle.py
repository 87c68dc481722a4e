"""RFC 6962, section 2.1, written again as the recursive definitions read: what ledger.merkle is compared with."""

import hashlib
from collections.abc import Sequence
from functools import cache


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """k: the largest power of two smaller than size."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


class ReferenceTree:
    """D[0:n] for every n up to the number of entries."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
        self.root = cache(self._root)

    def _root(self, start: int, end: int) -> bytes:
        """MTH(D[start:end])."""
        if start == end:
            return hashlib.sha256(b"").digest()
        if end - start == 1:
            return self.leaves[start]
        middle = start + split(end - start)
        return node(self.root(start, middle), self.root(middle, end))

    def node(self, level: int, index: int) -> bytes:
        """A complete subtree's hash; fails for one that the tree does not hold."""
        assert (index + 1) << level <= len(self.leaves)
        return self.root(index << level, (index + 1) << level)

    def path(self, index: int, end: int, start: int = 0) -> list[bytes]:
        """PATH(m, D[start:end]), m counted from start."""
        if end - start == 1:
            return []
        k = split(end - start)
        if index < k:
            return [*self.path(index, start + k, start), self.root(start + k, end)]
        return [*self.path(index - k, end, start + k), self.root(start, start + k)]

    def proof(self, old: int, new: int) -> list[bytes]:
        """PROOF(m, D[n])."""
        return self._subproof(old, 0, new, known=True)

    def _subproof(self, m: int, start: int, end: int, *, known: bool) -> list[bytes]:
        if m == end - start:
            return [] if known else [self.root(start, end)]
        k = split(end - start)
        if m <= k:
            return [*self._subproof(m, start, start + k, known=known), self.root(start + k, end)]
        return [*self._subproof(m - k, start + k, end, known=False), self.root(start, start + k)]


def root_by_path(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that PATH(index, D[size]) leads to from the leaf; None when the path has another length."""
    if size == 1:
        return leaf if not path else None
    if not path:
        return None
    k = split(size)
    if index < k:
        below = root_by_path(index, k, leaf, path[:-1])
        return None if below is None else node(below, path[-1])
    below = root_by_path(index - k, size - k, leaf, path[:-1])
    return None if below is None else node(path[-1], below)


def roots_by_proof(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, *, known: bool = True
) -> tuple[bytes, bytes] | None:
    """The two roots that PROOF(old, D[new]) leads to; None when the proof has another length."""
    if old == new:
        if known:
            return (old_root, old_root) if not proof else None
        return (proof[0], proof[0]) if len(proof) == 1 else None
    if not proof:
        return None
    k = split(new)
    if old <= k:
        below = roots_by_proof(old, k, proof[:-1], old_root, known=known)
        return None if below is None else (below[0], node(below[1], proof[-1]))
    below = roots_by_proof(old - k, new - k, proof[:-1], old_root, known=False)
    return None if below is None else (node(proof[-1], below[0]), node(proof[-1], below[1]))
