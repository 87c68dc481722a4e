"""Create the index by which the ledger's public entries are found."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_terms",
        sa.Column("term", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "entry", name=op.f("pk_ledger_terms")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("ledger_terms")
