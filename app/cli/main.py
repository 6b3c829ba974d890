"""Assembly of the command line."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

from app.cli import console, database, keys
from app.errors import MahalleError

FLAGS = ("--json",)
VALUED = ("--instance", "--language")


class Refusing(TyperGroup):
    """A command group that says a refusal in the person's language and ends with status 1."""

    def invoke(self, ctx: typer.Context) -> object:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except MahalleError as error:
            console.report(error, ctx.obj)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Refusing,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="--json, --instance and --language may stand anywhere in the line.",
)
for commands in (database, keys):
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


def main() -> None:
    """Run the command line of this process."""
    app(hoist(sys.argv[1:]))
