"""Create the tables of scoped tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scoped_tokens",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("scopes", sa.String(length=1000), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_scoped_tokens_actor_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoped_tokens")),
    )
    with op.batch_alter_table("scoped_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scoped_tokens_actor_id"), ["actor_id"], unique=False)
    op.create_table(
        "scoped_token_uses",
        sa.Column("token_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["token_id"], ["scoped_tokens.id"], name=op.f("fk_scoped_token_uses_token_id_scoped_tokens")
        ),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_scoped_token_uses")),
    )


def downgrade() -> None:
    op.drop_table("scoped_token_uses")
    with op.batch_alter_table("scoped_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scoped_tokens_actor_id"))

    op.drop_table("scoped_tokens")
