"""Create the bidder lists of draws, the rows that they strike, and the callings for another time."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATES = ("missing", "too-few", "opened")


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "draw_bidder_lists",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="liststate", native_enum=False, length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("bidders", sa.String(length=64), nullable=True),
        sa.Column("struck", sa.String(length=64), nullable=True),
        sa.Column("vacancies", whole, nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_bidder_lists_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_draw_bidder_lists")),
    )
    op.create_table(
        "draw_struck_rows",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_struck_rows_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_draw_struck_rows")),
    )
    op.create_table(
        "draw_callings",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("number", whole, autoincrement=False, nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_callings_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_draw_callings")),
    )


def downgrade() -> None:
    op.drop_table("draw_callings")
    op.drop_table("draw_struck_rows")
    op.drop_table("draw_bidder_lists")
