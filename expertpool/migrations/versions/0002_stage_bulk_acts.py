"""Stage bulk acts ahead of the transaction that publishes them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_batches",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_batches")),
        sa.UniqueConstraint("entry", name=op.f("uq_ledger_batches_entry")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("ledger_batches")
