"""Create the tables of the session's day, and say of a session that its day has begun."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_days",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "assembling",
                "reviewing",
                "break",
                "overnight",
                "suspended",
                "report-signed",
                "closed",
                "void",
                name="daystate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=40), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_session_days_centre_id_centres")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["actors.id"], name=op.f("fk_session_days_confirmed_by_actors")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_session_days_session_id_evaluation_sessions")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_days")),
    )
    with op.batch_alter_table("session_days", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_days_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_days_state"), ["state"], unique=False)

    op.create_table(
        "session_day_steps",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "assembled",
                "signed-in",
                "discipline-read",
                "bidders-shown",
                "declared",
                "chair-voted",
                "chair-elected",
                "review-begun",
                "break-begun",
                "break-ended",
                "overnight-begun",
                "overnight-ended",
                "question-sent",
                "question-answered",
                "member-lost",
                "member-replaced",
                "redone",
                "dissent",
                "time-vote",
                "time-extended",
                "line-lost",
                "line-restored",
                "suspended",
                "resumed",
                "report-signed-by",
                "sign-refused",
                "report-signed",
                "closed",
                "voided",
                name="stepkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("site", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("draw_id", sa.String(length=40), nullable=True),
        sa.Column("seat", sa.String(length=8), nullable=True),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("votes_for", sa.String(length=8), nullable=True),
        sa.Column(
            "cause",
            sa.Enum("recusal", "desertion", "health", "absent", name="cause", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("meal", sa.Boolean(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("second", sa.String(length=40), nullable=True),
        sa.Column("about", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("corrects", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_session_day_steps_centre_id_centres")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_session_day_steps_draw_id_draws")),
        sa.ForeignKeyConstraint(["second"], ["actors.id"], name=op.f("fk_session_day_steps_second_actors")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session_days.session_id"], name=op.f("fk_session_day_steps_session_id_session_days")
        ),
        sa.PrimaryKeyConstraint("session_id", "number", name=op.f("pk_session_day_steps")),
    )

    op.create_table(
        "session_members",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("site", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signed_in", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("left", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_session_members_centre_id_centres")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_session_members_draw_id_draws")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session_days.session_id"], name=op.f("fk_session_members_session_id_session_days")
        ),
        sa.PrimaryKeyConstraint("session_id", "draw_id", "seat", "vacancy", name=op.f("pk_session_members")),
    )

    op.create_table(
        "session_paper_sheets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "state",
            sa.Enum("entered", "signed", "refused", name="entrystate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("entered_by", sa.String(length=40), nullable=False),
        sa.Column("entered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second", sa.String(length=40), nullable=True),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_session_paper_sheets_centre_id_centres")),
        sa.ForeignKeyConstraint(["entered_by"], ["actors.id"], name=op.f("fk_session_paper_sheets_entered_by_actors")),
        sa.ForeignKeyConstraint(["second"], ["actors.id"], name=op.f("fk_session_paper_sheets_second_actors")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session_days.session_id"], name=op.f("fk_session_paper_sheets_session_id_session_days")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_paper_sheets")),
    )
    with op.batch_alter_table("session_paper_sheets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_paper_sheets_session_id"), ["session_id"], unique=False)

    op.create_table(
        "outcome_entries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "report-signed", "award-fixed", "notice-published", name="milestonekind", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum("entered", "signed", "refused", name="entrystate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("entered_by", sa.String(length=40), nullable=False),
        sa.Column("entered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second", sa.String(length=40), nullable=True),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_outcome_entries_centre_id_centres")),
        sa.ForeignKeyConstraint(["entered_by"], ["actors.id"], name=op.f("fk_outcome_entries_entered_by_actors")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_outcome_entries_project_id_projects")),
        sa.ForeignKeyConstraint(["second"], ["actors.id"], name=op.f("fk_outcome_entries_second_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_entries")),
    )
    with op.batch_alter_table("outcome_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcome_entries_project_id"), ["project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outcome_entries_subject"), ["subject"], unique=False)

    with op.batch_alter_table("evaluation_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("begun", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("evaluation_sessions", schema=None) as batch_op:
        batch_op.drop_column("begun")

    op.drop_table("outcome_entries")
    op.drop_table("session_paper_sheets")
    op.drop_table("session_members")
    op.drop_table("session_day_steps")
    op.drop_table("session_days")
