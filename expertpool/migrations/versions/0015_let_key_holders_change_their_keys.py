"""Let key holders change their keys: a set of keys may succeed another one of its organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LIVE = sa.text("retired IS NULL")
FIRST = sa.text("retired IS NULL AND succeeds IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("key_holders") as batch_op:
        batch_op.drop_index("uq_key_holders_in_force", sqlite_where=LIVE, postgresql_where=LIVE)
        batch_op.add_column(sa.Column("succeeds", sa.String(length=40), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_key_holders_succeeds_key_holders"), "key_holders", ["succeeds"], ["id"]
        )
        batch_op.create_index(
            "uq_key_holders_first", ["organisation"], unique=True, sqlite_where=FIRST, postgresql_where=FIRST
        )
        batch_op.create_index(
            "uq_key_holders_successor", ["succeeds"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
        )


def downgrade() -> None:
    with op.batch_alter_table("key_holders") as batch_op:
        batch_op.drop_index("uq_key_holders_successor", sqlite_where=LIVE, postgresql_where=LIVE)
        batch_op.drop_index("uq_key_holders_first", sqlite_where=FIRST, postgresql_where=FIRST)
        batch_op.drop_constraint(batch_op.f("fk_key_holders_succeeds_key_holders"), type_="foreignkey")
        batch_op.drop_column("succeeds")
        batch_op.create_index(
            "uq_key_holders_in_force", ["organisation"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
        )
