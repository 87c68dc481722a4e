"""Create payment orders, payouts and their postings."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_months",
        sa.Column("payer", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("payer", "month", name=op.f("pk_payment_months")),
    )
    op.create_table(
        "payment_orders",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind", sa.Enum("session", "turned-away", name="orderkind", native_enum=False, length=32), nullable=False
        ),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "computed",
                "agreed",
                "confirmed",
                "batched",
                "released",
                "settled",
                name="orderstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day_revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payer", sa.String(length=40), nullable=False),
        sa.Column("by_centre", sa.Boolean(), nullable=False),
        sa.Column("approvers", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rulebook", sa.String(length=64), nullable=False),
        sa.Column("article", sa.String(length=500), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=False),
        sa.Column("after_tax", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expenses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("corrected", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("computed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agree_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_payment_orders_centre_id_centres")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_payment_orders_project_id_projects")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_payment_orders_session_id_evaluation_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_orders")),
        sa.UniqueConstraint("subject", name=op.f("uq_payment_orders_subject")),
        sa.UniqueConstraint("token", name=op.f("uq_payment_orders_token")),
    )
    with op.batch_alter_table("payment_orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_orders_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_orders_due"), ["due"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_orders_payer"), ["payer"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_orders_project_id"), ["project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_orders_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_orders_state"), ["state"], unique=False)

    op.create_table(
        "payment_approvals",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column(
            "revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_payment_approvals_actor_id_actors")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["payment_orders.id"], name=op.f("fk_payment_approvals_order_id_payment_orders")
        ),
        sa.PrimaryKeyConstraint("order_id", "actor_id", "revision", name=op.f("pk_payment_approvals")),
    )
    op.create_table(
        "payment_payees",
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_payment_payees_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", "seat", "vacancy", name=op.f("pk_payment_payees")),
    )
    op.create_table(
        "payouts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("vacancy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "computed",
                "agreed",
                "objected",
                "confirmed",
                "batched",
                "released",
                "paid",
                "failed",
                "unknown",
                "reconciled",
                name="payoutstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("forfeited", sa.String(length=32), nullable=True),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expenses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alone", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agree_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objection", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=True),
        sa.Column("gross", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tax", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("attempt", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("amount >= expenses AND expenses >= 0", name=op.f("ck_payouts_amount")),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_payouts_centre_id_centres")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_payouts_draw_id_draws")),
        sa.ForeignKeyConstraint(["order_id"], ["payment_orders.id"], name=op.f("fk_payouts_order_id_payment_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint(
            "order_id", "draw_id", "seat", "vacancy", name=op.f("uq_payouts_order_id_draw_id_seat_vacancy")
        ),
    )
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payouts_month"), ["month"], unique=False)
        batch_op.create_index(batch_op.f("ix_payouts_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payouts_state"), ["state"], unique=False)

    op.create_table(
        "payment_postings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("payout_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "movement",
            sa.Enum(
                "confirmed",
                "released",
                "paid",
                "failed",
                "returned",
                "withheld",
                name="movement",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "debit",
            sa.Enum("fees", "payable", "tax", "transit", "bank", name="account", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "credit",
            sa.Enum("fees", "payable", "tax", "transit", "bank", name="account", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_postings_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_payment_postings_sides")),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_payment_postings_centre_id_centres")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["payment_orders.id"], name=op.f("fk_payment_postings_order_id_payment_orders")
        ),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name=op.f("fk_payment_postings_payout_id_payouts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_postings")),
    )
    with op.batch_alter_table("payment_postings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_postings_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_postings_payout_id"), ["payout_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("payment_postings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_postings_payout_id"))
        batch_op.drop_index(batch_op.f("ix_payment_postings_order_id"))

    op.drop_table("payment_postings")
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payouts_state"))
        batch_op.drop_index(batch_op.f("ix_payouts_order_id"))
        batch_op.drop_index(batch_op.f("ix_payouts_month"))

    op.drop_table("payouts")
    op.drop_table("payment_payees")
    op.drop_table("payment_approvals")
    with op.batch_alter_table("payment_orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_orders_state"))
        batch_op.drop_index(batch_op.f("ix_payment_orders_session_id"))
        batch_op.drop_index(batch_op.f("ix_payment_orders_project_id"))
        batch_op.drop_index(batch_op.f("ix_payment_orders_payer"))
        batch_op.drop_index(batch_op.f("ix_payment_orders_due"))
        batch_op.drop_index(batch_op.f("ix_payment_orders_centre_id"))

    op.drop_table("payment_orders")
    op.drop_table("payment_months")
