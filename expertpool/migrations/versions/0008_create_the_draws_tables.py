"""Create the draws tables."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw_questions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_questions")),
    )
    with op.batch_alter_table("draw_questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draw_questions_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "draw_lot_keys",
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_draw_lot_keys_project_id_projects")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_draw_lot_keys")),
    )
    op.create_table(
        "draws",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "accepted",
                "returned",
                "referred",
                "intent",
                "drawn",
                "filling",
                "filled",
                "closed",
                "cancelled",
                "postponed",
                "suspended",
                "aborted",
                "exhausted",
                "reconvened",
                name="drawstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_id", sa.String(length=40), nullable=True),
        sa.Column("supplementary", sa.Boolean(), nullable=False),
        sa.Column("approval", sa.Text(), nullable=True),
        sa.Column("referred", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["actors.id"], name=op.f("fk_draws_approved_by_actors")),
        sa.ForeignKeyConstraint(["asked_by"], ["actors.id"], name=op.f("fk_draws_asked_by_actors")),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_draws_centre_id_centres")),
        sa.ForeignKeyConstraint(["first_id"], ["draws.id"], name=op.f("fk_draws_first_id_draws")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_draws_project_id_projects")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_draws_session_id_evaluation_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
    )
    with op.batch_alter_table("draws", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draws_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draws_project_id"), ["project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draws_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draws_state"), ["state"], unique=False)

    op.create_table(
        "draw_beacon_rounds",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_beacon_rounds_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_draw_beacon_rounds")),
    )
    op.create_table(
        "draw_contributions",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_contributions_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "holder_id", name=op.f("pk_draw_contributions")),
    )
    op.create_table(
        "draw_records",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_records_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "seat", "vacancy", name=op.f("pk_draw_records")),
    )
    op.create_table(
        "draw_seats",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("called", "accepted", "vacant", "unfillable", name="seatstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_seats_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "code", name=op.f("pk_draw_seats")),
    )
    op.create_table(
        "draw_secrets",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_secrets_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_draw_secrets")),
    )
    op.create_table(
        "draw_step_ins",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("alternate_id", sa.String(length=40), nullable=False),
        sa.Column("replaced_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_step_ins_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "alternate_id", name=op.f("pk_draw_step_ins")),
    )
    op.create_table(
        "draw_table_parts",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_table_parts_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_draw_table_parts")),
    )
    op.create_table(
        "draw_tasks",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.Column("task_id", sa.String(length=40), nullable=False),
        sa.Column("posted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_tasks_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "holder_id", name=op.f("pk_draw_tasks")),
        sa.UniqueConstraint("task_id", name=op.f("uq_draw_tasks_task_id")),
    )
    op.create_table(
        "draw_vacancies",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("refilled", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_vacancies_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_draw_vacancies")),
    )
    op.create_table(
        "draw_working_copies",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_working_copies_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "seat", "vacancy", name=op.f("pk_draw_working_copies")),
    )


def downgrade() -> None:
    op.drop_table("draw_working_copies")
    op.drop_table("draw_vacancies")
    op.drop_table("draw_tasks")
    op.drop_table("draw_table_parts")
    op.drop_table("draw_step_ins")
    op.drop_table("draw_secrets")
    op.drop_table("draw_seats")
    op.drop_table("draw_records")
    op.drop_table("draw_contributions")
    op.drop_table("draw_beacon_rounds")
    with op.batch_alter_table("draws", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draws_state"))
        batch_op.drop_index(batch_op.f("ix_draws_session_id"))
        batch_op.drop_index(batch_op.f("ix_draws_project_id"))
        batch_op.drop_index(batch_op.f("ix_draws_centre_id"))

    op.drop_table("draws")
    op.drop_table("draw_lot_keys")
    with op.batch_alter_table("draw_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draw_questions_actor_id"))

    op.drop_table("draw_questions")
