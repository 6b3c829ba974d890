"""Who may do what, listed from the catalogue: an object nobody decided about fails here."""

import stat

import psycopg
import pytest

from app.errors import ServerError
from app.store import bootstrap
from app.store.logins import AUDITORS, RIGHTS, Login, new_secret, secret_file, target, url
from app.store.server import PrivateServer
from app.store.tables import SCHEMAS

# every relation and function of ours; a new one is added here once its schema's rights were thought about
DECIDED = {
    "agg": {
        *("about", "areas", "boundaries", "classes", "districts", "maps", "plans", "points", "runs"),
        *("zone_shapes", "zones"),
    },
    "audit": {"events", "events_id_seq"},
    "auth": {"codes", "failures", "sessions", "users", "users_id_seq"},
    "geo": {
        *("areas", "areas_id_seq", "boundaries", "boundaries_id_seq", "centres", "crosswalk"),
        *("crosswalk_id_seq", "district_groups", "population", "population_id_seq", "regions", "sites"),
    },
    "ident": {"details", "persons", "raw"},
    "jobs": {
        *("uploads", "work"),
        *("procrastinate_events", "procrastinate_events_id_seq", "procrastinate_jobs"),
        *(
            "procrastinate_jobs_id_seq",
            "procrastinate_periodic_defers",
            "procrastinate_periodic_defers_id_seq",
        ),
        *("procrastinate_workers", "procrastinate_workers_id_seq"),
    },
    "meta": {"alembic_version"},
    "plan": {
        *(
            "indicators",
            "indicators_id_seq",
            "estimates",
            "estimates_id_seq",
            "maps",
            "maps_id_seq",
            "need",
            "need_id_seq",
            "need_draws",
            "run_checks",
            "plans",
        ),
        *("plan_versions", "plan_versions_id_seq", "proposal_steps", "proposal_steps_id_seq"),
        *("proposals", "proposals_id_seq"),
        *("plans_id_seq", "run_steps", "run_steps_id_seq", "runs", "runs_id_seq", "zones", "zones_id_seq"),
    },
    "staging": set(),
    "survey": {
        *("attempts", "attempts_id_seq", "batches", "batches_id_seq", "campaigns", "campaigns_id_seq"),
        *("case_history", "case_history_id_seq", "cases", "forms", "forms_id_seq", "household_history"),
        *("household_history_id_seq", "households", "mappings"),
    },
}
FUNCTIONS = {"audit.record(text,text,text,jsonb)": AUDITORS, "plan.keep_history()": ()}
POSTGIS_READABLE = {"spatial_ref_sys", "geometry_columns", "geography_columns"}
TABLE_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
COLUMN_RIGHTS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, c.oid
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_temp%'
  AND n.nspname NOT LIKE 'pg\\_toast%'
"""
OTHERS = tuple(login for login in Login if login is not Login.OWNER)


def relations(connection):
    return connection.execute(RELATIONS).fetchall()


def rights_on(connection, role, oid, kind):
    """Every right a role holds on a relation, column rights included."""
    if kind == "S":
        kinds = ("USAGE", "SELECT", "UPDATE")
        return {r for r in kinds if holds(connection, "has_sequence_privilege", role, oid, r)}
    whole = {r for r in TABLE_RIGHTS if holds(connection, "has_table_privilege", role, oid, r)}
    return whole | {r for r in COLUMN_RIGHTS if holds(connection, "has_any_column_privilege", role, oid, r)}


def holds(connection, function, role, thing, right):
    query = f"SELECT {function}(%s, %s::oid, %s)"
    return connection.execute(query, [role, thing, right]).fetchone()[0]


def declared(schema, login, kind):
    rights = set(RIGHTS[schema].get(login, "").replace(" ", "").split(",")) - {""}
    if kind != "S":
        return rights
    sequence = {"USAGE"} if "INSERT" in rights else set()
    return sequence or ({"SELECT"} if login is Login.BACKUP and rights else set())


def test_every_relation_of_ours_has_been_decided_about(city_store, connect):
    owner = connect(city_store, Login.OWNER)
    found = {schema: set() for schema in SCHEMAS}
    for schema, name, _, _ in relations(owner):
        if schema != "postgis":
            found[schema].add(name)
    assert found == DECIDED


def test_there_is_no_schema_beyond_the_declared_ones(city_store, connect):
    query = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    found = {name for (name,) in connect(city_store, Login.OWNER).execute(query)}
    assert found == {*SCHEMAS, "postgis", "public"}
    assert set(RIGHTS) == set(SCHEMAS)


@pytest.mark.parametrize("login", OTHERS)
def test_a_login_holds_exactly_its_declared_rights(city_store, connect, login):
    owner, role = connect(city_store, Login.OWNER), target(city_store).role(login)
    for schema, name, kind, oid in relations(owner):
        held = rights_on(owner, role, oid, kind)
        if schema == "postgis":
            assert held == ({"SELECT"} if name in POSTGIS_READABLE else set()), name
        else:
            assert held == declared(schema, login, kind), f"{schema}.{name}"


@pytest.mark.parametrize("login", OTHERS)
def test_a_login_enters_only_its_schemas_and_creates_in_none(city_store, connect, login):
    owner, role = connect(city_store, Login.OWNER), target(city_store).role(login)
    query = "SELECT nspname, oid FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'"
    usable = {s for s in SCHEMAS if login in RIGHTS[s]} | ({"audit"} if login in AUDITORS else set())
    usable |= {"postgis", "pg_catalog", "information_schema"}
    for name, oid in owner.execute(query).fetchall():
        assert holds(owner, "has_schema_privilege", role, oid, "USAGE") == (name in usable), name
        assert not holds(owner, "has_schema_privilege", role, oid, "CREATE"), name


def test_functions_of_ours_are_run_by_auditors_only(city_store, connect):
    owner, where = connect(city_store, Login.OWNER), target(city_store)
    query = (
        "SELECT oid, oid::regprocedure::text FROM pg_proc WHERE pronamespace::regnamespace::text = ANY(%s)"
    )
    found = owner.execute(query, [list(SCHEMAS)]).fetchall()
    ours = {name for _, name in found if not name.startswith("jobs.procrastinate_")}
    assert ours == set(FUNCTIONS)
    for oid, name in found:
        may = {
            login
            for login in OTHERS
            if holds(owner, "has_function_privilege", where.role(login), oid, "EXECUTE")
        }
        assert may == set(FUNCTIONS.get(name, (Login.SERVICE,))), name


@pytest.mark.parametrize("login", OTHERS)
def test_a_login_makes_no_database_objects(city_store, connect, login):
    owner, where = connect(city_store, Login.OWNER), target(city_store)
    query = "SELECT has_database_privilege(%s, current_database(), %s)"
    for right, may in (
        ("CONNECT", True),
        ("CREATE", False),
        ("TEMPORARY", login in (Login.SERVICE, Login.REFRESH)),
    ):
        assert owner.execute(query, [where.role(login), right]).fetchone()[0] is may, right


@pytest.mark.parametrize("login", Login)
def test_no_login_is_powerful_or_a_member_of_another(city_store, connect, login):
    owner, role = connect(city_store, Login.OWNER), target(city_store).role(login)
    attributes = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolinherit"
    row = owner.execute(f"SELECT {attributes} FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    assert row == (False,) * 5
    bypass = owner.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    assert bypass == (login is Login.BACKUP,)
    query = "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole OR roleid = %s::regrole"
    assert owner.execute(query, [role, role]).fetchone() == (0,)


@pytest.mark.parametrize("schema", [s for s in SCHEMAS if s != "agg"])
def test_a_new_table_is_closed_to_planners_before_and_after_the_rights_are_renewed(store, connect, schema):
    owner, where = connect(store.settings, Login.OWNER), target(store.settings)
    owner.execute(f"CREATE TABLE {schema}.fresh (x int)")
    planner = where.role(Login.PLANNER)
    oid = owner.execute(f"SELECT '{schema}.fresh'::regclass::oid").fetchone()[0]
    assert rights_on(owner, planner, oid, "r") == set()
    with owner.transaction():
        bootstrap.grant(owner, where)
    assert rights_on(owner, planner, oid, "r") == set()


def test_renewing_the_rights_takes_a_wrong_grant_back(store, connect, refused):
    owner, where = connect(store.settings, Login.OWNER), target(store.settings)
    owner.execute(f"GRANT USAGE ON SCHEMA ident TO {where.role(Login.PLANNER)}")
    owner.execute(f"GRANT SELECT ON ident.persons TO {where.role(Login.PLANNER)}")
    statement = "SELECT count(*) FROM ident.persons"
    assert refused(store.settings, Login.PLANNER, statement) is None
    with owner.transaction():
        bootstrap.grant(owner, where)
    assert refused(store.settings, Login.PLANNER, statement) == "42501"


def test_the_submit_login_puts_in_and_sees_nothing(store, connect, refused):
    owner, settings = connect(store.settings, Login.OWNER), store.settings
    owner.execute("CREATE TABLE staging.inbox (id bigserial PRIMARY KEY, body text)")
    with owner.transaction():
        bootstrap.grant(owner, target(settings))
    assert refused(settings, Login.SUBMIT, "INSERT INTO staging.inbox (body) VALUES ('x')") is None
    for statement in (
        "SELECT * FROM staging.inbox",
        "INSERT INTO staging.inbox (body) VALUES ('x') RETURNING body",
        "UPDATE staging.inbox SET body = ''",
        "DELETE FROM staging.inbox",
        "TRUNCATE staging.inbox",
        "SELECT * FROM agg.about",
        "SELECT * FROM survey.households",
        "SELECT * FROM ident.persons",
    ):
        assert refused(settings, Login.SUBMIT, statement) == "42501", statement


def test_a_password_is_needed_and_must_be_right(city_store):
    address = url(city_store, Login.PLANNER).set(drivername="postgresql", password="guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.render_as_string(hide_password=False))


def test_secrets_are_random_and_readable_by_their_owner_only(city_store):
    words = {secret_file(city_store, login).read_text() for login in Login}
    assert len(words) == len(Login)
    assert min(map(len, words)) >= 40
    for login in Login:
        assert stat.S_IMODE(secret_file(city_store, login).stat().st_mode) == 0o600


def test_a_process_without_the_secret_is_told_which_file(store):
    secret_file(store.settings, Login.BACKUP).unlink()
    with pytest.raises(ServerError) as caught:
        url(store.settings, Login.BACKUP)
    assert caught.value.key == "server.no_secret"
    assert caught.value.fields["file"] == secret_file(store.settings, Login.BACKUP)


def test_a_new_secret_replaces_the_old_one(settings):
    before = secret_file(settings, Login.FIELD).read_text()
    assert new_secret(settings, Login.FIELD) != before


def test_statements_of_people_end_after_a_while(city_store, connect):
    for login in (Login.PLANNER, Login.FIELD, Login.SUBMIT):
        assert connect(city_store, login).execute("SHOW statement_timeout").fetchone() == ("15s",)


def test_the_administrator_is_used_for_set_up_only(cluster):
    assert stat.S_IMODE(PrivateServer(cluster).admin_secret.stat().st_mode) == 0o600
