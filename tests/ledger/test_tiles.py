"""Tile arithmetic: the specification's examples, one path for each tile, and exactly the tiles that a tree has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import MAX_ENTRY_BYTES
from ledger.errors import Malformed
from ledger.merkle import HASH_SIZE
from ledger.tiles import (
    WIDTH,
    Tile,
    bundle,
    bundles_of,
    is_in_tree,
    join_bundle,
    parse_path,
    split_bundle,
    split_tile,
    tiles_of,
)

TILES = st.builds(Tile, st.integers(-1, 63), st.integers(0, 2**55), st.integers(1, WIDTH))
SIZES = st.integers(0, 3 * WIDTH * WIDTH) | st.sampled_from([255, 256, 257, 65_535, 65_536, 65_537, 131_072])

PATHS = {
    "tile/0/000": Tile(0, 0),
    "tile/0/x001/x234/067": Tile(0, 1234067),
    "tile/0/x001/x234/067.p/8": Tile(0, 1234067, 8),
    "tile/63/999.p/255": Tile(63, 999, 255),
    "tile/1/x001/000": Tile(1, 1000),
    "tile/2/x999/999": Tile(2, 999_999),
    "tile/2/x001/x000/000": Tile(2, 1_000_000),
    "tile/entries/273.p/112": bundle(273, 112),
    "tile/entries/x036/x028/x797/x018/x963/967": bundle(2**55 - 1),
}


@pytest.mark.parametrize("path", PATHS)
def test_paths(path: str) -> None:
    assert PATHS[path].path == path
    assert parse_path(path) == PATHS[path]


@given(TILES)
def test_each_tile_has_one_path(tile: Tile) -> None:
    assert parse_path(tile.path) == tile
    assert tile.is_bundle == tile.path.startswith("tile/entries/")


BAD_PATHS = ["", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000", "checkpoint", "tile/0/../000"]
BAD_PATHS += [f"tile/{level}/000" for level in ("64", "99", "00", "01", "-1", "x", "entry", "Entries", "٣")]
BAD_PATHS += [
    f"tile/0/{number}" for number in ("0", "00", "0000", "x000", "x000/001", "001/234", "x01/234", "x001/x234")
]
BAD_PATHS += [f"tile/0/{number}" for number in ("X001/234", "x001/x234/67", "-01", "０００", "000\n", " 000", "000%00")]
BAD_PATHS += [f"tile/0/000.p/{width}" for width in ("", "0", "00", "01", "256", "257", "999", "1000", "-1", "1/", "１")]
BAD_PATHS += ["tile/0/000.p", "tile/0/000.P/1", "tile/0/000/p/1", "tile/0/000.p/1.p/1"]
BAD_PATHS += ["tile/0/" + "x111/" * 7 + "000", "tile/0/" + "x111/" * 3000 + "000"]


@pytest.mark.parametrize("path", BAD_PATHS, ids=lambda path: ascii(path[:40]) + str(len(path)))
def test_paths_that_are_refused(path: str) -> None:
    with pytest.raises(Malformed) as malformed:
        parse_path(path)
    assert len(str(malformed.value.params["path"])) <= 80


def test_the_specification_s_tree_of_70000() -> None:
    tiles = list(tiles_of(70_000))
    level_0, level_1, level_2 = ([tile for tile in tiles if tile.level == level] for level in range(3))
    assert level_0 == [*(Tile(0, index) for index in range(273)), Tile(0, 273, 112)]
    assert level_1 == [Tile(1, 0), Tile(1, 1, 17)]
    assert level_2 == [Tile(2, 0, 1)]
    assert len(tiles) == 274 + 2 + 1


def test_the_specification_s_tree_of_256() -> None:
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]


@pytest.mark.parametrize(("size", "count"), [(0, 0), (1, 1), (255, 1), (256, 2), (257, 3), (65_536, 256 + 1 + 1)])
def test_how_many_tiles(size: int, count: int) -> None:
    assert len(list(tiles_of(size))) == count


@given(SIZES)
def test_partial_tiles_are_as_wide_as_defined(size: int) -> None:
    """floor(s / 256**l) mod 256, and none that is empty."""
    partial = {tile.level: tile.width for tile in tiles_of(size) if tile.width != WIDTH}
    assert partial == {level: width for level in range(8) if (width := size // 256**level % 256)}


@given(SIZES, st.builds(Tile, st.integers(-1, 3), st.integers(0, 800), st.integers(1, WIDTH)))
def test_a_tree_holds_its_tiles_and_their_beginnings(size: int, tile: Tile) -> None:
    held = {(found.level, found.index): found.width for found in [*tiles_of(size), *bundles_of(size)]}
    assert is_in_tree(tile, size) == (tile.width <= held.get((tile.level, tile.index), 0))


@pytest.mark.parametrize("width", [-1, 0, WIDTH + 1])
def test_widths_that_no_tile_has(width: int) -> None:
    assert not is_in_tree(Tile(0, 0, width), 10_000)


@given(SIZES, st.integers(0, 1000))
def test_bundles(size: int, start: int) -> None:
    bundles = list(bundles_of(size))
    assert sum(tile.width for tile in bundles) == size
    assert [tile.index for tile in bundles] == list(range(len(bundles)))
    assert all(tile.width == WIDTH for tile in bundles[:-1])
    assert list(bundles_of(size, start)) == bundles[start:]


@pytest.mark.parametrize("width", [1, 112, 256])
def test_a_tile_s_hashes(width: int) -> None:
    hashes = [bytes([index]) * HASH_SIZE for index in range(width)]
    tile, data = Tile(0, 3, width), b"".join(hashes)
    assert split_tile(data, tile) == hashes
    for wrong in (b"", data[:-1], data + b"\0", data[HASH_SIZE:], data + bytes(HASH_SIZE)):
        with pytest.raises(Malformed) as malformed:
            split_tile(wrong, tile)
        assert malformed.value.params == {"path": tile.path}


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_what_was_bundled_is_read(entries: list[bytes]) -> None:
    data, tile = join_bundle(entries), bundle(0, len(entries))
    assert split_bundle(data, tile) == entries
    for wrong in (data[:-1], data + b"\0", data + b"\0\0", b""):
        with pytest.raises(Malformed):
            split_bundle(wrong, tile)
    for width in (len(entries) - 1, len(entries) + 1):
        with pytest.raises(Malformed):
            split_bundle(data, bundle(0, width))


def test_lengths_are_big_endian() -> None:
    assert join_bundle([b"a", b"b" * 258]) == b"\x00\x01a\x01\x02" + b"b" * 258


def test_the_longest_entry() -> None:
    longest = bytes(MAX_ENTRY_BYTES)
    assert split_bundle(join_bundle([longest, b""]), bundle(0, 2)) == [longest, b""]
    with pytest.raises(Malformed):
        join_bundle([longest + b"\0"])
