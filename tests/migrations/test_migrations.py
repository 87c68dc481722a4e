"""Models and migrations are equal on both databases, and an upgrade happens as a whole or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from pytest_alembic.tests import (  # noqa: F401 -- collected from here
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import Engine, MetaData, inspect, text

from expertpool import migrations
from expertpool.core.database import Base
from tests.migrations.conftest import product_tables


def shape(engine: Engine, tables: set[str]) -> dict[str, object]:
    """What a database says of its tables: columns, keys, uniqueness and indexes, by name."""
    found = inspect(engine)
    return {
        table: (
            {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(table)},
            found.get_pk_constraint(table),
            sorted(str(key) for key in found.get_foreign_keys(table)),
            sorted(str(index) for index in found.get_unique_constraints(table)),
            sorted(str(_written(index)) for index in found.get_indexes(table)),
        )
        for table in tables
    }


def _written(index: Mapping[str, Any]) -> dict[str, Any]:
    """An index with its conditions as text, so that equal ones compare equal."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": options}


def test_a_migrated_database_is_what_the_models_would_create(alembic_engine: Engine) -> None:
    """Sharper than Alembic's comparison, which overlooks names of keys and types that it takes for alike."""
    ours = product_tables()
    migrations.upgrade(alembic_engine)
    migrated = shape(alembic_engine, ours)
    found = MetaData()
    found.reflect(alembic_engine)
    found.drop_all(alembic_engine)
    Base.metadata.create_all(alembic_engine, tables=[Base.metadata.tables[name] for name in ours])
    assert migrated == shape(alembic_engine, ours)


def test_a_database_knows_its_revision(alembic_engine: Engine) -> None:
    assert migrations.revision_of(alembic_engine) is None
    migrations.upgrade(alembic_engine)
    assert migrations.revision_of(alembic_engine) == migrations.newest_revision()
    migrations.upgrade(alembic_engine)  # nothing left to do


def test_an_upgrade_that_fails_leaves_nothing(alembic_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    upgrade = command.upgrade

    def upgrade_and_fail(*args: object) -> None:
        upgrade(*args)  # type: ignore[arg-type]
        fails()

    monkeypatch.setattr(command, "upgrade", upgrade_and_fail)
    with pytest.raises(ZeroDivisionError):
        migrations.upgrade(alembic_engine)
    assert inspect(alembic_engine).get_table_names() == []


def test_foreign_keys_are_enforced_again_after_an_upgrade(sqlite_url: str) -> None:
    from expertpool.core.database import open_engine
    from expertpool.core.settings import DatabaseSettings

    engine = open_engine(DatabaseSettings(url=sqlite_url, pool_size=1))
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


def test_every_model_is_found_by_its_room() -> None:
    """A table in a file that nobody imports would have no migration."""
    source = Path(migrations.__file__).parent.parent
    defining = {
        path.relative_to(source)
        for path in source.rglob("*.py")
        if "__tablename__ = " in path.read_text() and path.parent.name != "core"
    }
    assert {path.stem for path in defining} <= set(migrations._TABLE_ROOMS)
    core = {path.name for path in (source / "core").glob("*.py") if "__tablename__ = " in path.read_text()}
    assert core == {f"{module.__name__.rpartition('.')[2]}.py" for module in migrations._CORE_TABLES}
