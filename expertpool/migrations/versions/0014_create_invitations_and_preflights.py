"""Create invitations and their messages, gateways' nonces and events, preflights, agents' contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_events",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("event", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "event", name=op.f("pk_gateway_events")),
    )
    with op.batch_alter_table("gateway_events", schema=None) as batch_op:
        batch_op.create_index("ix_gateway_events_taken", ["taken"], unique=False)

    op.create_table(
        "gateway_nonces",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "nonce", name=op.f("pk_gateway_nonces")),
    )
    with op.batch_alter_table("gateway_nonces", schema=None) as batch_op:
        batch_op.create_index("ix_gateway_nonces_taken", ["taken"], unique=False)

    op.create_table(
        "preflights",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("told", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_preflights")),
    )
    op.create_table(
        "agent_contacts",
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ahead", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["key_holders.id"], name=op.f("fk_agent_contacts_holder_id_key_holders")
        ),
        sa.PrimaryKeyConstraint("holder_id", name=op.f("pk_agent_contacts")),
    )
    op.create_table(
        "invitation_messages",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_invitation_messages_draw_id_draws")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_messages")),
    )
    with op.batch_alter_table("invitation_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_messages_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index("ix_invitation_messages_due", ["due"], unique=False)

    op.create_table(
        "invitation_notices",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_invitation_notices_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "notice", name=op.f("pk_invitation_notices")),
    )
    op.create_table(
        "invitations",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_invitations_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "seat", "vacancy", name=op.f("pk_invitations")),
    )


def downgrade() -> None:
    op.drop_table("invitations")
    op.drop_table("invitation_notices")
    with op.batch_alter_table("invitation_messages", schema=None) as batch_op:
        batch_op.drop_index("ix_invitation_messages_due")
        batch_op.drop_index(batch_op.f("ix_invitation_messages_draw_id"))

    op.drop_table("invitation_messages")
    op.drop_table("agent_contacts")
    op.drop_table("preflights")
    with op.batch_alter_table("gateway_nonces", schema=None) as batch_op:
        batch_op.drop_index("ix_gateway_nonces_taken")

    op.drop_table("gateway_nonces")
    with op.batch_alter_table("gateway_events", schema=None) as batch_op:
        batch_op.drop_index("ix_gateway_events_taken")

    op.drop_table("gateway_events")
