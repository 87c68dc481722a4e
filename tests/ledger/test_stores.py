"""Every place that holds a log answers alike, and a change of any byte in any of them is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.edge import TileEdge
from ledger.entry import Draft
from ledger.errors import LedgerError, Malformed
from ledger.files import FileLog
from ledger.memory import MemoryLog
from ledger.merkle import (
    consistency_proof,
    fold,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from ledger.sources import DirectorySource, ZipSource
from ledger.store import Reader, nodes_of
from ledger.tiles import WIDTH, Tile, bundles_of, split_bundle, tiles_of
from ledger.verify import verify
from tests.ledger.json_values import TEXTS, VALUES
from tests.ledger.logs import POLICY, TIME, entries, files_of, signed, tree_of, write_directory, write_zip

BODIES = st.dictionaries(TEXTS, VALUES, max_size=2)
# Batches of drafts with some body: many small ones, and now and then one that crosses a bundle or two.
HISTORIES = st.lists(
    st.tuples(st.integers(0, 5) | st.sampled_from([250, 256, 257, 300]), BODIES), min_size=1, max_size=6
)


@contextmanager
def stores(history: list[tuple[int, dict[str, object]]]) -> Iterator[tuple[MemoryLog, dict[str, Reader], list[int]]]:
    """The same history in memory and in every other kind of place, published at its end; with the sizes in between."""
    memory = MemoryLog()
    with TemporaryDirectory() as directory, patch("os.fsync"):
        path = Path(directory)
        log = FileLog(path / "log")
        for count, body in history:
            batch = [Draft("draw.intent", "agency-7", TIME, body)] * count
            assert log.append(batch) == memory.append(batch)
            assert log.root() == memory.tree.root()
        data = [entry.data for entry in memory.entries]
        checkpoint = signed(data).to_bytes()
        log.publish(checkpoint)
        memory.publish(checkpoint)
        archive = write_zip(files_of(data), path / "log.zip")
        readers: dict[str, Reader] = {
            "files": log,
            "files, opened again": FileLog(path / "log"),
            "directory": DirectorySource(path / "log"),
            "zip": ZipSource(archive),
        }
        yield memory, readers, list(accumulate(count for count, _ in history))


@settings(max_examples=15)
@given(HISTORIES)
def test_stores_agree_byte_for_byte(history: list[tuple[int, dict[str, object]]]) -> None:
    with stores(history) as (memory, readers, sizes):
        for reader in readers.values():
            assert reader.checkpoint() == memory.checkpoint()
        for size in {*sizes, *(size - size % WIDTH for size in sizes)}:
            for tile in (*tiles_of(size), *bundles_of(size)):
                expected = memory.tile(tile)
                for name, reader in readers.items():
                    if tile.width == WIDTH or size == sizes[-1] or "files" in name:
                        assert reader.tile(tile) == expected, (name, tile)
            assert tree_of(entry.data for entry in memory.entries[:size]).root() == memory.tree.root(size)


@settings(max_examples=15)
@given(HISTORIES, st.data())
def test_proofs_from_every_store_verify(history: list[tuple[int, dict[str, object]]], data: st.DataObject) -> None:
    with stores(history) as (memory, readers, sizes):
        size = sizes[-1]
        if size == 0:
            return
        index = data.draw(st.integers(0, size - 1))
        old = data.draw(st.integers(1, size))
        leaf, root = memory.entries[index].hash, memory.tree.root()
        for reader in (memory, *readers.values()):
            node = nodes_of(reader, size)
            verify_inclusion(index, size, leaf, inclusion_proof(index, size, node), root)
            verify_consistency(old, size, consistency_proof(old, size, node), memory.tree.root(old), root)


def test_a_store_that_grows_answers_for_the_past(tmp_path: Path) -> None:
    """At every size of a history, for every size before it."""
    log, memory = FileLog(tmp_path), MemoryLog()
    drafts = [Draft("draw.intent", "agency-7", TIME, {})] * 3
    with patch("os.fsync"):
        for _ in range(100):
            log.append(drafts)
            memory.append(drafts)
            node = nodes_of(log, log.size)
            for old in (1, log.size // 2, log.size):
                proof = consistency_proof(old, log.size, node)
                verify_consistency(old, log.size, proof, memory.tree.root(old), log.root())


@pytest.mark.parametrize("bundles", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537])
def test_the_edge_of_the_tiles(bundles: int) -> None:
    """It can be put down and taken up anywhere, and hands out each tile when it is full."""
    roots = [leaf_hash(b"%d" % number) for number in range(bundles)]
    edge, full = TileEdge(), dict[Tile, bytes]()
    for root in roots:
        full.update(edge.add(root))
    again = TileEdge(edge.bundles, edge.levels)
    assert again.levels == edge.levels
    assert again.frontier().root() == edge.frontier().root()
    tiles = {**full, **dict(edge.unfinished())}
    level, hashes = 1, roots
    while hashes:
        for index in range(0, len(hashes), WIDTH):
            part = hashes[index : index + WIDTH]
            assert tiles.pop(Tile(level, index // WIDTH, len(part))) == b"".join(part)
        level += 1
        hashes = [fold(hashes[i : i + WIDTH]) for i in range(0, len(hashes) - WIDTH + 1, WIDTH)]
    assert tiles == {}


@pytest.mark.parametrize(
    ("bundles", "levels"),
    [
        (-1, []),
        (1, []),
        (0, [[bytes(32)]]),
        (2, [[bytes(32)]]),
        (1, [[bytes(31)]]),
        (256, [[]]),
        (256, [[bytes(32)], []]),
    ],
)
def test_an_edge_that_does_not_fit_its_size(bundles: int, levels: list[list[bytes]]) -> None:
    with pytest.raises(Malformed):
        TileEdge(bundles, levels)


def test_every_changed_byte_of_a_small_log_is_found(tmp_path: Path) -> None:
    """In bundles, tiles and the checkpoint, whatever one bit becomes: broken, unreadable, or without its quorum."""
    files = files_of(entries(3))
    write_directory(files, tmp_path)
    assert verify(str(tmp_path), policy=POLICY).verdict == "proven"
    for name, data in files.items():
        path = tmp_path / name
        for position in range(len(data)):
            changed = bytes([data[position] ^ 1 << position % 8])
            path.write_bytes(data[:position] + changed + data[position + 1 :])
            try:
                said: str = verify(str(tmp_path), policy=POLICY).verdict
            except LedgerError as error:
                said = error.code
            assert said == "broken" or (name == "checkpoint" and said != "proven"), (name, position)
        path.write_bytes(data)


@settings(max_examples=60)
@given(st.data())
def test_a_changed_byte_of_a_larger_log_is_found(data: st.DataObject) -> None:
    with TemporaryDirectory() as directory:
        files = files_of(LARGER)
        name = data.draw(st.sampled_from(sorted(files.keys() - {"checkpoint"})))
        position = data.draw(st.integers(0, len(files[name]) - 1))
        byte = data.draw(st.integers(1, 255)) ^ files[name][position]
        files[name] = files[name][:position] + bytes([byte]) + files[name][position + 1 :]
        assert verify(str(write_directory(files, Path(directory))), policy=POLICY).verdict == "broken"


LARGER = entries(300)


def test_bundles_hold_the_entries_in_order() -> None:
    files = files_of(LARGER)
    assert [entry for tile in bundles_of(300) for entry in split_bundle(files[tile.path], tile)] == LARGER
