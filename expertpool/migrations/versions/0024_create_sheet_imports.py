"""Create the sheets that wait to be imported; index experts in the order in which pages show them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet_imports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column(
            "state",
            sa.Enum("sent", "checked", "confirmed", "done", "failed", name="importstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.Column("errors", sa.LargeBinary(), nullable=True),
        sa.Column("wishes", sa.LargeBinary(), nullable=True),
        sa.Column("batch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_sheet_imports_centre_id_centres")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_imports")),
    )
    with op.batch_alter_table("sheet_imports", schema=None) as batch_op:
        batch_op.create_index("ix_sheet_imports_pool", ["centre_id", "created"], unique=False)
    with op.batch_alter_table("experts", schema=None) as batch_op:
        batch_op.drop_index("ix_experts_pool_status")
        batch_op.create_index("ix_experts_pool_status", ["centre_id", "origin", "status", "id"], unique=False)
        batch_op.create_index("ix_experts_pool", ["centre_id", "origin", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("experts", schema=None) as batch_op:
        batch_op.drop_index("ix_experts_pool")
        batch_op.drop_index("ix_experts_pool_status")
        batch_op.create_index("ix_experts_pool_status", ["centre_id", "origin", "status"], unique=False)

    with op.batch_alter_table("sheet_imports", schema=None) as batch_op:
        batch_op.drop_index("ix_sheet_imports_pool")

    op.drop_table("sheet_imports")
