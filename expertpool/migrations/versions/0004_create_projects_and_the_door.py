"""Create the tables of projects and of the door."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "door_senders",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("trading-system", "provincial-pool", name="senderkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_door_senders_centre_id_centres")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_senders")),
        sa.UniqueConstraint("code", name=op.f("uq_door_senders_code")),
    )
    with op.batch_alter_table("door_senders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_door_senders_centre_id"), ["centre_id"], unique=False)

    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("regime", sa.Enum("tender", "govproc", name="regime", native_enum=False, length=32), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "open_tender",
                "invited_tender",
                "negotiation",
                "consultation",
                "inquiry",
                name="method",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("initiator_id", sa.String(length=40), nullable=True),
        sa.Column("registered", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_projects_centre_id_centres")),
        sa.ForeignKeyConstraint(["initiator_id"], ["actors.id"], name=op.f("fk_projects_initiator_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("code", name=op.f("uq_projects_code")),
    )
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_projects_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_projects_initiator_id"), ["initiator_id"], unique=False)

    op.create_table(
        "sender_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("sender_id", sa.String(length=40), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_sender_keys_centre_id_centres")),
        sa.ForeignKeyConstraint(["sender_id"], ["door_senders.id"], name=op.f("fk_sender_keys_sender_id_door_senders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_keys")),
        sa.UniqueConstraint("public", name=op.f("uq_sender_keys_public")),
    )
    with op.batch_alter_table("sender_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sender_keys_sender_id"), ["sender_id"], unique=False)

    op.create_table(
        "evaluation_sessions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum("scheduled", "postponed", "cancelled", name="sessionstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("overnight", sa.Boolean(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_evaluation_sessions_centre_id_centres")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_evaluation_sessions_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_sessions")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_evaluation_sessions_project_id_code")),
    )
    with op.batch_alter_table("evaluation_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_evaluation_sessions_day", ["centre_id", "starts"], unique=False)

    op.create_table(
        "lots",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=54), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("budget", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_lots_centre_id_centres")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_lots_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("code", name=op.f("uq_lots_code")),
    )
    with op.batch_alter_table("lots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lots_project_id"), ["project_id"], unique=False)

    op.create_table(
        "milestones",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
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
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_milestones_centre_id_centres")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_milestones_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_milestones_kind_subject")),
    )
    with op.batch_alter_table("milestones", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_milestones_project_id"), ["project_id"], unique=False)

    op.create_table(
        "parties",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column(
            "role",
            sa.Enum("owner", "agency", "supervisor", name="partyrole", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_parties_centre_id_centres")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_parties_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sa.UniqueConstraint("project_id", "role", "code", name=op.f("uq_parties_project_id_role_code")),
    )
    op.create_table(
        "recusals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.Enum("unit", "person", name="recusalkind", native_enum=False, length=32), nullable=False),
        sa.Column("unit_code", sa.String(length=18), nullable=True),
        sa.Column("unit_name", sa.String(length=200), nullable=True),
        sa.Column("person_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("named", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_recusals_centre_id_centres")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_recusals_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusals")),
    )
    with op.batch_alter_table("recusals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recusals_project_id"), ["project_id"], unique=False)

    op.create_table(
        "door_messages",
        sa.Column("sender_id", sa.String(length=40), nullable=False),
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_door_messages_centre_id_centres")),
        sa.ForeignKeyConstraint(["key_id"], ["sender_keys.id"], name=op.f("fk_door_messages_key_id_sender_keys")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_door_messages_project_id_projects")),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["door_senders.id"], name=op.f("fk_door_messages_sender_id_door_senders")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_door_messages_session_id_evaluation_sessions")
        ),
        sa.PrimaryKeyConstraint("sender_id", "sequence", name=op.f("pk_door_messages")),
    )
    op.create_table(
        "sealed_deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("bidder-list", "draw-result", name="sealedkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("vault_key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_sealed_deliveries_centre_id_centres")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_sealed_deliveries_session_id_evaluation_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_deliveries")),
        sa.UniqueConstraint("session_id", "kind", "number", name=op.f("uq_sealed_deliveries_session_id_kind_number")),
    )
    op.create_table(
        "session_lots",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("lot_id", sa.String(length=40), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_session_lots_centre_id_centres")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_session_lots_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_session_lots_session_id_evaluation_sessions")
        ),
        sa.PrimaryKeyConstraint("session_id", "lot_id", name=op.f("pk_session_lots")),
    )
    with op.batch_alter_table("session_lots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_lots_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "session_sites",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=6), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_session_sites_centre_id_centres")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_sessions.id"], name=op.f("fk_session_sites_session_id_evaluation_sessions")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["centres.id"], name=op.f("fk_session_sites_site_id_centres")),
        sa.PrimaryKeyConstraint("session_id", "position", name=op.f("pk_session_sites")),
    )
    op.create_table(
        "sealed_blobs",
        sa.Column("delivery_id", sa.String(length=40), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["sealed_deliveries.id"],
            name=op.f("fk_sealed_blobs_delivery_id_sealed_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_sealed_blobs")),
    )


def downgrade() -> None:

    op.drop_table("sealed_blobs")
    op.drop_table("session_sites")
    with op.batch_alter_table("session_lots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_lots_lot_id"))

    op.drop_table("session_lots")
    op.drop_table("sealed_deliveries")
    op.drop_table("door_messages")
    with op.batch_alter_table("recusals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recusals_project_id"))

    op.drop_table("recusals")
    op.drop_table("parties")
    with op.batch_alter_table("milestones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_milestones_project_id"))

    op.drop_table("milestones")
    with op.batch_alter_table("lots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lots_project_id"))

    op.drop_table("lots")
    with op.batch_alter_table("evaluation_sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_evaluation_sessions_day")

    op.drop_table("evaluation_sessions")
    with op.batch_alter_table("sender_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sender_keys_sender_id"))

    op.drop_table("sender_keys")
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_projects_initiator_id"))
        batch_op.drop_index(batch_op.f("ix_projects_centre_id"))

    op.drop_table("projects")
    with op.batch_alter_table("door_senders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_door_senders_centre_id"))

    op.drop_table("door_senders")
