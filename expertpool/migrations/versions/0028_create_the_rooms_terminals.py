"""Create the terminals of the rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_terminals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("site", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_session_terminals_centre_id_centres")),
        sa.ForeignKeyConstraint(["opened_by"], ["actors.id"], name=op.f("fk_session_terminals_opened_by_actors")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_session_terminals_session_id_evaluation_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_terminals")),
        sa.UniqueConstraint("token", name=op.f("uq_session_terminals_token")),
    )
    with op.batch_alter_table("session_terminals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_terminals_session_id"), ["session_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("session_terminals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_terminals_session_id"))

    op.drop_table("session_terminals")
