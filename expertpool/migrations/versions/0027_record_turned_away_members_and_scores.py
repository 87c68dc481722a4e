"""Record to whom an allowance is due when a draw is cancelled, and the scores that members gave."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "draw_turned_away",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", whole, nullable=False),
        sa.Column("came", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_turned_away_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "seat", name=op.f("pk_draw_turned_away")),
    )
    op.create_table(
        "session_score_sheets",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["evaluation_sessions.id"],
            name=op.f("fk_session_score_sheets_session_id_evaluation_sessions"),
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_score_sheets")),
    )
    op.create_table(
        "session_scores",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("lot_id", sa.String(length=40), nullable=False),
        sa.Column("bidder", sa.String(length=18), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", whole, nullable=False),
        sa.Column("hundredths", whole, nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_session_scores_draw_id_draws")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_session_scores_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session_score_sheets.session_id"],
            name=op.f("fk_session_scores_session_id_session_score_sheets"),
        ),
        sa.PrimaryKeyConstraint("session_id", "lot_id", "bidder", "draw_id", "seat", name=op.f("pk_session_scores")),
    )


def downgrade() -> None:
    op.drop_table("session_scores")
    op.drop_table("session_score_sheets")
    op.drop_table("draw_turned_away")
