"""Assembly of the command line."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.cli import console, database, demo, export, keys, load, plans, runs, serve, users
from app.errors import MahalleError

FLAGS = ("--json",)
VALUED = ("--instance", "--language")


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="--json, --instance and --language may stand anywhere in the line.",
)
for commands in (database, keys, load, runs, plans, export, users, serve, demo):
    commands.register(app)


@app.callback()
def start(
    context: typer.Context,
    instance: Annotated[
        str | None, typer.Option(help="Which store; keeps demonstration and real data apart.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="tr or en.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of words.")] = False,
) -> None:
    """Mahalle: alan taramasından risk haritasına ve merkez önerisine."""
    context.obj = console.lay_out(instance=instance, language=language, as_json=as_json)


def hoist(words: Sequence[str]) -> list[str]:
    """Move the options every command shares to the front, so that they may be given anywhere.

    >>> hoist(["load", "areas", "x.geojson", "--json", "--instance", "trial"])
    ['--json', '--instance', 'trial', 'load', 'areas', 'x.geojson']
    """
    front: list[str] = []
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word in FLAGS or word.startswith(tuple(f"{name}=" for name in VALUED)):
            front.append(word)
        elif word in VALUED:
            front += [word, *([value] if (value := next(left, None)) is not None else [])]
        else:
            rest.append(word)
    return front + rest


def main(words: Sequence[str] | None = None) -> None:
    """Run one command line; a refusal is said in the person's language and ends with status 1."""
    line = hoist(sys.argv[1:] if words is None else words)
    try:
        app(line)
    except MahalleError as error:
        console.report(error, _desk_of(line))
        raise SystemExit(1) from None
    except Exception as error:  # noqa: BLE001 the last line of defence of people's data
        # Its message may quote a person's row; the kind and the place of a defect are enough to report it.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        desk = _desk_of(line)
        desk.warn("cli.unexpected", kind=type(error).__name__, where=where)
        raise SystemExit(70) from None


def _desk_of(line: Sequence[str]) -> console.Desk:
    """The desk of a hoisted line, for what is said after the command has ended."""
    given = {name: line[place + 1] for place, name in enumerate(line[:-1]) if name in VALUED}
    return console.lay_out(
        instance=given.get("--instance"), language=given.get("--language"), as_json="--json" in line
    )
