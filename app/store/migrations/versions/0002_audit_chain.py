"""Append to the audit only through one function, each row chained to the one before."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RECORD = """
CREATE FUNCTION audit.record(who text, what text, why text, about jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    last bytea;
    moment timestamptz := clock_timestamp();
    number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7210002);  -- one chain: one writer at a time
    SELECT chain INTO last FROM audit.events ORDER BY id DESC LIMIT 1;
    INSERT INTO audit.events (at, actor, action, purpose, detail, chain)
    VALUES (moment, who, what, why, about, sha256(coalesce(last, ''::bytea)
        || convert_to(jsonb_build_array(moment AT TIME ZONE 'UTC', who, what, why, about)::text, 'UTF8')))
    RETURNING id INTO number;
    RETURN number;
END $$
"""


def upgrade() -> None:
    op.execute(RECORD)
    op.execute("INSERT INTO agg.about (id, holds) VALUES (1, 'nothing')")


def downgrade() -> None:
    op.execute("DELETE FROM agg.about")
    op.execute("DROP FUNCTION audit.record(text, text, text, jsonb)")
