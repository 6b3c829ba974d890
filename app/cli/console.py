"""How every command speaks: one JSON document with `--json`, otherwise words in the person's language."""

import contextlib
import getpass
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from app.errors import MahalleError
from app.i18n import Language, explain, say
from app.settings import Settings
from app.store import runs
from app.store.logins import Login
from app.store.server import PrivateServer
from app.store.session import Store

SIMULATION = "BENZETİM"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command needs: settings, language, and where to write."""

    settings: Settings
    language: Language
    as_json: bool
    out: Console
    err: Console
    marks: list[str] = field(default_factory=list)  # what every output of this store must say

    def say(self, key: str, /, **fields: object) -> None:
        """Print a message of the catalogue; silent with `--json`."""
        self.write(say(key, self.language, **fields))

    def write(self, words: str) -> None:
        """Print words that are in the person's language already; silent with `--json`."""
        if not self.as_json:
            self.out.print(escape(words), highlight=False, soft_wrap=True)

    def warn(self, key: str, /, **fields: object) -> None:
        """Print a warning to the error stream."""
        self.err.print(
            f"[yellow]{escape(say(key, self.language, **fields))}[/]", highlight=False, soft_wrap=True
        )

    def document(self, document: Mapping[str, object]) -> None:
        """Print the result as one JSON document, if asked for."""
        if self.as_json:
            if self.marks:
                document = {"simulation": self.marks[0], **document}
            print(json.dumps(document, ensure_ascii=False, indent=1, default=str))  # noqa: T201 the document itself

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """The open store, made at first use, closed afterwards."""
        if not self.settings.here.server_file.exists() and PrivateServer(self.settings).version is None:
            from app.store.migrate import migrate  # alembic takes a second to import

            self.warn("db.first_use", folder=self.settings.here.folder)
            migrate(self.settings)
        store = Store.open(self.settings)
        try:
            with store.session(Login.SERVICE) as session:
                simulated = runs.holds(session) == "demonstration"
            if simulated and not self.marks:
                self.marks.append(SIMULATION)
                self.warn("views.simulation")
            yield store
        finally:
            store.close()


def desk(context: typer.Context) -> Desk:
    """The desk that the main command laid out."""
    found = context.find_object(Desk)
    assert found is not None
    return found


def actor() -> str:
    """Who the audit names: the OS user, also behind sudo."""
    return f"os:{os.environ.get('SUDO_USER') or getpass.getuser()}"


def lay_out(*, instance: str | None, language: str | None, as_json: bool) -> Desk:
    """Read the settings once."""
    given = {"instance": instance, "language": language}
    err = Console(stderr=True)
    try:
        settings = Settings(**{key: value for key, value in given.items() if value})  # type: ignore[arg-type]
    except ValidationError as why:
        err.print(
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in why.errors()), markup=False
        )
        raise typer.Exit(2) from None
    return Desk(settings, settings.language, as_json, Console(), err)


def report(error: MahalleError, at: Desk) -> None:
    """Print what was wrong; with `--json`, also as a document."""
    at.document({"error": error.key, "message": explain(error, at.language)})
    at.err.print(f"[red]{escape(explain(error, at.language))}[/]", highlight=False, soft_wrap=True)
