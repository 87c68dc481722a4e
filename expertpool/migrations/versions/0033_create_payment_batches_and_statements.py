"""Create payment batches and statements."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("lines", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(length=40), nullable=False),
        sa.Column("compared", sa.DateTime(timezone=True), nullable=True),
        sa.Column("matched", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("known", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("differences", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_bank_statements_centre_id_centres")),
        sa.ForeignKeyConstraint(["taken_by"], ["actors.id"], name=op.f("fk_bank_statements_taken_by_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
        sa.UniqueConstraint("centre_id", "digest", name=op.f("uq_bank_statements_centre_id_digest")),
    )
    op.create_table(
        "bank_statement_lines",
        sa.Column("statement_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statements.id"], name=op.f("fk_bank_statement_lines_statement_id_bank_statements")
        ),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_bank_statement_lines")),
    )
    op.create_table(
        "payment_batches",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.Enum("file", "provider", name="batchform", native_enum=False, length=32), nullable=False),
        sa.Column("payments", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recipient_id", sa.String(length=40), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_payment_batches_centre_id_centres")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["payment_orders.id"], name=op.f("fk_payment_batches_order_id_payment_orders")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipient_keys.id"], name=op.f("fk_payment_batches_recipient_id_recipient_keys")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_batches")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_payment_batches_order_id_number")),
    )
    op.create_table(
        "payment_differences",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("payout_id", sa.String(length=40), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "amount",
                "twice",
                "contradicted",
                "stranger",
                "superseded",
                name="differencekind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("statement_id", sa.String(length=40), nullable=True),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("found", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_payment_differences_centre_id_centres")),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name=op.f("fk_payment_differences_payout_id_payouts")),
        sa.ForeignKeyConstraint(["settled_by"], ["actors.id"], name=op.f("fk_payment_differences_settled_by_actors")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statements.id"], name=op.f("fk_payment_differences_statement_id_bank_statements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_differences")),
        sa.UniqueConstraint("mark", name=op.f("uq_payment_differences_mark")),
    )
    with op.batch_alter_table("payment_differences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_differences_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_differences_payout_id"), ["payout_id"], unique=False)

    op.create_table(
        "payment_instructions",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("payout_id", sa.String(length=40), nullable=False),
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("paid", "failed", "returned", name="outcome", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("reason", sa.Enum("account", "other", name="reason", native_enum=False, length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["payment_batches.id"], name=op.f("fk_payment_instructions_batch_id_payment_batches")
        ),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name=op.f("fk_payment_instructions_payout_id_payouts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_instructions")),
        sa.UniqueConstraint("payout_id", "attempt", name=op.f("uq_payment_instructions_payout_id_attempt")),
    )
    with op.batch_alter_table("payment_instructions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_instructions_batch_id"), ["batch_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("payment_instructions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_instructions_batch_id"))

    op.drop_table("payment_instructions")
    with op.batch_alter_table("payment_differences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_differences_payout_id"))
        batch_op.drop_index(batch_op.f("ix_payment_differences_centre_id"))

    op.drop_table("payment_differences")
    op.drop_table("payment_batches")
    op.drop_table("bank_statement_lines")
    op.drop_table("bank_statements")
