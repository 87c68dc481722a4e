"""Create passkeys and answered challenges, and say in the trail how somebody signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_passkeys_actor_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkeys_credential")),
    )
    with op.batch_alter_table("passkeys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passkeys_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "passkey_uses",
        sa.Column("passkey_id", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["passkey_id"], ["passkeys.id"], name=op.f("fk_passkey_uses_passkey_id_passkeys")),
        sa.PrimaryKeyConstraint("passkey_id", name=op.f("pk_passkey_uses")),
    )
    op.create_table(
        "spent_challenges",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_challenges")),
    )
    with op.batch_alter_table("spent_challenges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_challenges_expires"), ["expires"], unique=False)

    with op.batch_alter_table("account_trail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("way", sa.String(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("account_trail", schema=None) as batch_op:
        batch_op.drop_column("way")

    with op.batch_alter_table("spent_challenges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spent_challenges_expires"))

    op.drop_table("spent_challenges")
    op.drop_table("passkey_uses")
    with op.batch_alter_table("passkeys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_passkeys_actor_id"))

    op.drop_table("passkeys")
