"""Alembic runs this file for every command on the migrations."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine

from expertpool.core.database import UtcDateTime, open_engine
from expertpool.core.settings_loading import load_settings
from expertpool.migrations import product_metadata


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write the service's own types as what they are in the database: a migration must outlive them."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def migrate(connection: Connection) -> None:
    """Run the command on a connection."""
    context.configure(
        connection=connection,
        target_metadata=product_metadata(),
        include_object=context.config.attributes.get("include_object"),
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | Engine | None = context.config.attributes.get("connection")
if isinstance(given, Connection):
    migrate(given)
else:
    with (given or open_engine(load_settings().database)).connect() as opened:
        migrate(opened)
