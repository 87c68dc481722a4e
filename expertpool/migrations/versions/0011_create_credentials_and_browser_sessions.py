"""Create credentials, browser sessions and the trail of sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_limits",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_limits")),
    )
    with op.batch_alter_table("sign_in_limits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_limits_due"), ["due"], unique=False)

    op.create_table(
        "trail_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_trail_days")),
    )
    op.create_table(
        "account_invitations",
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_account_invitations_actor_id_actors")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_account_invitations")),
    )
    op.create_table(
        "account_trail",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "signed-in",
                "refused",
                "locked",
                "confirmed",
                "confirmation-refused",
                "signed-out",
                "session-ended",
                "credentials-set",
                "entered-demo",
                name="trailkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_account_trail_actor_id_actors")),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_account_trail_centre_id_centres")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_trail")),
    )
    with op.batch_alter_table("account_trail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_trail_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_trail_at"), ["at"], unique=False)

    op.create_table(
        "browser_sessions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_browser_sessions_actor_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_browser_sessions_digest")),
    )
    with op.batch_alter_table("browser_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_browser_sessions_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "credentials",
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=False),
        sa.Column("totp_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_credentials_actor_id_actors")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_recovery_codes_actor_id_actors")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_codes")),
    )
    with op.batch_alter_table("recovery_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_codes_actor_id"), ["actor_id"], unique=False)


def downgrade() -> None:

    op.drop_table("recovery_codes")
    op.drop_table("credentials")
    with op.batch_alter_table("browser_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_browser_sessions_actor_id"))

    op.drop_table("browser_sessions")
    with op.batch_alter_table("account_trail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_trail_at"))
        batch_op.drop_index(batch_op.f("ix_account_trail_actor_id"))

    op.drop_table("account_trail")
    op.drop_table("account_invitations")
    op.drop_table("trail_days")
    with op.batch_alter_table("sign_in_limits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_limits_due"))

    op.drop_table("sign_in_limits")
