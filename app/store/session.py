"""Open the store: engines by login, transactions, and the check that schema and application fit."""

import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.errors import DiskFull
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.errors import SchemaError, ServerError
from app.settings import Settings
from app.store import bootstrap
from app.store.logins import Login, Target, target, url
from app.store.vault import KeyFile, Vault

__all__ = ["MIGRATIONS", "Session", "Store", "application_schema"]
MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def application_schema() -> str:
    """Revision of the newest migration this application carries."""
    head = _scripts().get_current_head()
    assert head is not None, "the application carries no migration"
    return head


@cache
def schemas() -> tuple[str, ...]:
    """Revisions this application knows, oldest first."""
    return tuple(script.revision for script in _scripts().walk_revisions())[::-1]


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


class Store:
    """One instance's database, reached through one login at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._engines: dict[Login, Engine] = {}

    @classmethod
    def open(cls, settings: Settings) -> "Store":
        """Start our own server if need be, and refuse a store of another schema.

        Raises
        ------
        SchemaError
            If the schema is older or newer than the application; says what to run.
        """
        if not settings.here.server_file.exists():
            bootstrap.make_private(settings)
        store = cls(settings)
        try:
            store.require_schema()
        except BaseException:
            store.close()
            raise
        return store

    @property
    def target(self) -> Target:
        """Where the database is."""
        return target(self.settings)

    @property
    def vault(self) -> Vault:
        """Encryption of personal data with the instance's key file of this moment: keys get changed."""
        return Vault(KeyFile.load(self.settings.here.secrets / "keys.json"))

    def engine(self, login: Login) -> Engine:
        """The connection pool of a login, made on first use."""
        if login not in self._engines:
            self._engines[login] = create_engine(
                url(self.settings, login), pool_size=4, pool_pre_ping=True, hide_parameters=True
            )  # an error's text may be seen by anybody; the values of its statement may not
        return self._engines[login]

    @contextlib.contextmanager
    def session(self, login: Login) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any error."""
        try:
            with Session(self.engine(login), expire_on_commit=False) as session, session.begin():
                yield session
        except DiskFull as why:  # COPY goes past SQLAlchemy
            raise ServerError("server.disk_full", folder=self.settings.here.folder) from why
        except OperationalError as why:
            if isinstance(why.orig, DiskFull):
                raise ServerError("server.disk_full", folder=self.settings.here.folder) from why
            raise ServerError("server.unreachable", said=str(why.orig).strip()) from why

    def schema(self) -> str | None:
        """Revision of the store's schema; None before the first migration."""
        try:
            with self.session(Login.SERVICE) as session:
                return session.execute(text("SELECT version_num FROM meta.alembic_version")).scalar()
        except ProgrammingError:
            return None

    def require_schema(self) -> None:
        """Refuse to work on a schema that is not the application's own."""
        have, want = self.schema(), application_schema()
        if have == want:
            return
        if have is None or have in schemas():
            raise SchemaError("schema.older", have=have or "-", want=want)
        raise SchemaError("schema.newer", have=have, want=want)

    def close(self) -> None:
        """Return all connections."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
