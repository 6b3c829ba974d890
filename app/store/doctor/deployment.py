"""Look a server over that people reach from a network: what `mahalle doctor --deploy` adds."""

import datetime as dt
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.settings import Settings
from app.store import audit, backup, rotation
from app.store.doctor import certificate, site
from app.store.doctor.finding import Finding, guarded, private
from app.store.logins import Login, secret_file
from app.store.session import Store

OLDEST_BACKUP = dt.timedelta(hours=26)  # a night and some delay
CLOCK_SLACK = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the installer puts things; tests put them elsewhere.

    Attributes
    ----------
    web_user, web_home : OS user of the pages, and its `MAHALLE_HOME`
    certificate, key : the site's TLS files
    nginx_site : nginx's file of the site
    web_port, tls_port : where the pages listen, and nginx before them
    """

    web_user: str = "mahalle-web"
    web_home: Path = Path("/var/lib/mahalle-web")
    certificate: Path = Path("/etc/mahalle/tls/site.crt")
    key: Path = Path("/etc/mahalle/tls/site.key")
    nginx_site: Path = Path("/etc/nginx/sites-enabled/mahalle")
    web_port: int = 8501
    tls_port: int = 443


def examine(settings: Settings, places: Places, *, now: dt.datetime) -> list[Finding]:
    """Every check, in the order a person would mend things."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        partial(_settings, settings),
        partial(_service, settings),
        partial(_users, settings, places),
        partial(_web_secrets, settings, places),
        partial(certificate.examine, places.certificate, places.key, settings.web_hosts, now=now),
        partial(_nginx, settings, places),
        partial(site.pages, places.web_port),
        partial(site.front, settings.web_hosts, places.tls_port, places.certificate),
        partial(_backup, settings, now=now),
        partial(_clock, settings, now=now),
    )
    if os.geteuid() != 0:
        return [Finding("error", "deploy.not_root")]
    return [finding for check in checks for finding in guarded(check)]


def _settings(settings: Settings) -> Iterator[Finding]:
    off = settings.second_factor == "off"
    yield Finding("error" if off else "ok", "deploy.second_factor_off" if off else "deploy.second_factor")
    names = ", ".join(settings.web_hosts)
    yield Finding("ok", "deploy.hosts", {"hosts": names}) if names else Finding("error", "deploy.no_hosts")


def _service(settings: Settings) -> Iterator[Finding]:
    health = site.service_health(settings)
    yield Finding("ok" if health else "error", "deploy.service" if health else "deploy.service_silent")
    if health and settings.second_factor != "off":
        ready = health.get("network") is True
        yield Finding("ok" if ready else "error", "deploy.admin" if ready else "deploy.no_admin")


def _users(settings: Settings, places: Places) -> Iterator[Finding]:
    """The pages run as a user of their own who can read no secret of the service's."""
    account = _account(places.web_user)
    if account is None or account.pw_uid in (0, _owner(settings)):
        yield Finding("error", "deploy.no_web_user", {"user": places.web_user})
        return
    groups = set(os.getgrouplist(account.pw_name, account.pw_gid))
    open_to_web = [
        path
        for path in sorted(settings.here.secrets.iterdir())
        if may_read(path, user=account.pw_uid, groups=groups)
    ]
    for path in open_to_web:
        yield Finding("error", "deploy.web_reads", {"file": str(path), "user": places.web_user})
    if not open_to_web:
        yield Finding("ok", "deploy.web_user", {"user": places.web_user})


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _owner(settings: Settings) -> int:
    return settings.here.secrets.stat().st_uid


def may_read(path: Path, *, user: int, groups: set[int]) -> bool:
    """Whether a user could open a file for reading, by the modes and owners of all on its way."""
    ways = [_allowed(folder, user, groups, stat.S_IXUSR) for folder in path.resolve().parents]
    return all(ways) and _allowed(path, user, groups, stat.S_IRUSR)


def _allowed(path: Path, user: int, groups: set[int], wanted: int) -> bool:
    """The kernel's rule: the first of owner, group and others that fits decides alone."""
    found = path.stat()
    shift = 0 if found.st_uid == user else 3 if found.st_gid in groups else 6
    return bool(found.st_mode & (wanted >> shift))


def _web_secrets(settings: Settings, places: Places) -> Iterator[Finding]:
    """The pages' own folder holds the planner's secret, that of now, and nothing else."""
    folder = places.web_home / settings.instance / "secrets"
    mine = folder / secret_file(settings, Login.PLANNER).name
    others = sorted(path.name for path in folder.iterdir() if path != mine)
    if others:
        yield Finding("error", "deploy.web_holds_more", {"folder": str(folder), "files": ", ".join(others)})
    account = _account(places.web_user)
    wrong = list(private(mine))
    yield from wrong
    if wrong or account is None:
        return
    same = mine.read_text().strip() == secret_file(settings, Login.PLANNER).read_text().strip()
    if not same or mine.stat().st_uid != account.pw_uid:
        yield Finding("error", "deploy.web_secret_stale", {"file": str(mine), "user": places.web_user})
    elif not others:
        yield Finding("ok", "deploy.web_secret")


def _nginx(settings: Settings, places: Places) -> Iterator[Finding]:
    text = places.nginx_site.read_text("utf-8")
    said = [line.split()[1:] for line in text.replace(";", "").splitlines() if "server_name " in line]
    names = {name for names in said for name in names}
    absent = [host for host in settings.web_hosts if host not in names]
    file = str(places.nginx_site)
    if absent:
        yield Finding("error", "deploy.nginx_names", {"file": file, "hosts": ", ".join(absent)})
    else:
        yield Finding("ok", "deploy.nginx", {"file": file})


def _backup(settings: Settings, *, now: dt.datetime) -> Iterator[Finding]:
    made = rotation.archives(settings)
    newest = max(made, key=lambda path: made[path], default=None)
    if newest is None or now - made[newest] > OLDEST_BACKUP:
        hours = round((now - made[newest]) / dt.timedelta(hours=1)) if newest else "-"
        yield Finding("error", "deploy.backup_old", {"hours": hours})
        return
    backup.verify(newest)
    yield Finding("ok", "deploy.backup", {"file": newest.name, "count": len(made)})


def _clock(settings: Settings, *, now: dt.datetime) -> Iterator[Finding]:
    """Time that runs before what was already written is wrong: sessions, codes and backups hang on it."""
    store = Store(settings)
    try:
        with store.session(Login.SERVICE) as session:
            latest = [event["at"] for event in audit.newest(session, most=1)]
    finally:
        store.close()
    latest.append(dt.datetime.fromtimestamp(Path(__file__).stat().st_mtime, dt.UTC))
    wrong = max(latest) - now > CLOCK_SLACK
    fields: dict[str, object] = {"now": now.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")}
    yield Finding("error" if wrong else "ok", "deploy.clock_wrong" if wrong else "deploy.clock", fields)
