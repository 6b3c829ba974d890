"""Make roles, database, extension and schemas once, and give each login exactly its rights."""

from collections.abc import Callable, Iterable

import psycopg
from psycopg import sql

from app.errors import ServerError
from app.settings import Settings
from app.store.logins import (
    AUDITORS,
    CONNECTIONS,
    RIGHTS,
    STATEMENT_SECONDS,
    Login,
    Target,
    new_secret,
    secret_file,
    target,
)
from app.store.server import PrivateServer, make_folders
from app.store.tables.base import SCHEMAS

OLDEST_POSTGIS = (3, 3)
RECORD = "audit.record(text, text, text, jsonb)"
LOCK = 7_210_000  # advisory lock: one set-up of a server at a time
CLOSED = "^(lo_|loread|lowrite|pg_(try_)?advisory)"
LOCKERS = (Login.OWNER, Login.SERVICE, Login.REFRESH)  # who keeps two of its own kind apart
Connection = psycopg.Connection[tuple[object, ...]]
Reconnect = Callable[[], Connection]


def make_private(settings: Settings) -> bool:
    """Start our own server and make what it lacks; True if the database was made now."""
    server = PrivateServer(settings)
    server.start()
    with server.connect() as admin:
        return make_database(
            admin, settings, target(settings), lambda: server.connect(target(settings).database)
        )


def make_external(settings: Settings, admin_url: str, *, renew_secrets: bool = False) -> None:
    """Make roles and schemas on an existing PostGIS server; the administrator's address is not kept.

    Raises
    ------
    ServerError
        If the server cannot be set up, or was set up from another folder, which holds its secrets.
    """
    make_folders(settings)
    try:
        info = psycopg.conninfo.conninfo_to_dict(admin_url)
    except psycopg.ProgrammingError as why:
        raise ServerError("server.setup_failed", said=str(why).strip()) from None
    name = f"mahalle_{settings.instance}"
    where = Target(
        host=str(info.get("host", "localhost")),
        port=int(info.get("port") or 5432),
        database=name,
        prefix=name,
        sslmode=str(info.get("sslmode", "prefer")),
        private=False,
    )
    try:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            made = make_database(
                admin, settings, where, lambda: psycopg.connect(admin_url, dbname=name, autocommit=True)
            )
            if not made:
                _keep_or_renew(admin, settings, where, renew=renew_secrets)
    except psycopg.Error as why:
        raise ServerError("server.setup_failed", said=str(why).strip()) from None
    where.save(settings.here.server_file)


def _keep_or_renew(admin: Connection, settings: Settings, where: Target, *, renew: bool) -> None:
    """A server set up before: its secrets are here, or are renewed on request."""
    if renew:
        for login in Login:
            _make_role(admin, where.role(login), new_secret(settings, login), login)
    elif not all(secret_file(settings, login).exists() for login in Login):
        raise ServerError("server.set_up_elsewhere", database=where.database)


def make_database(admin: Connection, settings: Settings, where: Target, reconnect: Reconnect) -> bool:
    """Idempotent: roles with new secrets, an empty database of the owner's, PostGIS, schemas.

    Two callers at once: one makes it, the other waits and finds it made, so passwords and files agree.
    """
    admin.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        return _make_database(admin, settings, where, reconnect)
    finally:
        admin.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _make_database(admin: Connection, settings: Settings, where: Target, reconnect: Reconnect) -> bool:
    exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [where.database]).fetchone()
    marked = exists and _is_marked(reconnect)
    if marked:
        return False
    for login in Login:
        _make_role(admin, where.role(login), new_secret(settings, login), login)
    if not exists:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(where.database), sql.Identifier(where.role(Login.OWNER))
            )
        )
    with reconnect() as inside:
        prepare(inside, where)
    return True


def _is_marked(reconnect: Reconnect) -> bool:
    with reconnect() as inside:
        return inside.execute("SELECT to_regnamespace('meta')").fetchone() != (None,)


def _make_role(admin: Connection, role: str, password: str, login: Login) -> None:
    known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    words = "ALTER ROLE" if known else "CREATE ROLE"
    extra = "BYPASSRLS" if login is Login.BACKUP else "NOBYPASSRLS"
    admin.execute(
        sql.SQL(
            words
            + " {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT "
            + extra
            + " CONNECTION LIMIT {} PASSWORD {}"
        ).format(sql.Identifier(role), sql.Literal(CONNECTIONS.get(login, -1)), sql.Literal(password))
    )


def prepare(inside: Connection, where: Target) -> None:
    """Inside the database: PostGIS, schemas, who may connect; harmless if repeated."""
    owner, database = sql.Identifier(where.role(Login.OWNER)), sql.Identifier(where.database)
    run = inside.execute
    with inside.transaction():
        run("CREATE SCHEMA IF NOT EXISTS postgis")
        run("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA postgis")
        _require_postgis(inside)
        run("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        run("GRANT USAGE ON SCHEMA postgis TO PUBLIC")
        run(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        run(sql.SQL("ALTER DATABASE {} SET search_path = pg_catalog, postgis").format(database))
        for login in Login:
            role = sql.Identifier(where.role(login))
            run(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
            seconds = STATEMENT_SECONDS.get(login, 0)
            run(sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(role, sql.Literal(f"{seconds}s")))
            run(sql.SQL("ALTER ROLE {} SET idle_in_transaction_session_timeout = '10min'").format(role))
        # loads stage rows in temporary tables before they touch a real one
        run(
            sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(
                database, _roles(where, (Login.SERVICE, Login.REFRESH))
            )
        )
        _close_functions(inside, where)
        for schema in SCHEMAS:
            run(
                sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(
                    sql.Identifier(schema), owner
                )
            )


def _close_functions(inside: Connection, where: Target) -> None:
    """Take away what PostgreSQL gives to all: large objects to fill, locks to hold others up with.

    Without effect, and harmless, where an existing server's administrator does not own these functions.
    """
    found = inside.execute(
        "SELECT oid::regprocedure::text, proname FROM pg_proc "
        "WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ %s",
        [CLOSED],
    ).fetchall()
    lockers = _roles(where, LOCKERS)
    for signature, name in found:
        function = sql.SQL("FUNCTION ") + sql.SQL(str(signature))
        inside.execute(sql.SQL("REVOKE EXECUTE ON {} FROM PUBLIC").format(function))
        if "advisory" in str(name):
            inside.execute(sql.SQL("GRANT EXECUTE ON {} TO {}").format(function, lockers))


def _require_postgis(inside: Connection) -> None:
    row = inside.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'").fetchone()
    version = str(row[0]) if row else "0"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_POSTGIS:
        raise ServerError("server.old_postgis", version=version)


def _roles(where: Target, logins: Iterable[Login]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(where.role(login)) for login in logins)


def grant(owner: Connection, where: Target) -> None:
    """Take all rights away and give back those of `RIGHTS`; run after every migration."""
    everyone = _roles(where, (login for login in Login if login is not Login.OWNER))
    for schema in SCHEMAS:
        name = sql.Identifier(schema)
        for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            owner.execute(
                sql.SQL("REVOKE ALL ON ALL " + kind + " IN SCHEMA {} FROM PUBLIC, {}").format(name, everyone)
            )
        owner.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC, {}").format(name, everyone))
        for login, rights in RIGHTS[schema].items():
            role = sql.Identifier(where.role(login))
            owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, role))
            owner.execute(sql.SQL("GRANT " + rights + " ON ALL TABLES IN SCHEMA {} TO {}").format(name, role))
            if "INSERT" in rights:
                owner.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(name, role))
            elif login is Login.BACKUP:
                owner.execute(sql.SQL("GRANT SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(name, role))
    service = sql.Identifier(where.role(Login.SERVICE))
    owner.execute(sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs TO {}").format(service))
    for login in AUDITORS:
        role = sql.Identifier(where.role(login))
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA audit TO {}").format(role))
        if owner.execute("SELECT to_regprocedure(%s)", [RECORD]).fetchone() != (None,):  # none in old schemas
            owner.execute(sql.SQL("GRANT EXECUTE ON FUNCTION " + RECORD + " TO {}").format(role))
