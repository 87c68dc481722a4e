"""The candidate table: bytes by the specification, computed a second time the long way."""

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.protocol.errors import Malformed
from expertpool.protocol.table import ROW_BYTES, GroupsOpened, RowMaker, Table, make_table
from ledger.memory import Tree
from ledger.merkle import leaf_hash

KEY = bytes(range(32))


def tagged(name: bytes, data: bytes) -> bytes:
    return sha256(b"expertpool:draw/v1:" + name + b"\x00" + data).digest()


def mac(name: bytes, data: bytes) -> bytes:
    return hmac.new(KEY, name + data, sha256).digest()[:16]


def test_a_row_is_as_the_specification_says() -> None:
    roster_leaf, decision = sha256(b"line").digest(), b'{"outcome":"allowed"}'
    row = RowMaker(KEY).row(roster_leaf, decision, (0, 2), ((1, "91430100MA4L1ABC1D"), (1, "乙单位")))
    tokens = sorted(mac(b"token", b"\x01" + name.encode()) for name in ("91430100MA4L1ABC1D", "乙单位"))
    listed = b"\x02" + b"".join(b"\x01" + token for token in tokens)
    leaf = tagged(b"row", mac(b"row", roster_leaf) + roster_leaf + sha256(decision).digest())
    groups = tagged(b"groups", mac(b"groups", roster_leaf) + listed)
    assert row.data == leaf + (0b101).to_bytes(4, "big") + groups


def test_one_group_has_one_token_in_a_draw_and_another_in_the_next() -> None:
    first, second = RowMaker(KEY), RowMaker(bytes(32))
    assert first.token(1, "甲") == first.token(1, "甲") != second.token(1, "甲")
    assert first.token(1, "甲") != first.token(2, "甲")


def test_the_same_group_twice_counts_once() -> None:
    opened = RowMaker(KEY).open_groups(bytes(32), ((1, "甲"), (1, "甲")))
    assert len(opened.tokens) == 1


def test_groups_are_hidden_by_their_salt() -> None:
    tokens = ((1, bytes(16)),)
    assert GroupsOpened(bytes(16), tokens).commitment() != GroupsOpened(b"\x01" * 16, tokens).commitment()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True))
def test_order_and_root_do_not_depend_on_who_made_it(leaves: list[bytes]) -> None:
    maker = RowMaker(KEY)
    rows = [maker.row(leaf, b"{}", (0,), ()) for leaf in leaves]
    table = make_table(rows)
    assert table.data == make_table(rows[::-1]).data
    tree = Tree()
    for row in sorted(rows):
        tree.append_hash(leaf_hash(row.data))
    assert table.root() == tree.root()
    assert [row.leaf for row in table] == sorted(row.leaf for row in rows)
    assert len(table) == len(rows)


@pytest.mark.parametrize("data", [b"x", bytes(ROW_BYTES - 1), bytes(2 * ROW_BYTES)])
def test_parts_of_rows_and_equal_leaves_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Table(data)


def test_rows_out_of_order_are_refused() -> None:
    low, high = bytes(ROW_BYTES), b"\xff" * ROW_BYTES
    assert len(Table(low + high)) == 2
    with pytest.raises(Malformed):
        Table(high + low)
