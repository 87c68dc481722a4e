"""Create the recipients' keys and the releases of names."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

AUDIENCES = ("expert", "door", "staff", "members", "initiator", "supervisor", "payer", "public", "inspection")
STATES = ("requested", "released", "unanswered")


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    audience = sa.Enum(*AUDIENCES, name="audience", native_enum=False, length=32)
    op.create_table(
        "recipient_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("audience", audience, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("registered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_recipient_keys_centre_id_centres")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient_keys")),
        sa.UniqueConstraint("public", name=op.f("uq_recipient_keys_public")),
    )
    with op.batch_alter_table("recipient_keys") as batch_op:
        batch_op.create_index(batch_op.f("ix_recipient_keys_centre_id"), ["centre_id"], unique=False)
    op.create_table(
        "draw_releases",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", whole, autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.String(length=40), nullable=False),
        sa.Column("audience", audience, nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="releasestate", native_enum=False, length=32), nullable=False),
        sa.Column("requested", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["actors.id"], name=op.f("fk_draw_releases_asked_by_actors")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_releases_draw_id_draws")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipient_keys.id"], name=op.f("fk_draw_releases_recipient_id_recipient_keys")
        ),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_draw_releases")),
    )
    with op.batch_alter_table("draw_releases") as batch_op:
        batch_op.create_index(batch_op.f("ix_draw_releases_state"), ["state"], unique=False)
    op.create_table(
        "draw_released_keys",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", whole, autoincrement=False, nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", whole, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_released_keys_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "number", "seat", name=op.f("pk_draw_released_keys")),
    )
    op.create_table(
        "draw_release_tasks",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", whole, autoincrement=False, nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("step", whole, autoincrement=False, nullable=False),
        sa.Column("set_number", whole, nullable=False),
        sa.Column("position", whole, nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("task_id", sa.String(length=40), nullable=False),
        sa.Column("posted", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_release_tasks_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "number", "seat", "step", name=op.f("pk_draw_release_tasks")),
        sa.UniqueConstraint("task_id", name=op.f("uq_draw_release_tasks_task_id")),
    )


def downgrade() -> None:
    op.drop_table("draw_release_tasks")
    op.drop_table("draw_released_keys")
    with op.batch_alter_table("draw_releases") as batch_op:
        batch_op.drop_index(batch_op.f("ix_draw_releases_state"))
    op.drop_table("draw_releases")
    op.drop_table("recipient_keys")
