"""`mahalle users`: accounts and their one-time codes, from the console."""

import datetime as dt
import json
from typing import Annotated

import segno
import typer

from app.auth import people
from app.auth.people import Account, NewUser, OneTimeCode
from app.auth.roles import Role
from app.cli.console import Desk, actor, desk
from app.i18n import Language, say

user_commands = typer.Typer(no_args_is_help=True, help="Accounts: list, add, code, disable, enable.")
Name = Annotated[str, typer.Argument(help="Name to sign in with.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.add_typer(user_commands, name="users")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@user_commands.command("list")
def list_users(context: typer.Context) -> None:
    """All accounts."""
    at = desk(context)
    with at.store() as store:
        found = people.everybody(store)
    if not found:
        at.say("users.none")
    for one in found:
        at.say("users.line", **_shown(one, at.language))
    at.document({"users": [{n: getattr(one, n) for n in Account.__dataclass_fields__} for one in found]})


@user_commands.command("add")
def add_user(
    context: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Option(help="What the person is.")],
    display: Annotated[str, typer.Option(help="The person's name as others see it.")] = "",
    region: Annotated[str, typer.Option(help="Service region of a unit manager.")] = "",
    step: Annotated[
        list[str] | None,
        typer.Option(help="A step of the approval chain for an approver; repeatable."),
    ] = None,
    reads: Annotated[str, typer.Option("--reads", help="Language of the screens: tr or en.")] = "",
) -> None:
    """Make an account and print its one-time code."""
    at = desk(context)
    language: Language = "en" if (reads or at.language) == "en" else "tr"
    new = NewUser(
        name=name, display=display, role=role, region=region, steps=tuple(step or ()), language=language
    )
    with at.store() as store:
        made = people.add(store, new, actor=actor(), now=_now())
    at.say("users.made", name=made.name, role=say(f"role.{role}", at.language))
    show_code(at, made)
    at.document({"name": made.name, "code": made.code, "minutes": made.minutes})


@user_commands.command("code")
def new_code(
    context: typer.Context,
    name: Name,
    lost_phone: Annotated[
        bool, typer.Option("--lost-phone", help="The phone is gone: it is set up again.")
    ] = False,
) -> None:
    """Print a fresh one-time code: for a first sign-in, a forgotten password, a lost phone."""
    at = desk(context)
    with at.store() as store:
        made = people.code(store, name, lost_phone=lost_phone, actor=actor(), now=_now())
    show_code(at, made)
    at.document({"name": made.name, "code": made.code, "minutes": made.minutes})


@user_commands.command("phone")
def set_phone(context: typer.Context, name: Name) -> None:
    """Set a person's phone up here at the console: shows the secret, asks for the phone's first code."""
    at = desk(context)
    with at.store() as store:
        secret, address = people.begin_phone(store, name)
        if at.as_json:
            typer.echo(json.dumps({"secret": secret}), err=True)
        else:
            segno.make(address, error="m").terminal(compact=True)
            at.say("users.phone", secret=secret)
        given = typer.prompt(say("signin.second_code", at.language), err=True)
        recovery = people.confirm_phone(store, name, given, actor=actor(), now=_now())
    at.say("users.recovery", codes="  ".join(recovery))
    at.document({"name": name, "recovery_codes": list(recovery)})


@user_commands.command("disable")
def disable_user(context: typer.Context, name: Name) -> None:
    """Close an account; its sessions end at once."""
    at = desk(context)
    with at.store() as store:
        ended = people.disable(store, name, actor=actor(), now=_now())
    at.say("users.was_disabled", name=name, count=ended)
    at.document({"name": name, "ended": ended})


@user_commands.command("enable")
def enable_user(context: typer.Context, name: Name) -> None:
    """Open a closed account again."""
    at = desk(context)
    with at.store() as store:
        people.enable(store, name, actor=actor())
    at.say("users.was_enabled", name=name)
    at.document({"name": name})


def show_code(at: Desk, made: OneTimeCode) -> None:
    """Print a code: on the console only, never in a log."""
    at.say("users.code", name=made.name, code=made.code, minutes=made.minutes)


def _shown(one: Account, language: Language) -> dict[str, object]:
    state = "disabled" if one.disabled else "open" if one.has_password else "waiting"
    return {
        "name": one.name,
        "display": one.display,
        "role": say(f"role.{one.role}", language),
        "region": one.region or "-",
        "state": say(f"users.state_{state}", language),
    }
