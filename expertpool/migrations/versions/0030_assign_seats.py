"""Say whose seats they were once names are open, and suspend by seat before."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw_assignments",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expert_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_assignments_draw_id_draws")),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_draw_assignments_expert_id_experts")),
        sa.PrimaryKeyConstraint("draw_id", "seat", "vacancy", name=op.f("pk_draw_assignments")),
    )
    with op.batch_alter_table("draw_assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draw_assignments_expert_id"), ["expert_id"], unique=False)

    op.create_table(
        "draw_seat_suspensions",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("applied", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_seat_suspensions_draw_id_draws")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_draw_seat_suspensions")),
    )
    with op.batch_alter_table("draw_seat_suspensions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draw_seat_suspensions_draw_id"), ["draw_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("draw_seat_suspensions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draw_seat_suspensions_draw_id"))

    op.drop_table("draw_seat_suspensions")
    with op.batch_alter_table("draw_assignments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draw_assignments_expert_id"))

    op.drop_table("draw_assignments")
