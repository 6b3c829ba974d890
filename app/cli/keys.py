"""`mahalle keys`: copies to lock away, and new keys."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import Desk, actor, desk
from app.errors import RefusedError
from app.store import audit, people
from app.store.logins import Login
from app.store.server import make_folders
from app.store.vault import KeyFile, Vault

SHORTEST_PASSPHRASE = 12
keys = typer.Typer(no_args_is_help=True, help="Keys of personal data: export, import, confirm, rotate.")
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="File whose first line is the passphrase; asked for at the keyboard otherwise."),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.add_typer(keys, name="keys")


def _path(at: Desk) -> Path:
    return at.settings.here.secrets / "keys.json"


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace")
    except OSError as why:
        raise RefusedError("load.unreadable", file=file, why=why.strerror) from None


def _passphrase(at: Desk, file: Path | None, *, new: bool = False) -> str:
    if file is not None:
        words = _read(file).split("\n", 1)[0].strip()
    else:
        words = typer.prompt("Parola cümlesi / passphrase", hide_input=True, confirmation_prompt=new)
    if new and len(words) < SHORTEST_PASSPHRASE:
        raise RefusedError("keys.short_passphrase", shortest=SHORTEST_PASSPHRASE)
    return words


@keys.command("export")
def export(context: typer.Context, to: Path, passphrase_file: PassphraseFile = None) -> None:
    """Write a passphrase-sealed copy of the key file, to lock away on paper or a stick."""
    at = desk(context)
    with at.store():
        held = KeyFile.load(_path(at))
    copy = held.sealed_copy(_passphrase(at, passphrase_file, new=True))
    try:
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as why:
        raise RefusedError("keys.cannot_write", file=to, why=why.strerror) from None
    with os.fdopen(handle, "w") as file:
        file.write(copy)
    at.say("keys.exported", file=to, fingerprint=held.fingerprint)
    at.document({"file": str(to), "fingerprint": held.fingerprint})


@keys.command("confirm")
def confirm(context: typer.Context, file: Path, passphrase_file: PassphraseFile = None) -> None:
    """Read a locked-away copy back and note that it opens."""
    at = desk(context)
    held = KeyFile.load(_path(at))
    copy = KeyFile.from_copy(_read(file), _passphrase(at, passphrase_file))
    if copy.fingerprint != held.fingerprint:
        raise RefusedError("keys.other_copy", copy=copy.fingerprint, held=held.fingerprint)
    held.confirm().save(_path(at))
    at.say("keys.confirmed", fingerprint=held.fingerprint)
    at.document({"confirmed": held.fingerprint})


@keys.command("import")
def import_copy(context: typer.Context, file: Path, passphrase_file: PassphraseFile = None) -> None:
    """Put a locked-away copy in place, before a restore. Never over other keys."""
    at = desk(context)
    copy = KeyFile.from_copy(_read(file), _passphrase(at, passphrase_file))
    if _path(at).exists() and KeyFile.load(_path(at)).fingerprint != copy.fingerprint:
        raise RefusedError("keys.would_overwrite", file=_path(at))
    make_folders(at.settings)
    copy.confirm().save(_path(at))
    at.say("keys.imported", fingerprint=copy.fingerprint)
    at.document({"fingerprint": copy.fingerprint})


@keys.command("rotate")
def rotate(context: typer.Context) -> None:
    """Make a new key and put all personal data under it; the old one is then dropped."""
    at = desk(context)
    with at.store() as store:
        both = KeyFile.load(_path(at)).with_new_key()
        both.save(_path(at))  # first: a kill between here and the commit loses nothing, both keys are held
        with store.session(Login.SERVICE) as session:
            count = people.rekey(session, Vault(both))
            audit.record(session, actor=actor(), action="keys.rotate", detail={"keys": count})
        both.only_active().save(_path(at))
    at.say("keys.rotated", count=count, fingerprint=both.only_active().fingerprint)
    at.document({"rewrapped": count, "fingerprint": both.only_active().fingerprint})
