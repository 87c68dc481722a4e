"""The ledger: what an entry costs an act, an append in memory, and an auditor who checks a million of them."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pymerkle import InmemoryTree

from benchmarks.appending import append_commit
from benchmarks.harness import Measurement, paired
from benchmarks.verifying import verify
from ledger.memory import Tree

FOLDER = Path(__file__).parent.parent / "var" / "benchmarks"
LEAVES = 50_000


def main() -> Iterator[Measurement]:
    """Yield every measurement of the ledger."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    yield from append_commit(FOLDER)
    yield from append_memory()
    yield from verify(FOLDER)


def append_memory() -> Iterator[Measurement]:
    """Append the same entries to our tree and to pymerkle's, which keeps its nodes in memory as well."""
    leaves = [sha256(b"%d" % number).hexdigest().encode() * 6 for number in range(LEAVES)]

    def ours() -> Tree:
        tree = Tree()
        for leaf in leaves:
            tree.append(leaf)
        return tree

    def theirs() -> InmemoryTree:
        tree = InmemoryTree(algorithm="sha256")
        for leaf in leaves:
            tree.append_entry(leaf)
        return tree

    if ours().root() != theirs().get_root():
        raise RuntimeError("the two trees differ")
    pair = paired(ours, theirs)
    yield Measurement("append_memory", LEAVES / pair.ours, "1/s", "pymerkle", pair.ratio)
