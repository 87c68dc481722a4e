"""Create committee files' tasks, consents to breaking the glass, offline openings; releases that nobody asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WAYS = ("due", "ordered", "break-glass")


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    way = sa.Enum(*WAYS, name="way", native_enum=False, length=32)
    with op.batch_alter_table("draw_releases") as batch_op:
        batch_op.add_column(sa.Column("way", way, nullable=False, server_default="due"))
        batch_op.add_column(sa.Column("signed", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("reason_salt", sa.LargeBinary(), nullable=True))
        batch_op.alter_column("asked_by", existing_type=sa.String(length=40), nullable=True)
    with op.batch_alter_table("draw_releases") as batch_op:
        batch_op.alter_column("way", existing_type=way, server_default=None)
    op.create_table(
        "draw_consents",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", whole, autoincrement=False, nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("signature", sa.String(length=88), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_consents_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "number", "holder_id", name=op.f("pk_draw_consents")),
    )
    op.create_table(
        "draw_consent_tasks",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", whole, autoincrement=False, nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("task_id", sa.String(length=40), nullable=False),
        sa.Column("refused", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_consent_tasks_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "number", "holder_id", name=op.f("pk_draw_consent_tasks")),
        sa.UniqueConstraint("task_id", name=op.f("uq_draw_consent_tasks_task_id")),
    )
    op.create_table(
        "draw_committee_tasks",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", whole, autoincrement=False, nullable=False),
        sa.Column("task_id", sa.String(length=40), nullable=False),
        sa.Column("posted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_committee_tasks_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "holder_id", "seat", "vacancy", name=op.f("pk_draw_committee_tasks")),
        sa.UniqueConstraint("task_id", name=op.f("uq_draw_committee_tasks_task_id")),
    )
    op.create_table(
        "offline_openings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=88), nullable=False),
        sa.Column("reported", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["key_holders.id"], name=op.f("fk_offline_openings_holder_id_key_holders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_openings")),
    )


def downgrade() -> None:
    op.drop_table("offline_openings")
    op.drop_table("draw_committee_tasks")
    op.drop_table("draw_consent_tasks")
    op.drop_table("draw_consents")
    op.execute("DELETE FROM draw_releases WHERE asked_by IS NULL")  # what the version before does not know
    with op.batch_alter_table("draw_releases") as batch_op:
        batch_op.alter_column("asked_by", existing_type=sa.String(length=40), nullable=False)
        batch_op.drop_column("reason_salt")
        batch_op.drop_column("signed")
        batch_op.drop_column("way")
