"""Bring the schema up (after a backup) or down, then give every login its rights again."""

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from app.errors import MahalleError
from app.settings import Settings
from app.store import backup, bootstrap
from app.store.logins import Login, target, url
from app.store.session import MIGRATIONS, Store
from app.store.vault import KeyFile

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
        if keep_backup and store.schema() is not None:
            backup.backup(settings, label="before-migration")
        _alembic(settings, store, revision)
        reached = store.schema()
    finally:
        store.close()
    if reached is None and revision != "base":
        raise MahalleError("schema.not_reached", want=revision)
    return reached or "-"


def _alembic(settings: Settings, store: Store, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine(Login.OWNER).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        config.attributes["connection"] = connection
        # "-1", "base" and older revisions go down; everything else goes up
        down = revision == "base" or revision.startswith("-")
        (command.downgrade if down else command.upgrade)(config, revision)
        connection.commit()
    if revision != "base":
        address = (
            url(settings, Login.OWNER).set(drivername="postgresql").render_as_string(hide_password=False)
        )
        with psycopg.connect(address) as owner:
            bootstrap.grant(owner, target(settings))
