"""Create cases and appeals."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessment_cases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "at-once", "year", "lead", "dismissal", "senior", "staff", name="ground", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("rests_on", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "handed-over",
                "decided",
                "withdrawn",
                "returned",
                "revoked",
                name="casestate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=True),
        sa.Column(
            "proposal",
            sa.Enum("none", "warning", "suspension", "removal", "senior", name="measure", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("proposed_months", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "measure",
            sa.Enum("none", "warning", "suspension", "removal", "senior", name="measure", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("months", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("start", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_assessment_cases_centre_id_centres")),
        sa.ForeignKeyConstraint(["decided_by"], ["actors.id"], name=op.f("fk_assessment_cases_decided_by_actors")),
        sa.ForeignKeyConstraint(["proposed_by"], ["actors.id"], name=op.f("fk_assessment_cases_proposed_by_actors")),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_subjects.session_id", "assessment_subjects.number"],
            name=op.f("fk_assessment_cases_session_id_subject_assessment_subjects"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_cases")),
        sa.UniqueConstraint(
            "session_id", "subject", "ground", name=op.f("uq_assessment_cases_session_id_subject_ground")
        ),
    )
    with op.batch_alter_table("assessment_cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_cases_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assessment_cases_state"), ["state"], unique=False)

    op.create_table(
        "assessment_notices",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("served", sa.Date(), nullable=True),
        sa.Column("document", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_subjects.session_id", "assessment_subjects.number"],
            name=op.f("fk_assessment_notices_session_id_subject_assessment_subjects"),
        ),
        sa.PrimaryKeyConstraint("session_id", "subject", "about", name=op.f("pk_assessment_notices")),
    )
    op.create_table(
        "assessment_appeals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("filed", "upheld", "refused", name="appealstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("filed", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decision", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_assessment_appeals_centre_id_centres")),
        sa.ForeignKeyConstraint(["decided_by"], ["actors.id"], name=op.f("fk_assessment_appeals_decided_by_actors")),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_results.session_id", "assessment_results.subject"],
            name=op.f("fk_assessment_appeals_session_id_subject_assessment_results"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_appeals")),
        sa.UniqueConstraint("session_id", "subject", name=op.f("uq_assessment_appeals_session_id_subject")),
    )
    with op.batch_alter_table("assessment_appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_appeals_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assessment_appeals_state"), ["state"], unique=False)

    op.create_table(
        "assessment_amendments",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("appeal_id", sa.String(length=40), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("deduction", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("score", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appeal_id"], ["assessment_appeals.id"], name=op.f("fk_assessment_amendments_appeal_id_assessment_appeals")
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_results.session_id", "assessment_results.subject"],
            name=op.f("fk_assessment_amendments_session_id_subject_assessment_results"),
        ),
        sa.PrimaryKeyConstraint("session_id", "subject", name=op.f("pk_assessment_amendments")),
    )
    op.create_table(
        "assessment_attachments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("appeal_id", sa.String(length=40), nullable=True),
        sa.Column("media", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appeal_id"],
            ["assessment_appeals.id"],
            name=op.f("fk_assessment_attachments_appeal_id_assessment_appeals"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_attachments")),
    )
    with op.batch_alter_table("assessment_attachments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_attachments_appeal_id"), ["appeal_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("assessment_attachments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessment_attachments_appeal_id"))

    op.drop_table("assessment_attachments")
    op.drop_table("assessment_amendments")
    with op.batch_alter_table("assessment_appeals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessment_appeals_state"))
        batch_op.drop_index(batch_op.f("ix_assessment_appeals_centre_id"))

    op.drop_table("assessment_appeals")
    op.drop_table("assessment_notices")
    with op.batch_alter_table("assessment_cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessment_cases_state"))
        batch_op.drop_index(batch_op.f("ix_assessment_cases_centre_id"))

    op.drop_table("assessment_cases")
