"""Create the keys with which supervisors sign."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supervisor_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("registered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_supervisor_keys_actor_id_actors")),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_supervisor_keys_centre_id_centres")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervisor_keys")),
        sa.UniqueConstraint("public", name=op.f("uq_supervisor_keys_public")),
    )
    with op.batch_alter_table("supervisor_keys") as batch_op:
        batch_op.create_index(batch_op.f("ix_supervisor_keys_centre_id"), ["centre_id"], unique=False)


def downgrade() -> None:
    op.drop_table("supervisor_keys")
