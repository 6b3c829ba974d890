"""What an injected statement can do under the planner's login: read `agg`, and nothing else."""

import psycopg
import pytest

from app.store.logins import Login, target
from app.store.server import PrivateServer

DENIED = "42501"
ATTACKS = {
    "read households": "SELECT * FROM survey.households",
    "read persons": "TABLE ident.persons",
    "read audit": "SELECT * FROM audit.events",
    "read drafts": "SELECT * FROM plan.estimates",
    "read one column": "SELECT area_code FROM survey.cases",
    "count only": "SELECT count(*) FROM ident.raw",
    "through a subquery": "SELECT (SELECT count(*) FROM survey.cases) FROM agg.about",
    "plan of a hidden table": "EXPLAIN SELECT * FROM survey.households",
    "query_to_xml": "SELECT query_to_xml('SELECT * FROM ident.persons', true, true, '')",
    "table_to_xml": "SELECT table_to_xml('ident.persons'::regclass, true, true, '')",
    "cursor": "DECLARE c CURSOR WITH HOLD FOR SELECT * FROM ident.persons",
    "prepared": "PREPARE p AS SELECT * FROM ident.persons; EXECUTE p",
    "do block": "DO $$ BEGIN PERFORM * FROM ident.persons; END $$",
    "set role owner": "SET ROLE {owner}",
    "set role field": "SET ROLE {field}",
    "set role service": "SET LOCAL ROLE {service}",
    "set_config role": "SELECT set_config('role', '{field}', false)",
    "session authorization": "SET SESSION AUTHORIZATION {service}",
    "grant oneself": "GRANT {field} TO {planner}",
    "grant a table": "GRANT SELECT ON ident.persons TO {planner}",
    "become superuser": "ALTER ROLE {planner} SUPERUSER",
    "copy program": "COPY agg.about TO PROGRAM 'cat'",
    "copy from program": "COPY agg.about FROM PROGRAM 'id'",
    "copy to file": "COPY agg.about TO '/tmp/planner-was-here'",
    "copy hidden table": "COPY ident.persons TO STDOUT",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "read a binary file": "SELECT pg_read_binary_file('PG_VERSION')",
    "list a folder": "SELECT pg_ls_dir('.')",
    "stat a file": "SELECT pg_stat_file('PG_VERSION')",
    "list logs": "SELECT pg_ls_logdir()",
    "import a large object": "SELECT lo_import('/etc/passwd')",
    "export a large object": "SELECT lo_export(1, '/tmp/planner-was-here')",
    "create a large object": "SELECT lo_create(0)",
    "fill a large object": "SELECT lo_from_bytea(0, 'x')",
    "hold up every load": "SELECT pg_advisory_lock(7210003)",
    "hold up the audit": "SELECT pg_try_advisory_xact_lock_shared(7210002)",
    "create a function": "CREATE FUNCTION agg.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "create a public function": "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "create a temporary function": "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "create a temporary table": "CREATE TEMPORARY TABLE t (x int)",
    "create a view": "CREATE VIEW agg.v AS SELECT * FROM agg.about",
    "create a table": "CREATE TABLE public.t (x int)",
    "create a schema": "CREATE SCHEMA mine",
    "create an extension": "CREATE EXTENSION postgres_fdw",
    "create a C function": "CREATE FUNCTION agg.s(cstring) RETURNS int AS 'libc.so.6', 'system' LANGUAGE c",
    "write what is published": "UPDATE agg.about SET holds = 'real'",
    "delete what is published": "DELETE FROM agg.runs",
    "forge the audit": "SELECT audit.record('a', 'b', 'c', '{{}}')",
    "write a reference system": "DELETE FROM postgis.spatial_ref_sys",
    "read passwords": "SELECT rolpassword FROM pg_authid",
    "read statistics of all": "SELECT * FROM pg_statistic",
    "read the server's files of rules": "SELECT * FROM pg_hba_file_rules",
    "change a setting": "ALTER SYSTEM SET log_statement = 'all'",
    "reload": "SELECT pg_reload_conf()",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_injected_statement_is_refused(city_store, refused, attack):
    names = {str(login): target(city_store).role(login) for login in Login}
    assert refused(city_store, Login.PLANNER, ATTACKS[attack].format(**names)) == DENIED


def test_a_role_asked_for_by_reset_is_still_the_planner(city_store, connect):
    planner = connect(city_store, Login.PLANNER)
    planner.execute("RESET SESSION AUTHORIZATION")
    planner.execute("RESET ROLE")
    assert planner.execute("SELECT current_user").fetchone() == (target(city_store).role(Login.PLANNER),)


def test_statements_cannot_be_stacked_behind_a_parameter(city_store, connect):
    with pytest.raises(psycopg.errors.SyntaxError, match="multiple commands"):
        connect(city_store, Login.PLANNER).execute("SELECT %s; SELECT 1", ["x"])


def test_statistics_of_hidden_tables_are_hidden(small_city, connect):
    connect(small_city.settings, Login.OWNER).execute("ANALYZE survey.households, ident.persons, agg.about")
    query = "SELECT count(*) FROM pg_stats WHERE schemaname = ANY(%s)"
    hidden = ["geo", "ident", "survey", "plan", "auth", "audit", "jobs", "staging", "meta"]
    assert connect(small_city.settings, Login.OWNER).execute(query, [hidden]).fetchone()[0] > 20
    assert connect(small_city.settings, Login.PLANNER).execute(query, [hidden]).fetchone() == (0,)


def test_what_others_are_asking_is_hidden(small_city, connect, cluster):
    service = connect(small_city.settings, Login.SERVICE)
    service.execute("SELECT 'a secret question'")
    query = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%secret q%'"
    with PrivateServer(cluster).connect() as admin:
        assert admin.execute(query).fetchone() == (1,)
    for login in (Login.PLANNER, Login.OWNER):
        assert connect(small_city.settings, login).execute(query).fetchone() == (0,)


def test_the_planner_reads_what_is_published_and_transforms_it(city_store, connect):
    planner = connect(city_store, Login.PLANNER)
    assert planner.execute("SELECT holds FROM agg.about").fetchone() == ("real",)
    point = "SELECT ST_AsText(ST_Transform(ST_SetSRID(ST_MakePoint(30, 40), 4326), 5254)) LIKE 'POINT(%'"
    assert planner.execute(point).fetchone() == (True,)
