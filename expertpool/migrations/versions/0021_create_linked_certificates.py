"""Create the certificates that are linked to accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linked_certificates",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_linked_certificates_actor_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_certificates")),
        sa.UniqueConstraint("issuer", "serial", name=op.f("uq_linked_certificates_issuer_serial")),
    )
    with op.batch_alter_table("linked_certificates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_linked_certificates_actor_id"), ["actor_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("linked_certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_linked_certificates_actor_id"))

    op.drop_table("linked_certificates")
