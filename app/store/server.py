"""The application's own private PostgreSQL: unix socket only, checksums, passwords, durable.

It lives in the instance's folder and has nothing to do with the distribution's cluster.
"""

import contextlib
import fcntl
import grp
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.errors import ServerError
from app.settings import Instance, Settings
from app.store import processes

ADMIN = "mahalle_admin"
DATABASE = "mahalle"
START_SECONDS = 60.0

CONFIGURATION = """
# written by mahalle; edit postgresql.conf below this include instead
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
shared_buffers = '128MB'
max_connections = 60
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
# statements and their values may hold personal data: keep them out of the log
log_min_error_statement = 'panic'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_statement = 'none'
"""
# for stores that are thrown away: a power cut loses them
FLEETING = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the private server is doing."""

    created: bool
    running: bool
    version: int | None
    pid: int | None


class PrivateServer:
    """Start, stop and look at one instance's cluster.

    A cluster made with `durable=False` is fast and does not survive a power cut: for tests.
    """

    def __init__(self, settings: Settings, *, durable: bool = True) -> None:
        self.settings = settings
        self.durable = durable
        self.instance: Instance = settings.here
        self.user = settings.server_user

    # ------------------------------------------------------------------ state
    @property
    def version(self) -> int | None:
        """Major version of the cluster on disk; None if it has not been made."""
        try:
            return int((self.instance.cluster / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    @property
    def admin_secret(self) -> Path:
        """File with the superuser's password."""
        return self.instance.secrets / "admin.secret"

    def answers(self) -> bool:
        """Whether a server listens on our socket."""
        try:
            self.connect(seconds=2).close()
        except (psycopg.Error, FileNotFoundError):
            return False
        return True

    def connect(
        self, database: str = "postgres", *, seconds: int = 10
    ) -> psycopg.Connection[tuple[object, ...]]:
        """A superuser connection: set-up, backup and restore only."""
        return psycopg.connect(
            host=str(self.instance.socket),
            dbname=database,
            user=ADMIN,
            password=self.admin_secret.read_text().strip(),
            connect_timeout=seconds,
            autocommit=True,
        )

    def status(self) -> Status:
        """Version, pid and whether it answers."""
        running = self.answers()
        return Status(
            created=self.version is not None,
            running=running,
            version=self.version,
            pid=self._recorded_pid() if running else None,
        )

    # ---------------------------------------------------------------- actions
    def start(self) -> bool:
        """Make the cluster if there is none, start it if it does not run; True if it was started now.

        Two callers at once: one starts it, the other waits and finds it running.
        """
        make_folders(self.settings)
        with self._lock():
            if self.answers():
                return False
            if self.version is None:
                self._create()
            self._drop_stale_pid()
            self._launch()
            return True

    def stop(self) -> bool:
        """Stop it and wait; True if it was running."""
        if self.version is None:
            return False
        with self._lock():
            if not self.answers() and self._owner_of_pid_file() is None:
                return False
            self._control("stop", "-m", "fast", "-w", "-t", "60")
            return True

    # ----------------------------------------------------------------- pieces
    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.instance.folder / "server.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _create(self) -> None:
        """Initialise beside the final place and rename, so a kill leaves no half-made cluster."""
        fresh = self.instance.folder / "pg.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        processes.own_for_server(fresh, self.user)
        password = secrets.token_urlsafe(32)
        with tempfile.TemporaryDirectory(dir=self.settings.sockets, prefix="i") as folder:
            # initdb reads the password from a real file that its own user may open
            Path(folder).chmod(0o700)
            processes.own_for_server(Path(folder), self.user)
            file = Path(folder) / "pw"
            file.touch(mode=0o600)
            file.write_text(password)
            processes.own_for_server(file, self.user)
            words = ["-U", ADMIN, f"--pwfile={file}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
            words += ["--data-checksums"] if self.durable else ["--data-checksums", "--no-sync"]
            self._as_server([processes.program("initdb"), "-D", fresh, *words])
        write_secret(self.admin_secret, password)
        self._configure(fresh)
        fresh.rename(self.instance.cluster)

    def _configure(self, cluster: Path) -> None:
        text = CONFIGURATION.format(socket=self.instance.socket)
        text += "" if self.durable else FLEETING
        file = cluster / "mahalle.conf"
        file.write_text(text)
        processes.own_for_server(file, self.user)
        with (cluster / "postgresql.conf").open("a") as handle:
            handle.write("\ninclude_if_exists = 'mahalle.conf'\n")
        hba = cluster / "pg_hba.conf"
        hba.write_text("# socket only, passwords only\nlocal all all scram-sha-256\n")

    def _launch(self) -> None:
        """Start; after a crash old back ends may hold shared memory for a moment, so try again."""
        deadline = time.monotonic() + 15
        while True:
            try:
                words = ("-w", "-t", str(int(START_SECONDS)), "-l", str(self._log()))
                self._control("start", *words, *self._sharing())
            except ServerError as why:
                if self.answers():
                    return
                if why.key != "server.program_failed" or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return

    def _sharing(self) -> tuple[str, ...]:
        """Options that open the socket to the group, told at each start: the setting may change."""
        if not (group := self.settings.socket_group):
            return ()
        return ("-o", f"-c unix_socket_group={group} -c unix_socket_permissions=0770")

    def _log(self) -> Path:
        folder = self.instance.folder / "log"
        folder.mkdir(mode=0o700, exist_ok=True)
        processes.own_for_server(folder, self.user)
        return folder / "postgresql.log"

    def _control(self, *words: str) -> None:
        self._as_server(
            [str(processes.program("pg_ctl", version=self.version)), "-D", str(self.instance.cluster), *words]
        )

    def _as_server(self, command: Sequence[str | Path]) -> None:
        processes.run(command, as_user=self.user, folder=Path("/"))

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.instance.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _owner_of_pid_file(self) -> int | None:
        """The recorded pid, if that process is a postgres working in our data directory."""
        pid = self._recorded_pid()
        if pid is None:
            return None
        try:
            ours = os.readlink(f"/proc/{pid}/cwd") == str(self.instance.cluster.resolve())
            return pid if ours and "postgres" in Path(f"/proc/{pid}/comm").read_text() else None
        except OSError:
            return None

    def _drop_stale_pid(self) -> None:
        """Remove a pid file left by a crash whose number now belongs to another process."""
        file = self.instance.cluster / "postmaster.pid"
        if file.exists() and self._owner_of_pid_file() is None:
            file.unlink()

    def kill(self) -> None:
        """End the postmaster at once, as a power cut would; for crash tests."""
        if (pid := self._owner_of_pid_file()) is not None:
            os.kill(pid, signal.SIGKILL)


def make_folders(settings: Settings) -> None:
    """Create the instance's folders with their permissions; harmless if they exist."""
    here = settings.here
    for folder in (settings.home, here.folder):
        folder.mkdir(parents=True, exist_ok=True)
        # the server's OS user passes through; it can list nothing
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    for folder in (here.secrets, here.backups, here.staging):
        folder.mkdir(mode=0o700, exist_ok=True)
    settings.sockets.mkdir(parents=True, exist_ok=True)
    if settings.sockets.stat().st_uid != os.geteuid():
        raise ServerError("server.sockets_not_ours", folder=settings.sockets)
    if not settings.socket_group:
        settings.sockets.chmod(0o711 if os.geteuid() == 0 else 0o700)
    share(settings.sockets, settings, 0o710)
    here.socket.mkdir(mode=0o700, exist_ok=True)
    processes.own_for_server(here.socket, settings.server_user)
    share(here.socket, settings, 0o710)


def share(path: Path, settings: Settings, mode: int) -> None:
    """Open a folder or socket to the group that the settings name, and to nobody else; nothing without one.

    Raises
    ------
    ServerError
        If there is no such group, or this user is not in it.
    """
    if not settings.socket_group:
        return
    try:
        os.chown(path, -1, grp.getgrnam(settings.socket_group).gr_gid)
    except (KeyError, PermissionError):
        raise ServerError("deploy.no_group", group=settings.socket_group) from None
    path.chmod(mode)


def write_secret(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a secret so that it is whole or absent, and readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(mode)
    Path(name).replace(path)
