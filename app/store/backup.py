"""Whole backups and their restore: one archive with the dump, its manifest and no key."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import func, select, text

from app.errors import RefusedError
from app.settings import Settings
from app.store import bootstrap, processes
from app.store.logins import Login, Target, secret_file, target, url
from app.store.session import Store
from app.store.tables import SCHEMAS, Base
from app.store.vault import KeyFile

CHUNK_BYTES = 1 << 20
COUNTED = {name: table for name, table in Base.metadata.tables.items() if table.schema != "audit"}


def backup(settings: Settings, *, to: Path | None = None, label: str = "") -> Path:
    """Write one archive, whole or not at all; returns its path.

    The dump is one snapshot, read by the backup login. Personal data stays sealed in it; no key is in it.
    """
    now = datetime.now(UTC)
    name = f"mahalle-{settings.instance}-{now:%Y%m%dT%H%M%SZ}{'-' + label if label else ''}.backup"
    goal = to or settings.here.backups / name
    goal.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=goal.parent, prefix=".part-") as folder:
        dump = Path(folder) / "database.dump"
        _dump(settings, "-Fc", "-f", dump)
        part = Path(folder) / "whole"
        with tarfile.open(part, "w") as archive:
            _add(archive, "manifest.json", json.dumps(_manifest(settings, dump, now), indent=1).encode())
            archive.add(dump, "database.dump")
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        part.chmod(0o600)
        part.replace(goal)
    return goal


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def _manifest(settings: Settings, dump: Path, now: datetime) -> dict[str, object]:
    store = Store(settings)
    try:
        with store.session(Login.BACKUP) as session:
            counts = {
                name: session.scalar(select(func.count()).select_from(table))
                for name, table in COUNTED.items()
                if session.scalar(select(func.to_regclass(name))) is not None  # an older schema has fewer
            }
            holds = session.execute(text("SELECT holds FROM agg.about")).scalar()
            schema = session.execute(text("SELECT version_num FROM meta.alembic_version")).scalar()
    finally:
        store.close()
    keys = KeyFile.load(settings.here.secrets / "keys.json")
    return {
        "mahalle_backup": 1,
        "instance": settings.instance,
        "made": now.isoformat(timespec="seconds"),
        "schema": schema,
        "holds": holds,
        "rows": counts,
        "keys": sorted(keys.keys),
        "key_fingerprint": keys.fingerprint,
        "sha256": _sha256(dump),
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _dump(settings: Settings, *words: str | Path) -> None:
    schemas = [f"--schema={name}" for name in SCHEMAS]
    _client(settings, Login.BACKUP, ["pg_dump", *schemas, "--no-owner", "--no-privileges", *words])


def _client(settings: Settings, login: Login, command: Sequence[str | Path]) -> None:
    """Run a PostgreSQL client program as a login; the password travels in a private environment."""
    where: Target = target(settings)
    file = processes.program(str(command[0]))
    env = {"PGPASSWORD": secret_file(settings, login).read_text().strip(), "PGSSLMODE": where.sslmode}
    address: list[str | Path] = [
        "-h",
        where.host,
        "-p",
        str(where.port),
        "-U",
        where.role(login),
        "-d",
        where.database,
    ]
    processes.run([file, *address, *command[1:]], env=env, seconds=3600)


def plain_dump(settings: Settings, to: Path) -> None:
    """The store as SQL text that is equal byte for byte for equal contents."""
    _dump(settings, "-Fp", "--restrict-key=mahalle", "-f", to)


def restore(settings: Settings, file: Path) -> dict[str, object]:
    """Fill an empty instance from an archive; returns the archive's manifest.

    Raises
    ------
    RefusedError
        If the instance is not empty, the archive is damaged, or its keys are not here.
    """
    with tempfile.TemporaryDirectory(prefix="mahalle-restore-") as folder:
        manifest, dump = _unpack(file, Path(folder))
        _require_keys(settings, manifest)
        if not settings.here.server_file.exists():
            bootstrap.make_private(settings)
        _require_empty(settings)
        words = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
        _client(settings, Login.OWNER, ["pg_restore", *words, "--exit-on-error", dump])
    address = url(settings, Login.OWNER).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as owner:
        bootstrap.grant(owner, target(settings))
    return manifest


def verify(file: Path) -> dict[str, object]:
    """Read an archive from end to end; returns its manifest.

    Raises
    ------
    RefusedError
        If it cannot be read, is none, or its dump is not the one its manifest names.
    """
    with tempfile.TemporaryDirectory(prefix="mahalle-verify-") as folder:
        manifest, dump = _unpack(file, Path(folder))
        processes.run([processes.program("pg_restore"), "--list", dump], seconds=3600)
    return manifest


def _unpack(file: Path, folder: Path) -> tuple[dict[str, object], Path]:
    dump = folder / "database.dump"
    try:
        with tarfile.open(file) as archive:
            head, body = archive.extractfile("manifest.json"), archive.extractfile("database.dump")
            assert head is not None
            assert body is not None
            manifest: dict[str, object] = json.loads(head.read())
            with dump.open("wb") as handle:
                shutil.copyfileobj(body, handle, CHUNK_BYTES)
    except OSError as why:
        raise RefusedError("load.unreadable", file=file, why=why.strerror) from None
    except (tarfile.TarError, KeyError, ValueError, AssertionError, EOFError):
        raise RefusedError("backup.not_a_backup", file=file) from None
    if manifest.get("sha256") != _sha256(dump):
        raise RefusedError("backup.damaged", file=file)
    return manifest, dump


def _require_keys(settings: Settings, manifest: dict[str, object]) -> None:
    path = settings.here.secrets / "keys.json"
    wanted = manifest.get("key_fingerprint")
    if not path.exists():
        raise RefusedError("backup.import_keys_first", fingerprint=wanted)
    if KeyFile.load(path).fingerprint != wanted:
        raise RefusedError("backup.other_keys", fingerprint=wanted, have=KeyFile.load(path).fingerprint)


def _require_empty(settings: Settings) -> None:
    store = Store(settings)
    try:
        if store.schema() is None:
            return
        with store.session(Login.SERVICE) as session:
            if session.execute(text("SELECT holds FROM agg.about")).scalar() != "nothing":
                raise RefusedError("backup.not_empty", instance=settings.instance)
    finally:
        store.close()
