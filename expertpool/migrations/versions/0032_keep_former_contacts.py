"""Keep how experts were reached before they were amended."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expert_former_contacts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("expert_id", sa.String(length=40), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["expert_id"],
            ["experts.id"],
            name=op.f("fk_expert_former_contacts_expert_id_experts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_former_contacts")),
    )
    with op.batch_alter_table("expert_former_contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_expert_former_contacts_expert_id"), ["expert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_expert_former_contacts_until"), ["until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("expert_former_contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_expert_former_contacts_until"))
        batch_op.drop_index(batch_op.f("ix_expert_former_contacts_expert_id"))

    op.drop_table("expert_former_contacts")
