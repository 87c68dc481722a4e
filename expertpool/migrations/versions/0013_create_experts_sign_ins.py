"""Create the vault's tables of experts' sign-ins: one-time codes, tokens, attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vault_one_time_codes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_one_time_codes")),
    )
    op.create_table(
        "vault_sign_ins",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_vault_sign_ins")),
    )
    op.create_table(
        "vault_attempts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_attempts")),
    )
    with op.batch_alter_table("vault_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_attempts_source"), ["source"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("vault_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vault_attempts_source"))

    op.drop_table("vault_attempts")
    op.drop_table("vault_sign_ins")
    op.drop_table("vault_one_time_codes")
