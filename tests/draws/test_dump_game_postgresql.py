"""The dump game on PostgreSQL, where more can be seen: which transaction wrote or locked each row, and all locks.

Of every row stand its place (ctid), who wrote it (xmin) and who last locked or changed it (xmax); before each commit an
administrator takes down what `pg_locks` shows. For fewer seats than on SQLite, where the player is the same.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from sqlalchemy import event, make_url, select

from expertpool.draws import drawing
from expertpool.draws.drawing import Taken
from expertpool.experts.models import Expert
from tests.draws.dump import Row, Tables
from tests.draws.test_dump_game import AGAIN, POOL, SEATS, Table, outside, play, set_table, told

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again

LOCKS = """SELECT relation::regclass::text AS relation, mode, locktype, page, tuple, granted FROM pg_locks
    WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND relation IS NOT NULL
    AND pid <> pg_backend_pid() ORDER BY relation, mode, page, tuple"""


def connect(url: str) -> psycopg.Connection[dict[str, Any]]:
    """An administrator's connection beside the service's."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, row_factory=dict_row)


def read_rows(connection: psycopg.Connection[dict[str, Any]]) -> Tables:
    """Every row of every table in the order of its places, with what PostgreSQL keeps of it."""
    named = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return {row["tablename"]: rows_of(connection, row["tablename"]) for row in named}


def rows_of(connection: psycopg.Connection[dict[str, Any]], table: str) -> list[Row]:
    kept = f"'{table} ' || ctid::text AS _place, xmin::text::bigint AS _xmin, xmax::text::bigint AS _xmax"
    return list[Row](connection.execute(f'SELECT {kept}, * FROM "{table}" ORDER BY ctid').fetchall())


@pytest.fixture(autouse=True)
def nothing_breaks() -> None:
    """Here the log goes where an administrator reads it; a draw that breaks never gets to its calls."""


@pytest.fixture
def table(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Table]:
    with connect(postgres_url) as administrator:
        for table in set_table(postgres_url, tmp_path, monkeypatch, capfd, lambda: read_rows(administrator)):

            def look(_connection: object, seen: list[tuple[str, Any]] = table.statements) -> None:
                seen.append(("pg_locks", [tuple(row.values()) for row in administrator.execute(LOCKS).fetchall()]))

            event.listen(table.world.site.service.engine, "commit", look)
            for name in read_rows(administrator):  # whoever looks for traces has them left where they are
                administrator.execute(SQL("ALTER TABLE {} SET (autovacuum_enabled = off)").format(Identifier(name)))
            yield table


@pytest.mark.timeout(600)
def test_rows_and_locks_of_postgresql_tell_nothing(table: Table, capfd: pytest.CaptureFixture[str]) -> None:
    score = play(table, 2 * (SEATS + AGAIN))
    assert any(name.startswith("before experts._xmax") for name in score.played)
    assert any(name == "changed in experts" or "_xmin" in name for name in score.played)
    assert outside(score, score.on_committee, (SEATS + AGAIN) / POOL) == {}
    assert outside(score, score.on_seat, 1 / POOL) == {}
    with capfd.disabled():
        print(f"\n{told(score)}")  # noqa: T201 -- the figures are what is wanted


def locking_the_drawn(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of those who are drawn are locked: nothing is written, and the log of statements has none of it."""
    real = drawing.keep_taken

    def keep(tx: Any, parts: Any, draw_id: str, vacancy: int, taken: Taken) -> None:
        tx.session.flush()
        logged = len(table.statements)
        tx.session.execute(select(Expert.id).where(Expert.id == taken.occupant.expert).with_for_update())
        del table.statements[logged:]
        real(tx, parts, draw_id, vacancy, taken)

    monkeypatch.setattr(drawing, "keep_taken", keep)


@pytest.mark.timeout(600)
def test_a_build_that_locks_the_drawn_loses(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the rows alone: a lock leaves its transaction's number in `xmax`."""
    locking_the_drawn(table, monkeypatch)
    score = play(table, 2 * (SEATS + AGAIN))
    found = outside(score, score.on_committee, (SEATS + AGAIN) / POOL)
    winning = {name for name in found if score.on_committee[name] > 0.9 * score.played[name]}
    assert "after experts._xmax: value: most" in winning
    assert not any(name.startswith("statement ") for name in winning), "by the rows, which are others in their xmax"
