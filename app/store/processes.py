"""Run PostgreSQL's own programs, as the server's OS user where we are root."""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import ServerError

LAYOUTS = ("/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql")


def run(
    command: Sequence[str | Path],
    *,
    as_user: str | None = None,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Run to the end; `as_user` takes effect only for root (PostgreSQL refuses to run as root).

    Raises
    ------
    ServerError
        If the program fails; carries the end of its error output.
    """
    words = [str(word) for word in command]
    if as_user and os.geteuid() == 0:
        words = [
            "setpriv",
            f"--reuid={as_user}",
            f"--regid={as_user}",
            "--init-groups",
            "--inh-caps=-all",
            *words,
        ]
    done = subprocess.run(
        words,
        cwd=folder or "/",
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise ServerError(
            "server.program_failed", program=Path(words[0]).name, said=done.stderr.strip()[-800:]
        )
    return done


def own_for_server(path: Path, user: str) -> None:
    """Hand a folder to the server's OS user, when we are root."""
    if os.geteuid() == 0:
        entry = server_account(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def server_account(user: str) -> pwd.struct_passwd:
    """The OS account PostgreSQL runs under when we are root."""
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise ServerError("server.no_account", user=user) from None


def installed() -> dict[int, Path]:
    """PostgreSQL major versions on this machine that have PostGIS, with their `bin` folders."""
    found: dict[int, Path] = {}
    for layout in LAYOUTS:
        for program in sorted(Path(layout).glob("*/bin/postgres")):
            version = program.parent.parent.name
            if version.isdigit() and _has_postgis(int(version), program.parent):
                found[int(version)] = program.parent
    return found


def _has_postgis(version: int, folder: Path) -> bool:
    shares = (
        Path(f"/usr/share/postgresql/{version}"),
        folder.parent / "share",
        folder.parent / "share/postgresql",
    )
    return any((share / "extension" / "postgis.control").exists() for share in shares)


def program(name: str, *, version: int | None = None) -> Path:
    """Path of a PostgreSQL program, of `version` or the newest that has PostGIS.

    Raises
    ------
    ServerError
        If that version (or any) is not installed; says which package to install.
    """
    have = installed()
    wanted = version if version is not None else max(have, default=None)
    if wanted is None:
        raise ServerError("server.not_installed")
    if wanted in have:
        return have[wanted] / name
    if (
        name.startswith("pg_")
        and name not in ("pg_ctl", "pg_resetwal")
        and (newest := max(have, default=0)) > wanted
    ):
        return have[newest] / name  # dump and restore programs read older servers
    raise ServerError("server.version_gone", version=wanted, have=", ".join(map(str, have)) or "-")
