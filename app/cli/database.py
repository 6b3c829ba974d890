"""`mahalle db`, `backup`, `restore` and `doctor`."""

import contextlib
import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import Desk, actor, desk
from app.errors import RefusedError
from app.store import audit, backup, bootstrap, doctor, migrate, rotation
from app.store.doctor import deployment
from app.store.logins import Login
from app.store.server import PrivateServer
from app.store.session import Store

db = typer.Typer(no_args_is_help=True, help="PostgreSQL: start, stop, status, setup, migrate.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.add_typer(db, name="db")
    app.command("backup")(make_backup)
    app.command("restore")(restore_backup)
    app.command("doctor")(examine)


@db.command("start")
def start(context: typer.Context) -> None:
    """Start the instance's own PostgreSQL, making it first if there is none."""
    at = desk(context)
    if at.settings.here.server_file.exists():
        raise RefusedError("db.not_ours", instance=at.settings.instance)
    bootstrap.make_private(at.settings)
    state = PrivateServer(at.settings).status()
    at.say("db.running", version=state.version, pid=state.pid, socket=at.settings.here.socket)
    at.document({"running": state.running, "version": state.version, "pid": state.pid})


@db.command("stop")
def stop(context: typer.Context) -> None:
    """Stop it."""
    at = desk(context)
    stopped = PrivateServer(at.settings).stop()
    at.say("db.stopped" if stopped else "db.was_not_running")
    at.document({"stopped": stopped})


@db.command("status")
def status(context: typer.Context) -> None:
    """Say whether it runs, and which schema it holds."""
    at = desk(context)
    state = PrivateServer(at.settings).status()
    schema = None
    if state.running or at.settings.here.server_file.exists():
        with contextlib.closing(Store(at.settings)) as store:
            schema = store.schema()
    at.say(
        "db.running" if state.running else "db.not_running",
        version=state.version or "-",
        pid=state.pid,
        socket=at.settings.here.socket,
    )
    at.say("db.schema", schema=schema or "-")
    at.document(
        {"created": state.created, "running": state.running, "version": state.version, "schema": schema}
    )


@db.command("setup")
def setup(
    context: typer.Context,
    admin_url: Annotated[
        str, typer.Option(help="Address of an existing PostGIS server, as its administrator.")
    ],
    renew_secrets: Annotated[
        bool, typer.Option("--renew-secrets", help="Give the logins new passwords; others lose theirs.")
    ] = False,
) -> None:
    """Use an existing PostGIS server: make roles and schemas once. The address is not kept."""
    at = desk(context)
    bootstrap.make_external(at.settings, admin_url, renew_secrets=renew_secrets)
    schema = migrate.migrate(at.settings)
    at.say("db.set_up", secrets=at.settings.here.secrets, schema=schema)
    at.document({"schema": schema})


@db.command("migrate")
def migrate_schema(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="Schema to reach; an older one goes down.")] = "head",
) -> None:
    """Bring the schema to this application's version, after a backup."""
    at = desk(context)
    schema = migrate.migrate(at.settings, revision=to)
    at.say("db.migrated", schema=schema)
    at.document({"schema": schema})


def make_backup(
    context: typer.Context,
    to: Annotated[
        Path | None, typer.Option(help="File to write; by default in the instance's backups.")
    ] = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Read it back, then remove old ones by MAHALLE_BACKUP_*.")
    ] = False,
    label: Annotated[str, typer.Option(help="Word at the end of its name; rotation leaves it alone.")] = "",
) -> None:
    """Write one archive of the whole store. The key file is not in it: `mahalle keys export`."""
    at = desk(context)
    with at.store() as store:
        file = backup.backup(at.settings, to=to, label=label)
        with store.session(Login.SERVICE) as session:
            audit.record(session, actor=actor(), action="backup", detail={"file": file.name})
    at.say("backup.written", file=file)
    gone = _read_back_and_rotate(at, file) if rotate else []
    at.document({"file": str(file), "removed": [path.name for path in gone]})


def _read_back_and_rotate(at: Desk, file: Path) -> list[Path]:
    """Old archives go only after the new one was read from end to end."""
    backup.verify(file)
    at.say("deploy.verified", file=file)
    gone = rotation.rotate(at.settings)
    at.say("deploy.rotated", count=len(gone))
    return gone


def restore_backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="The archive.")]
) -> None:
    """Fill an empty instance from an archive. Its keys come first: `mahalle keys import`."""
    at = desk(context)
    manifest = backup.restore(at.settings, file)
    schema = migrate.migrate(at.settings, keep_backup=False)
    with at.store() as store, store.session(Login.SERVICE) as session:
        audit.record(session, actor=actor(), action="restore", detail={"made": manifest["made"]})
    at.say("backup.restored", made=manifest["made"], schema=schema)
    at.document({"manifest": manifest, "schema": schema})


def examine(
    context: typer.Context,
    deploy: Annotated[
        bool, typer.Option("--deploy", help="As root: also what a server for a network needs.")
    ] = False,
) -> None:
    """Look at keys, logins, disk and versions; ends with status 1 if something is wrong."""
    at = desk(context)
    findings = doctor.examine(at.settings)
    if deploy:
        findings += deployment.examine(at.settings, deployment.Places(), now=dt.datetime.now(dt.UTC))
    for finding in findings:
        at.out.print(
            f"[{doctor.COLOURS[finding.level]}]{finding.level.upper():5}[/] ", end=""
        ) if not at.as_json else None
        at.say(finding.key, **finding.fields)
    at.document({"findings": [finding.as_dict() for finding in findings]})
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)
