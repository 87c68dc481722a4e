"""Create assessments."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessments",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "revealed", "appealed", "decided", "final", name="assessmentstate", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rulebook", sa.String(length=64), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revealed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_assessments_centre_id_centres")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session_days.session_id"], name=op.f("fk_assessments_session_id_session_days")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_assessments")),
    )
    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessments_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assessments_state"), ["state"], unique=False)

    op.create_table(
        "assessment_subjects",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("seat", "agency", "agency_person", name="subjectkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("draw_id", sa.String(length=40), nullable=True),
        sa.Column("seat", sa.String(length=8), nullable=True),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit", sa.String(length=18), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_assessment_subjects_centre_id_centres")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_assessment_subjects_draw_id_draws")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["assessments.session_id"], name=op.f("fk_assessment_subjects_session_id_assessments")
        ),
        sa.PrimaryKeyConstraint("session_id", "number", name=op.f("pk_assessment_subjects")),
        sa.UniqueConstraint("draw_id", "seat", "vacancy", name=op.f("uq_assessment_subjects_draw_id_seat_vacancy")),
    )
    with op.batch_alter_table("assessment_subjects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_subjects_unit"), ["unit"], unique=False)

    op.create_table(
        "assessment_marks",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "party",
            sa.Enum("centre", "supervisor", "project_unit", name="party", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("points", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "evidence",
            sa.Enum("record", "recording", "document", "statement", name="evidence", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("document", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_subjects.session_id", "assessment_subjects.number"],
            name=op.f("fk_assessment_marks_session_id_subject_assessment_subjects"),
        ),
        sa.PrimaryKeyConstraint("session_id", "subject", "party", "item", name=op.f("pk_assessment_marks")),
    )
    op.create_table(
        "assessment_proposals",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_subjects.session_id", "assessment_subjects.number"],
            name=op.f("fk_assessment_proposals_session_id_subject_assessment_subjects"),
        ),
        sa.PrimaryKeyConstraint("session_id", "subject", "item", "step", name=op.f("pk_assessment_proposals")),
    )
    op.create_table(
        "assessment_results",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("deduction", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("score", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("missing", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_subjects.session_id", "assessment_subjects.number"],
            name=op.f("fk_assessment_results_session_id_subject_assessment_subjects"),
        ),
        sa.PrimaryKeyConstraint("session_id", "subject", name=op.f("pk_assessment_results")),
    )
    op.create_table(
        "assessment_sheets",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "party",
            sa.Enum("centre", "supervisor", "project_unit", name="party", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["given_by"], ["actors.id"], name=op.f("fk_assessment_sheets_given_by_actors")),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_subjects.session_id", "assessment_subjects.number"],
            name=op.f("fk_assessment_sheets_session_id_subject_assessment_subjects"),
        ),
        sa.PrimaryKeyConstraint("session_id", "subject", "party", name=op.f("pk_assessment_sheets")),
    )


def downgrade() -> None:
    op.drop_table("assessment_sheets")
    op.drop_table("assessment_results")
    op.drop_table("assessment_proposals")
    op.drop_table("assessment_marks")
    with op.batch_alter_table("assessment_subjects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessment_subjects_unit"))

    op.drop_table("assessment_subjects")
    with op.batch_alter_table("assessments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessments_state"))
        batch_op.drop_index(batch_op.f("ix_assessments_centre_id"))

    op.drop_table("assessments")
