"""Bring the schema up (after a backup) or down, then give every login its rights again."""

import re

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from app.errors import MahalleError, SchemaError
from app.settings import Settings
from app.store import backup, bootstrap
from app.store.logins import Login, address, target
from app.store.session import MIGRATIONS, Store, application_schema, schemas
from app.store.vault import KeyFile

STEP = re.compile(r"[+-]\d+")
LOCK = 7_210_001  # advisory lock: one migration at a time


def migrate(settings: Settings, *, revision: str = "head", keep_backup: bool = True) -> str:
    """Make what is missing, migrate to `revision`, renew the rights; returns the schema reached.

    A store that holds a schema already is backed up first.
    """
    if not settings.here.server_file.exists():
        bootstrap.make_private(settings)
    KeyFile.make_if_missing(settings.here.secrets / "keys.json")
    store = Store(settings)
    try:
        have = store.schema()
        _require_known(have, revision)
        if keep_backup and have is not None and not (revision == "head" and have == application_schema()):
            backup.backup(settings, label="before-migration")
        _alembic(settings, store, revision, down=_goes_down(have, revision))
        reached = store.schema()
    finally:
        store.close()
    if reached is None and not _goes_down(have, revision):
        raise MahalleError("schema.not_reached", want=revision)
    return reached or "-"


def _require_known(have: str | None, revision: str) -> None:
    known = schemas()
    if have is not None and have not in known:
        raise SchemaError("schema.newer", have=have, want=application_schema())
    if revision not in ("head", "base", *known) and not STEP.fullmatch(revision):
        raise SchemaError("schema.unknown", want=revision, known=", ".join(known))


def _goes_down(have: str | None, revision: str) -> bool:
    known = schemas()
    if revision == "base" or revision.startswith("-"):
        return True
    return have is not None and revision in known and known.index(revision) < known.index(have)


def _alembic(settings: Settings, store: Store, revision: str, *, down: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine(Login.OWNER).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
        connection.commit()
    with psycopg.connect(address(settings, Login.OWNER)) as owner:
        bootstrap.grant(owner, target(settings))
