"""Create key holders, the vault's key and the agents' mailbox."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_holders",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("vrf", sa.LargeBinary(), nullable=False),
        sa.Column("share", sa.LargeBinary(), nullable=False),
        sa.Column("transport", sa.LargeBinary(), nullable=False),
        sa.Column("cosign", sa.String(length=255), nullable=False),
        sa.Column("registered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("share_proved", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_key_holders_centre_id_centres")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_holders")),
        sa.UniqueConstraint("cosign", name=op.f("uq_key_holders_cosign")),
        sa.UniqueConstraint("share", name=op.f("uq_key_holders_share")),
        sa.UniqueConstraint("transport", name=op.f("uq_key_holders_transport")),
        sa.UniqueConstraint("vrf", name=op.f("uq_key_holders_vrf")),
    )
    with op.batch_alter_table("key_holders") as batch_op:
        batch_op.create_index(batch_op.f("ix_key_holders_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(
            "uq_key_holders_in_force",
            ["organisation"],
            unique=True,
            sqlite_where=sa.text("retired IS NULL"),
            postgresql_where=sa.text("retired IS NULL"),
        )
    op.create_table(
        "vault_key",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("registered", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_key")),
    )
    op.create_table(
        "agent_tasks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("context", sa.LargeBinary(), nullable=False),
        sa.Column("posted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["holder_id"], ["key_holders.id"], name=op.f("fk_agent_tasks_holder_id_key_holders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_tasks")),
    )
    with op.batch_alter_table("agent_tasks") as batch_op:
        batch_op.create_index("ix_agent_tasks_waiting", ["holder_id", "answered", "posted"], unique=False)


def downgrade() -> None:
    op.drop_table("agent_tasks")
    op.drop_table("vault_key")
    op.drop_table("key_holders")
