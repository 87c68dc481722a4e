"""The tree against its recursive definition: every size up to 130, and every change of a proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError, Malformed, Refused
from ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    fold,
    frontier_at,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.reference_merkle import ReferenceTree, root_by_path, roots_by_proof

LARGEST = 130
TREE = ReferenceTree([b"entry %d" % index for index in range(2 * LARGEST)])
ROOTS = [TREE.root(0, size) for size in range(2 * LARGEST + 1)]

HASHES = st.binary(min_size=32, max_size=32)


def test_every_inclusion_proof() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, TREE.node)
            assert proof == TREE.path(index, size)
            verify_inclusion(index, size, TREE.leaves[index], proof, ROOTS[size])


def test_every_consistency_proof() -> None:
    for new in range(1, LARGEST + 1):
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, TREE.node)
            assert proof == TREE.proof(old, new)
            verify_consistency(old, new, proof, ROOTS[old], ROOTS[new])


def test_a_frontier_is_the_tree() -> None:
    frontier = Frontier()
    for size in range(LARGEST + 1):
        assert (frontier.size, frontier.root()) == (size, ROOTS[size])
        assert frontier.nodes == frontier_at(size, TREE.node).nodes
        frontier.append(TREE.leaves[size])
    assert Frontier().root() == EMPTY_ROOT


@given(st.lists(st.integers(0, 5), max_size=12))
def test_a_frontier_grows_by_complete_subtrees(levels: list[int]) -> None:
    frontier = Frontier()
    for level in levels:
        start = frontier.size
        if start + (1 << level) > len(TREE.leaves):
            break
        if start % (1 << level):
            with pytest.raises(Malformed):
                frontier.append_subtree(level, bytes(32))
        else:
            frontier.append_subtree(level, TREE.node(level, start >> level))
        assert frontier.root() == ROOTS[frontier.size]


def test_a_copied_frontier_is_independent() -> None:
    frontier = frontier_at(5, TREE.node)
    copy = frontier.copy()
    copy.append(TREE.leaves[5])
    assert (frontier.size, frontier.root()) == (5, ROOTS[5])
    assert (copy.size, copy.root()) == (6, ROOTS[6])


@pytest.mark.parametrize("nodes", [[], [bytes(32)], [bytes(32)] * 3, [bytes(32), bytes(31)]])
def test_a_frontier_needs_the_nodes_of_its_size(nodes: list[bytes]) -> None:
    with pytest.raises(Malformed):
        Frontier(5, nodes)


@pytest.mark.parametrize("level", range(8))
def test_fold_is_the_root_of_a_complete_subtree(level: int) -> None:
    assert fold(TREE.leaves[1 << level : 2 << level]) == TREE.node(level, 1)


def test_leaves_and_nodes_cannot_stand_for_each_other() -> None:
    left, right = TREE.leaves[:2]
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (6, 5), (0, 0), (0, -1)])
def test_an_index_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(Refused):
        inclusion_proof(index, size, TREE.node)
    with pytest.raises(Refused):
        verify_inclusion(index, size, TREE.leaves[0], [], ROOTS[1])


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (1, 0)])
def test_sizes_that_do_not_follow(old: int, new: int) -> None:
    with pytest.raises(Refused):
        consistency_proof(old, new, TREE.node)
    with pytest.raises(Refused):
        verify_consistency(old, new, [], ROOTS[1], ROOTS[1])


def test_from_an_empty_tree_there_is_nothing_to_verify() -> None:
    assert consistency_proof(0, 5, TREE.node) == []
    for new in (0, 5):
        with pytest.raises(Refused) as refusal:
            verify_consistency(0, new, [], EMPTY_ROOT, ROOTS[new])
        assert refusal.value.code == "proof.from-empty"


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_hashes_of_another_length(length: int) -> None:
    odd = bytes(length)
    inclusions = [(odd, [], odd), (odd, [bytes(32)], ROOTS[2]), (TREE.leaves[0], [odd], ROOTS[2])]
    for leaf, proof, root in inclusions:
        with pytest.raises(Refused):
            verify_inclusion(0, 1 + len(proof), leaf, proof, root)
    extensions = [([odd], ROOTS[1], ROOTS[2]), ([TREE.leaves[1]], odd, ROOTS[2]), ([], ROOTS[1], odd)]
    for proof, old_root, new_root in extensions:
        with pytest.raises(Refused):
            verify_consistency(1, 1 + len(proof), proof, old_root, new_root)


def changed(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """Return the proof with one thing changed."""
    kinds = ["add"] + (["flip", "drop", "replace"] if proof else []) + (["swap", "reverse"] if len(proof) > 1 else [])
    kind, result = draw(st.sampled_from(kinds)), list(proof)
    place = draw(st.integers(0, len(proof) - (kind != "add")))
    if kind == "add":
        result.insert(place, draw(HASHES | st.sampled_from([*proof, bytes(32)])))
    elif kind == "drop":
        del result[place]
    elif kind == "replace":
        result[place] = draw(HASHES.filter(lambda value: value != proof[place]))
    elif kind == "flip":
        bit = draw(st.integers(0, 255))
        result[place] = (int.from_bytes(proof[place]) ^ 1 << bit).to_bytes(32)
    elif kind == "swap":
        other = draw(st.integers(0, len(proof) - 1).filter(lambda other: other != place))
        result[place], result[other] = proof[other], proof[place]
    else:
        result.reverse()
    return result


@st.composite
def inclusion_forgeries(draw: st.DrawFn) -> tuple[int, int, bytes, list[bytes], bytes]:
    size = draw(st.integers(1, 2 * LARGEST))
    index = draw(st.integers(0, size - 1))
    leaf, proof, root = TREE.leaves[index], TREE.path(index, size), ROOTS[size]
    match draw(st.sampled_from(["proof", "index", "leaf", "root"])):
        case "proof":
            proof = changed(draw, proof)
        case "index":
            index = draw(st.integers(-1, size + 1).filter(lambda other: other != index))
        case "leaf":
            leaf = draw(HASHES | st.sampled_from([hash_ for hash_ in TREE.leaves if hash_ != leaf]))
        case _:
            root = draw(HASHES | st.sampled_from([hash_ for hash_ in ROOTS if hash_ != root]))
    return index, size, leaf, proof, root


@given(inclusion_forgeries())
def test_a_changed_inclusion_proof_is_refused(forgery: tuple[int, int, bytes, list[bytes], bytes]) -> None:
    with pytest.raises(Refused):
        verify_inclusion(*forgery)


@st.composite
def consistency_forgeries(draw: st.DrawFn) -> tuple[int, int, list[bytes], bytes, bytes]:
    new = draw(st.integers(1, 2 * LARGEST))
    old = draw(st.integers(1, new))
    proof, old_root, new_root = TREE.proof(old, new), ROOTS[old], ROOTS[new]
    match draw(st.sampled_from(["proof", "old root", "new root"])):
        case "proof":
            proof = changed(draw, proof)
        case "old root":
            old_root = draw(HASHES | st.sampled_from([hash_ for hash_ in ROOTS if hash_ != old_root]))
        case _:
            new_root = draw(HASHES | st.sampled_from([hash_ for hash_ in ROOTS if hash_ != new_root]))
    return old, new, proof, old_root, new_root


@given(consistency_forgeries())
def test_a_changed_consistency_proof_is_refused(forgery: tuple[int, int, list[bytes], bytes, bytes]) -> None:
    with pytest.raises(Refused):
        verify_consistency(*forgery)


def accepts(verify: object, *arguments: object) -> bool:
    assert callable(verify)
    try:
        verify(*arguments)
    except LedgerError:
        return False
    return True


# A proof fixes the shape of the way to the root, which several sizes share; the size itself is what the signed
# checkpoint binds to the root. So for changed sizes the claim is: exactly what the recursive definition accepts.


@given(st.data(), st.integers(1, LARGEST), st.integers(1, LARGEST))
def test_inclusion_under_another_size_is_judged_as_defined(data: st.DataObject, size: int, claimed: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, proof, root = TREE.leaves[index], TREE.path(index, size), ROOTS[size]
    expected = index < claimed and root_by_path(index, claimed, leaf, proof) == root
    assert accepts(verify_inclusion, index, claimed, leaf, proof, root) == expected


@given(st.data(), st.integers(1, LARGEST), st.integers(1, LARGEST), st.integers(1, LARGEST))
def test_consistency_under_other_sizes_is_judged_as_defined(
    data: st.DataObject, new: int, claimed_old: int, claimed_new: int
) -> None:
    old = data.draw(st.integers(1, new))
    claims = data.draw(st.sampled_from([(claimed_old, new), (old, claimed_new), (claimed_old, claimed_new)]))
    proof, roots = TREE.proof(old, new), (ROOTS[old], ROOTS[new])
    expected = claims[0] <= claims[1] and roots_by_proof(*claims, proof, roots[0]) == roots
    assert accepts(verify_consistency, *claims, proof, *roots) == expected
