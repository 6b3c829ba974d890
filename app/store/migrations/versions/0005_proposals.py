"""Named plans with their versions, proposals and their steps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)

# what happened stays as it was noted, whoever holds the login
KEEP = """
CREATE FUNCTION plan.keep_history() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are history and stay as they are', TG_TABLE_NAME USING ERRCODE = '42501';
END $$
"""
HISTORIES = ("plan_versions", "proposal_steps")
GUARD = "CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON plan.{} FOR EACH ROW EXECUTE FUNCTION plan.keep_history()"
FIRST_VERSIONS = """
INSERT INTO plan.plan_versions (plan_id, run_id, at, actor, name, parameters, result)
SELECT id, run_id, created_at, created_by, '', parameters, result FROM plan.plans ORDER BY id
"""
LAST_VERSIONS = """
UPDATE plan.plans AS p SET run_id = v.run_id, parameters = v.parameters, result = v.result
FROM plan.plan_versions AS v
WHERE v.id = (SELECT max(id) FROM plan.plan_versions WHERE plan_id = p.id)
"""


def upgrade() -> None:
    _plan_versions()
    op.add_column("plans", sa.Column("region", sa.Text(), nullable=False, server_default=""), schema="plan")
    op.alter_column("plans", "region", server_default=None, schema="plan")
    op.add_column("plans", sa.Column("copied_from", sa.Integer(), nullable=True), schema="plan")
    op.create_foreign_key(
        "fk_plans_copied_from",
        "plans",
        "plans",
        ["copied_from"],
        ["id"],
        source_schema="plan",
        referent_schema="plan",
    )
    op.execute(FIRST_VERSIONS)
    for name in ("run_id", "parameters", "result"):
        op.drop_column("plans", name, schema="plan")
    op.create_check_constraint(
        op.f("ck_plans_state"), "plans", "state IN ('draft', 'sent', 'published', 'withdrawn')", schema="plan"
    )
    _proposals()
    op.execute(KEEP)
    for table in HISTORIES:
        op.execute(GUARD.format(table))


def _plan_versions() -> None:
    op.create_table(
        "plan_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plans.id"], name=op.f("fk_plan_versions_plan_id")),
        sa.ForeignKeyConstraint(["before"], ["plan.plan_versions.id"], name=op.f("fk_plan_versions_before")),
        sa.ForeignKeyConstraint(["run_id"], ["plan.runs.id"], name=op.f("fk_plan_versions_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_versions")),
        schema="plan",
    )
    op.create_index("ix_plan_versions_plan_id", "plan_versions", ["plan_id"], unique=False, schema="plan")


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("chain", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'sent', 'returned', 'approved', 'withdrawn')", name=op.f("ck_proposals_state")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plans.id"], name=op.f("fk_proposals_plan_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["plan.plan_versions.id"], name=op.f("fk_proposals_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        schema="plan",
    )
    op.create_index("ix_proposals_plan_id", "proposals", ["plan_id"], unique=False, schema="plan")
    op.create_table(
        "proposal_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ebys_number", sa.Text(), nullable=False),
        sa.Column("ebys_date", sa.Date(), nullable=True),
        sa.Column("content", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["plan.proposals.id"], name=op.f("fk_proposal_steps_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_steps")),
        schema="plan",
    )
    op.create_index(
        "ix_proposal_steps_proposal_id", "proposal_steps", ["proposal_id"], unique=False, schema="plan"
    )


def downgrade() -> None:
    for table in HISTORIES:
        op.execute(f"DROP TRIGGER keep_history ON plan.{table}")
    op.execute("DROP FUNCTION plan.keep_history()")
    op.drop_table("proposal_steps", schema="plan")
    op.drop_table("proposals", schema="plan")
    op.drop_constraint(op.f("ck_plans_state"), "plans", schema="plan")
    op.add_column("plans", sa.Column("run_id", sa.Integer(), nullable=True), schema="plan")
    for name in ("parameters", "result"):
        op.add_column("plans", sa.Column(name, JSON, nullable=True), schema="plan")
    op.execute(LAST_VERSIONS)
    for name in ("run_id", "parameters", "result"):
        op.alter_column("plans", name, nullable=False, schema="plan")
    op.create_foreign_key(
        op.f("fk_plans_run_id"),
        "plans",
        "runs",
        ["run_id"],
        ["id"],
        source_schema="plan",
        referent_schema="plan",
    )
    op.drop_column("plans", "copied_from", schema="plan")
    op.drop_column("plans", "region", schema="plan")
    op.drop_table("plan_versions", schema="plan")
