"""Create requests for an explanation of scoring."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessment_explanations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("question", sa.String(length=500), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["actors.id"], name=op.f("fk_assessment_explanations_asked_by_actors")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centres.id"], name=op.f("fk_assessment_explanations_centre_id_centres")
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "subject"],
            ["assessment_subjects.session_id", "assessment_subjects.number"],
            name=op.f("fk_assessment_explanations_session_id_subject_assessment_subjects"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_explanations")),
        sa.UniqueConstraint("name", name=op.f("uq_assessment_explanations_name")),
    )
    with op.batch_alter_table("assessment_explanations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assessment_explanations_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assessment_explanations_session_id"), ["session_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("assessment_explanations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assessment_explanations_session_id"))
        batch_op.drop_index(batch_op.f("ix_assessment_explanations_centre_id"))

    op.drop_table("assessment_explanations")
