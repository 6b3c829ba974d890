"""Migrations: up, down, up; equal to the models; another schema is refused with what to run."""

import contextlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from app.errors import SchemaError
from app.i18n import explain
from app.store.logins import Login
from app.store.migrate import migrate
from app.store.session import Store, application_schema, schemas
from app.store.tables import SCHEMAS, Base

LISTED = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(:schemas)
UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace::regnamespace::text = ANY(:schemas)
ORDER BY 1
"""


def _ours(name, kind, _parents):
    return name in SCHEMAS if kind == "schema" else not (name or "").startswith("procrastinate")


def contents(settings):
    with contextlib.closing(Store(settings)) as store, store.session(Login.OWNER) as session:
        return session.scalars(text(LISTED), {"schemas": list(SCHEMAS)}).all()


def test_the_migrations_make_exactly_the_models(store):
    with store.engine(Login.OWNER).connect() as connection:
        options = {"include_schemas": True, "include_name": _ours, "version_table_schema": "meta"}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    assert differences == []


def test_down_to_nothing_and_up_again_makes_the_same(settings):
    before = contents(settings)
    assert migrate(settings, revision="base", keep_backup=False) == "-"
    left = [name for name in contents(settings) if not name.startswith("meta.alembic_version")]
    assert left == ["meta.alembic_version_pkc"] or left == []
    assert migrate(settings, keep_backup=False) == application_schema()
    assert contents(settings) == before


def test_each_step_down_can_be_taken_up_again(settings):
    reached = [migrate(settings, revision="-1", keep_backup=False) for _ in schemas()]
    assert reached == [*schemas()[-2::-1], "-"]
    assert migrate(settings, keep_backup=False) == application_schema()


def test_an_older_schema_named_outright_is_gone_down_to(settings):
    assert migrate(settings, revision=schemas()[0], keep_backup=False) == schemas()[0]
    assert migrate(settings, revision=application_schema(), keep_backup=False) == application_schema()


@pytest.mark.parametrize("revision", ["0042", "heads", "x", "-", "--help"])
def test_a_schema_that_does_not_exist_is_refused_with_those_that_do(settings, revision):
    with pytest.raises(SchemaError) as caught:
        migrate(settings, revision=revision)
    assert caught.value.key == "schema.unknown"


def test_a_newer_schema_is_not_touched(settings, connect):
    connect(settings, Login.OWNER).execute("UPDATE meta.alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError) as caught:
        migrate(settings)
    assert caught.value.key == "schema.newer"


def test_the_rights_are_back_after_a_migration(settings, refused):
    migrate(settings, revision="base", keep_backup=False)
    migrate(settings, keep_backup=False)
    assert refused(settings, Login.SERVICE, "SELECT * FROM survey.households") is None
    assert refused(settings, Login.PLANNER, "SELECT * FROM agg.about") is None
    assert refused(settings, Login.PLANNER, "SELECT * FROM survey.households") == "42501"


@pytest.mark.parametrize(
    ("version", "key", "words"),
    [("9999", "schema.newer", "Upgrade the application"), ("0001", "schema.older", "mahalle db migrate")],
)
def test_another_schema_is_refused_with_what_to_do(settings, connect, version, key, words):
    connect(settings, Login.OWNER).execute("UPDATE meta.alembic_version SET version_num = %s", [version])
    with pytest.raises(SchemaError) as caught:
        Store.open(settings)
    assert caught.value.key == key
    assert caught.value.fields == {"have": version, "want": application_schema()}
    assert words in explain(caught.value, "en")


def test_a_store_without_a_schema_is_refused_with_what_to_run(settings):
    migrate(settings, revision="base", keep_backup=False)
    with pytest.raises(SchemaError) as caught:
        Store.open(settings)
    assert caught.value.key == "schema.older"


def test_a_filled_store_is_backed_up_before_it_is_migrated(small_city):
    settings = small_city.settings
    small_city.close()
    migrate(settings, revision="-1", keep_backup=False)
    assert list(settings.here.backups.iterdir()) == []
    migrate(settings)
    migrate(settings)  # nothing to do, nothing to save
    (kept,) = settings.here.backups.iterdir()
    assert kept.name.endswith("-before-migration.backup")


def test_a_migration_that_fails_changes_nothing(settings, monkeypatch):
    before = contents(settings)
    migrate(settings, revision="-1", keep_backup=False)
    after_down = contents(settings)
    for name in ("create_table", "add_column"):
        monkeypatch.setattr(f"alembic.op.{name}", _fail)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(settings, keep_backup=False)
    assert contents(settings) == after_down
    monkeypatch.undo()
    migrate(settings, keep_backup=False)
    assert contents(settings) == before


def _fail(*_, **__):
    raise RuntimeError("power cut")
