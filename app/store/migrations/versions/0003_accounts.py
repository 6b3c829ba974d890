"""Accounts, sessions, uploads and jobs."""

import datetime as dt

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The queue's own tables, types and functions, as procrastinate 3.10 ships them. A newer one that changes them
# brings `sql/migrations/`: run those in a revision of ours.
DROP_QUEUE = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'jobs'::regnamespace AND relkind = 'r' AND relname LIKE 'procrastinate%' LOOP
        EXECUTE format('DROP TABLE %s CASCADE', one.name);
    END LOOP;
    FOR one IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'jobs'::regnamespace LOOP
        EXECUTE format('DROP FUNCTION %s', one.name);
    END LOOP;
    FOR one IN SELECT oid::regtype AS name FROM pg_type
        WHERE typnamespace = 'jobs'::regnamespace AND typname LIKE 'procrastinate%' LOOP
        EXECUTE format('DROP TYPE %s', one.name);
    END LOOP;
END $$
"""


def upgrade() -> None:
    _accounts()
    _sessions()
    _jobs()
    bind = op.get_bind()
    path = bind.exec_driver_sql("SHOW search_path").scalar()
    bind.exec_driver_sql("SET LOCAL search_path = jobs, pg_catalog")
    driver = bind.connection.driver_connection
    assert driver is not None
    driver.execute(SchemaManager.get_schema())  # past SQLAlchemy: its % are no parameters
    bind.exec_driver_sql(f"SET LOCAL search_path = {path}")


def downgrade() -> None:
    op.execute(DROP_QUEUE)
    for schema, table in (
        *(("jobs", "uploads"), ("jobs", "work")),
        *(("auth", "failures"), ("auth", "sessions"), ("auth", "codes"), ("auth", "users")),
    ):
        op.drop_table(table, schema=schema)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[dt.datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        *(_text("name"), _text("display"), _text("role"), _text("region")),
        sa.Column("steps", postgresql.ARRAY(sa.Text()), nullable=False),
        *(_text("language"), _text("password", nullable=True), _text("second_key", nullable=True)),
        sa.Column("second_wrapped", sa.LargeBinary(), nullable=True),
        _moment("second_since", nullable=True),
        sa.Column("second_step", sa.Integer(), nullable=False),
        *(_moment("made_at"), _text("made_by"), _moment("disabled_at", nullable=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
        schema="auth",
    )
    op.create_table(
        "codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *(_text("kind"), _moment("made_at"), _moment("ends_at", nullable=True)),
        sa.CheckConstraint("kind IN ('sign-in', 'recovery')", name=op.f("ck_codes_kind")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["auth.users.id"], name=op.f("fk_codes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_codes")),
        schema="auth",
    )
    op.create_index(op.f("ix_codes_user_id"), "codes", ["user_id"], schema="auth")


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *(_text("stage"), _moment("made_at"), _moment("used_at"), _text("address")),
        sa.CheckConstraint(
            "stage IN ('password', 'enrol', 'second', 'full')", name=op.f("ck_sessions_stage")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["auth.users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
        schema="auth",
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], schema="auth")
    op.create_table(
        "failures",
        _text("key"),
        sa.Column("count", sa.Integer(), nullable=False),
        *(_moment("last_at"), _moment("wait_until")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_failures")),
        schema="auth",
    )


def _jobs() -> None:
    op.create_table(
        "work",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_text("kind"), _text("actor")),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        *(_text("state"), _text("stage")),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("error", postgresql.JSONB(), nullable=True),
        *(_moment("made_at"), _moment("began_at", nullable=True), _moment("ended_at", nullable=True)),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_work_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        schema="jobs",
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *(_text("name"), _text("kind")),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        *(_moment("made_at"), _moment("touched_at")),
        sa.Column("work_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        schema="jobs",
    )
