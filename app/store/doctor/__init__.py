"""Look an installation over: keys, logins, disk, versions. Findings are data; the command says them."""

import importlib.metadata
import shutil
from collections.abc import Iterator
from functools import partial

from sqlalchemy import text

from app.settings import Settings
from app.store import audit, processes
from app.store.doctor.finding import COLOURS, Finding, Level, guarded, private
from app.store.logins import Login, secret_file
from app.store.server import PrivateServer
from app.store.session import Store
from app.store.vault import KeyFile

__all__ = ["COLOURS", "Finding", "Level", "examine"]
LEAST_FREE_BYTES = 1 << 30


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order a person would mend things."""
    found: list[Finding] = []
    for check in (_versions, _disk, _server, _keys, _secrets, _data):
        found += guarded(partial(check, settings))
    return found


def _versions(_: Settings) -> Iterator[Finding]:
    have = processes.installed()
    level: Level = "ok" if have else "error"
    version = importlib.metadata.version("mahalle")
    yield Finding(
        level, "doctor.versions", {"version": version, "postgresql": ", ".join(map(str, have)) or "-"}
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next(path for path in (settings.here.folder, *settings.here.folder.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    level: Level = "ok" if free >= LEAST_FREE_BYTES else "error"
    yield Finding(level, "doctor.disk", {"free_gib": round(free / (1 << 30), 1), "folder": str(folder)})


def _server(settings: Settings) -> Iterator[Finding]:
    if settings.here.server_file.exists():
        yield Finding("ok", "doctor.external")
        return
    state = PrivateServer(settings).status()
    if not state.created:
        yield Finding("warn", "doctor.no_cluster")
        return
    level: Level = "ok" if state.running else "warn"
    yield Finding(
        level, "doctor.server" if state.running else "doctor.server_down", {"version": state.version}
    )
    if state.running:
        with PrivateServer(settings).connect() as admin:
            rules = admin.execute("SELECT auth_method FROM pg_hba_file_rules").fetchall()
            sums = admin.execute("SHOW data_checksums").fetchone()
        trusting = any(method in ("trust", None) for (method,) in rules)
        yield Finding("error" if trusting else "ok", "doctor.trust" if trusting else "doctor.passwords")
        yield Finding("ok" if sums == ("on",) else "error", "doctor.checksums")


def _keys(settings: Settings) -> Iterator[Finding]:
    path = settings.here.secrets / "keys.json"
    held = KeyFile.load(path)
    yield from private(path)
    confirmed = held.confirmed == held.fingerprint
    key = "doctor.keys_confirmed" if confirmed else "doctor.keys_unconfirmed"
    yield Finding("ok" if confirmed else "warn", key, {"fingerprint": held.fingerprint})


def _secrets(settings: Settings) -> Iterator[Finding]:
    for login in Login:
        yield from private(secret_file(settings, login))


def _data(settings: Settings) -> Iterator[Finding]:
    store = Store(settings)
    try:
        store.require_schema()
        with store.session(Login.SERVICE) as session:
            holds = session.scalar(text("SELECT holds FROM agg.about"))
            broken = audit.first_broken(session)
        yield Finding("ok", "doctor.store", {"schema": store.schema(), "holds": holds})
        key = "doctor.audit_broken" if broken else "doctor.audit"
        yield Finding("error" if broken else "ok", key, {"event": broken})
        for login in Login:
            with store.session(login) as session:
                session.execute(text("SELECT 1"))
        yield Finding("ok", "doctor.logins", {"count": len(Login)})
    finally:
        store.close()
