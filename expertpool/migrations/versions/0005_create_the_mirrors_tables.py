"""Create the tables of pools that are mirrored from a province."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "mirror_heads",
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("position", number, autoincrement=False, nullable=False),
        sa.Column("sender_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", number, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind", sa.Enum("full", "incremental", name="headkind", native_enum=False, length=32), nullable=False
        ),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_mirror_heads_centre_id_centres")),
        sa.ForeignKeyConstraint(["key_id"], ["sender_keys.id"], name=op.f("fk_mirror_heads_key_id_sender_keys")),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["door_senders.id"], name=op.f("fk_mirror_heads_sender_id_door_senders")
        ),
        sa.PrimaryKeyConstraint("centre_id", "position", name=op.f("pk_mirror_heads")),
    )
    op.create_table(
        "mirrored_lines",
        sa.Column("expert_id", sa.String(length=40), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["experts.id"], name=op.f("fk_mirrored_lines_expert_id_experts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("expert_id", name=op.f("pk_mirrored_lines")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("mirrored_lines")
    op.drop_table("mirror_heads")
