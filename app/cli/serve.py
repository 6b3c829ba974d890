"""`mahalle serve`: PostgreSQL, the service and the web process, watched over by this one."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from app.auth import people
from app.cli.console import Desk, desk
from app.client import Client
from app.errors import MahalleError, RefusedError, ServerError, SetupError
from app.settings import Settings
from app.store import accounts
from app.store.logins import Login
from app.store.server import PrivateServer

LOOPBACK = ("127.0.0.1", "localhost", "::1")
READY_SECONDS = 60.0
STOP_SECONDS = 8.0
LONGEST_PAUSE = 30.0  # between two starts of a child that keeps dying
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]
Certificate = Annotated[Path | None, typer.Option("--tls-cert", help="Certificate file of this server.")]
Key = Annotated[Path | None, typer.Option("--tls-key", help="Key file of the certificate.")]
Proxy = Annotated[bool, typer.Option("--behind-proxy", help="A proxy on this machine ends TLS.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.command("serve")(serve)
    app.command("service")(run_service)
    app.command("web")(run_web)


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 8501,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    behind_proxy: Proxy = False,
) -> None:
    """Run everything until Ctrl-C: PostgreSQL if it is ours, the service, and the pages."""
    at = desk(context)
    where = ["--host", host, "--port", str(port)]
    where += ["--tls-cert", str(tls_cert)] if tls_cert else []
    where += ["--tls-key", str(tls_key)] if tls_key else []
    where += ["--behind-proxy"] if behind_proxy else []
    with at.store() as store:
        require_safe(at, host, tls_cert, tls_key, behind_proxy=behind_proxy)
        with store.session(Login.SERVICE) as session:
            nobody = accounts.count(session) == 0
    if nobody:
        at.warn("users.none")
    watch(at, where, scheme="https" if tls_cert else "http", host=host, port=port)


def run_service(context: typer.Context) -> None:
    """Run the service alone, as its systemd unit does."""
    from app.service.main import run

    at = desk(context)
    with at.store():
        pass
    run(at.settings)


def run_web(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 8501,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    behind_proxy: Proxy = False,
) -> None:
    """Run the pages alone, as their systemd unit does; needs the planner's secret only."""
    from app.web.main import Listen, run

    require_tls(host, tls_cert, tls_key, behind_proxy=behind_proxy)
    settings = desk(context).settings
    if behind_proxy or host not in LOOPBACK:
        require_ready(settings)
    run(settings, Listen(host=host, port=port, certificate=tls_cert, key=tls_key, behind_proxy=behind_proxy))


# ------------------------------------------------------------------ refusals
def require_tls(host: str, cert: Path | None, key: Path | None, *, behind_proxy: bool) -> None:
    """Refuse to answer a network without TLS.

    Raises
    ------
    RefusedError
        With the reason.
    """
    if (cert is None) != (key is None):
        raise RefusedError("serve.half_tls")
    for file in (cert, key):
        if file is not None and not os.access(file, os.R_OK):
            raise RefusedError("serve.no_file", file=file)
    if behind_proxy and host not in LOOPBACK:
        raise RefusedError("serve.proxy_elsewhere", host=host)
    if host not in LOOPBACK and cert is None:
        raise RefusedError("serve.needs_tls", host=host)


def require_safe(at: Desk, host: str, cert: Path | None, key: Path | None, *, behind_proxy: bool) -> None:
    """Beyond this machine: TLS, a name, and an administrator with a second factor.

    Raises
    ------
    RefusedError
        With the reason.
    """
    require_tls(host, cert, key, behind_proxy=behind_proxy)
    if host in LOOPBACK and not behind_proxy:
        return
    if not at.settings.web_hosts:
        raise RefusedError("serve.needs_name")
    if at.settings.second_factor == "off":
        raise RefusedError("serve.needs_second_factor")
    with at.store() as store:
        ready = people.is_ready_for_network(store)
    if not ready:
        raise RefusedError("serve.needs_admin")


def require_ready(settings: Settings) -> None:
    """The same asked of the service, by the web process alone, which may not read the store.

    Raises
    ------
    RefusedError
        With the reason.
    """
    _wait_for(settings, None, [])
    if not settings.web_hosts:
        raise RefusedError("serve.needs_name")
    if Client(settings.here.service_socket).get("/health").get("network") is not True:
        raise RefusedError("serve.needs_admin")


# ------------------------------------------------------------------ watching
@dataclass(slots=True)
class Child:
    """One process, started again when it dies."""

    words: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    pause: float = 0.0
    start_at: float = field(default=0.0)

    def keep_alive(self, environment: dict[str, str]) -> bool:
        """Start it if it does not run and its pause is over; True if it was started now."""
        if self.process is not None and self.process.poll() is None:
            return False
        now = time.monotonic()
        if self.process is not None:
            lived = now - self.start_at
            self.pause = 0.5 if lived > LONGEST_PAUSE else min(max(self.pause * 2, 0.5), LONGEST_PAUSE)
            self.process, self.start_at = None, now + self.pause
        if now < self.start_at:
            return False
        command = [sys.executable, "-m", "app.cli", *self.words]
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        self.start_at = now
        return True

    def stop(self) -> None:
        """End it: asked first, made to after a while."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def watch(at: Desk, where: Sequence[str], *, scheme: str, host: str, port: int) -> None:
    """Keep the children alive until told to stop.

    Raises
    ------
    RefusedError
        If this installation is being served already.
    """
    environment = {**os.environ, "MAHALLE_INSTANCE": at.settings.instance, "MAHALLE_LANGUAGE": at.language}
    service, web = Child(["service"]), Child(["web", *where])
    with _alone(at.settings), _until_told() as told, _stopping(at.settings, service, web):
        service.keep_alive(environment)
        _wait_for(at.settings, service, told)
        web.keep_alive(environment)
        at.say("serve.ready", address=f"{scheme}://{host}:{port}")
        at.document({"address": f"{scheme}://{host}:{port}", "service": str(at.settings.here.service_socket)})
        while not told:
            for name, child in (("service", service), ("web", web)):
                if child.keep_alive(environment):
                    at.warn("serve.restarted", name=name)
            time.sleep(0.3)


def _wait_for(settings: Settings, service: Child | None, told: list[int]) -> None:
    """Wait until the service answers."""
    client, until = Client(settings.here.service_socket), time.monotonic() + READY_SECONDS
    while not told:
        with contextlib.suppress(ServerError):
            client.get("/health")
            return
        died = service is not None and (service.process is None or service.process.poll() is not None)
        if died or time.monotonic() > until:
            raise SetupError("serve.service_failed")
        time.sleep(0.1)


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the installation: a second one would end the first one's database with its own."""
    with (settings.here.folder / "serve.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError("serve.already", folder=settings.here.folder) from None
        yield


@contextlib.contextmanager
def _until_told() -> Iterator[list[int]]:
    """Signals to stop, as they come in."""
    told: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextlib.contextmanager
def _stopping(settings: Settings, *children: Child) -> Iterator[None]:
    """Stop the children at the end, the last one first, then PostgreSQL if it is our own."""
    try:
        yield
    finally:
        for child in reversed(children):
            with contextlib.suppress(MahalleError, OSError):
                child.stop()
        PrivateServer(settings).stop()
