"""One database login a class of work; each has its own secret file and its own rights."""

import json
import secrets
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import URL

from app.errors import ServerError
from app.settings import Settings
from app.store.server import DATABASE, write_secret


class Login(StrEnum):
    """Classes of work. Separate logins stop an injected statement where SET ROLE would not."""

    OWNER = "owner"
    SERVICE = "service"
    FIELD = "field"
    REFRESH = "refresh"
    PLANNER = "planner"
    SUBMIT = "submit"
    BACKUP = "backup"


READ = "SELECT"
WRITE = "SELECT, INSERT, UPDATE, DELETE"

# schema -> login -> rights on every table in it; what is not here is refused
RIGHTS: dict[str, dict[Login, str]] = {
    "geo": {Login.SERVICE: WRITE, Login.FIELD: READ, Login.REFRESH: READ, Login.BACKUP: READ},
    "ident": {Login.SERVICE: WRITE, Login.FIELD: READ, Login.BACKUP: READ},
    "survey": {Login.SERVICE: WRITE, Login.FIELD: READ, Login.REFRESH: READ, Login.BACKUP: READ},
    "plan": {Login.SERVICE: WRITE, Login.REFRESH: WRITE, Login.BACKUP: READ},
    "agg": {Login.SERVICE: WRITE, Login.REFRESH: WRITE, Login.PLANNER: READ, Login.BACKUP: READ},
    "auth": {Login.SERVICE: WRITE, Login.BACKUP: READ},
    "jobs": {Login.SERVICE: WRITE, Login.BACKUP: READ},
    "staging": {Login.SERVICE: WRITE, Login.SUBMIT: "INSERT", Login.BACKUP: READ},
    "audit": {Login.SERVICE: READ, Login.BACKUP: READ},
    "meta": {Login.SERVICE: READ, Login.REFRESH: READ, Login.FIELD: READ, Login.BACKUP: READ},
}
AUDITORS = (Login.SERVICE, Login.FIELD, Login.REFRESH)
STATEMENT_SECONDS = {Login.PLANNER: 15, Login.FIELD: 15, Login.SUBMIT: 15}
CONNECTIONS = {Login.PLANNER: 20, Login.SUBMIT: 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the database is and what its roles are called."""

    host: str
    port: int = 5432
    database: str = DATABASE
    prefix: str = "mahalle"
    sslmode: str = "prefer"
    private: bool = True

    def role(self, login: Login) -> str:
        """Role name of a login on this server."""
        return f"{self.prefix}_{login}"

    def save(self, path: Path) -> None:
        """Remember an existing server; holds no secret."""
        write_secret(path, json.dumps(asdict(self)))


def target(settings: Settings) -> Target:
    """The instance's server: our own unless `mahalle db setup` named another."""
    file = settings.here.server_file
    if file.exists():
        return Target(**json.loads(file.read_text()))
    return Target(host=str(settings.here.socket))


def secret_file(settings: Settings, login: Login) -> Path:
    """The file that only the process holding `login` should be able to read."""
    return settings.here.secrets / f"{login}.secret"


def new_secret(settings: Settings, login: Login) -> str:
    """Make, store and return a password."""
    password = secrets.token_urlsafe(32)
    write_secret(secret_file(settings, login), password)
    return password


def url(settings: Settings, login: Login) -> URL:
    """SQLAlchemy address of a login.

    Raises
    ------
    ServerError
        If this process may not read that login's secret.
    """
    where = target(settings)
    file = secret_file(settings, login)
    try:
        password = file.read_text().strip()
    except OSError as why:
        raise ServerError("server.no_secret", login=login, file=file, why=why.strerror) from None
    return URL.create(
        "postgresql+psycopg",
        username=where.role(login),
        password=password,
        database=where.database,
        query={
            "host": where.host,
            "port": str(where.port),
            "sslmode": where.sslmode,
            "connect_timeout": "10",
        },
    )


def address(settings: Settings, login: Login) -> str:
    """Address of a login as libpq reads it, for libraries that connect by themselves."""
    return url(settings, login).set(drivername="postgresql").render_as_string(hide_password=False)
