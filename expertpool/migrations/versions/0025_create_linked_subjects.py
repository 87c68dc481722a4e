"""Create the identities at an OpenID provider that are linked to accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linked_subjects",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_linked_subjects_actor_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_subjects")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_linked_subjects_issuer_subject")),
    )
    with op.batch_alter_table("linked_subjects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_linked_subjects_actor_id"), ["actor_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("linked_subjects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_linked_subjects_actor_id"))

    op.drop_table("linked_subjects")
