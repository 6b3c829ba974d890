"""Run migrations on the connection that `app.store.migrate` opened as the owner."""

from alembic import context

from app.store.tables import SCHEMAS, Base


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave PostGIS's own schema and the queue library's tables alone."""
    return name in SCHEMAS if kind == "schema" else not (name or "").startswith("procrastinate")


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table="alembic_version",
    version_table_schema="meta",
    include_schemas=True,
    include_name=ours,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
