"""What pytest-alembic works on: our own engine on either database, and the product's tables only."""

from collections.abc import Iterator

import pytest
from alembic.config import Config
from sqlalchemy import Engine

from expertpool import migrations
from expertpool.core.database import Base, open_engine
from expertpool.core.settings import DatabaseSettings


def product_tables() -> set[str]:
    """Names of the tables of the product; the tests' own share the metadata with them."""
    migrations.product_metadata()
    own = (mapper for mapper in Base.registry.mappers if mapper.class_.__module__.startswith("expertpool."))
    return {mapper.class_.__tablename__ for mapper in own}


@pytest.fixture
def alembic_config() -> Config:
    config = migrations.alembic_config()
    ours = product_tables()
    config.attributes["include_object"] = lambda _object, name, kind, reflected, _to: (
        kind != "table" or reflected or name in ours
    )
    return config


@pytest.fixture
def alembic_engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(DatabaseSettings(url=database_url))
    yield engine
    engine.dispose()
